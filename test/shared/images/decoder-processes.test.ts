import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import sharp from 'sharp';
import { openProcesses } from '../../../shared/images/decoder/processes.ts';
import { type Decoding, openDecoding, refusalOf } from '../../tools/decoding.ts';
import { photo } from '../../tools/photos.ts';
import { isRunning, until } from '../../tools/run-start.ts';

const parentScript = fileURLToPath(new URL('../../tools/decoder-parent.ts', import.meta.url));

describe('the processes of the decoder', function () {
  this.timeout(30_000);
  let quick: Buffer;
  /** Takes about half a second to decode, and 200 MB: an interlaced PNG is read as a whole. */
  let slow: Buffer;

  before(async () => {
    quick = await photo();
    slow = await sharp({ create: { width: 7_000, height: 7_000, channels: 4, background: '#336699' } })
      .png({ progressive: true, compressionLevel: 1 })
      .toBuffer();
  });

  const isWorking = ({ decoder }: Decoding) => until('a child is at work', () => decoder.stats().running > 0);
  const childOf = ({ decoder }: Decoding) => decoder.stats().pids[0] as number;

  for (const signal of ['SIGKILL', 'SIGSEGV'] as const) {
    it(`a child that dies of ${signal} costs the call it worked on and no other`, async () => {
      await using decoding = await openDecoding();
      const lost = refusalOf(decoding.inspect(slow));
      await isWorking(decoding);
      const waiting = [decoding.inspect(quick), decoding.inspect(quick)];
      const victim = childOf(decoding);
      process.kill(victim, signal);
      expect((await lost).kind).to.equal('crashed');
      expect((await Promise.all(waiting)).map(({ width }) => width)).to.deep.equal([320, 320]);
      expect(decoding.decoder.stats().crashed).to.equal(1);
      expect(childOf(decoding)).not.to.equal(victim);
    });
  }

  it('a render that loses its child can be done again', async () => {
    await using decoding = await openDecoding();
    const lost = refusalOf(decoding.render(slow));
    await isWorking(decoding);
    process.kill(childOf(decoding), 'SIGKILL');
    expect((await lost).kind).to.equal('crashed');
    expect(await decoding.render(slow)).to.have.length(3);
  });

  it('a child that dies while it is idle costs nothing', async () => {
    await using decoding = await openDecoding();
    await decoding.inspect(quick);
    process.kill(childOf(decoding), 'SIGKILL');
    // The parent has not heard of it yet.
    expect((await decoding.inspect(quick)).width).to.equal(320);
    expect(decoding.decoder.stats().crashed).to.equal(0);
  });

  it('a call that takes too long is given up, and its child with it', async () => {
    await using decoding = await openDecoding({ timeoutMs: 1_500 });
    const lost = decoding.refusalOf(slow);
    await isWorking(decoding);
    const child = childOf(decoding);
    // A child that is stopped heeds nothing but SIGKILL, like native code that runs wild.
    process.kill(child, 'SIGSTOP');
    expect(await lost).to.include({
      kind: 'timeout',
      message: 'The image took longer than 1.5 s to decode',
    });
    await until('the child is gone', () => !isRunning(child));
    expect((await decoding.inspect(quick)).width).to.equal(320);
    expect(decoding.decoder.stats().timedOut).to.equal(1);
  });

  it('an image that needs more memory than allowed is refused, and the next one is served', async () => {
    // Node reserves some 0.6 GB without using it.
    await using decoding = await openDecoding({ maxMemoryBytes: 0.75e9 });
    expect(await decoding.refusalOf(slow)).to.include({
      kind: 'pixels',
      message: 'The image needs more memory to decode than one image may take',
    });
    expect((await decoding.inspect(quick)).width).to.equal(320);
  });

  it('as many calls run as there are children, and the others wait', async () => {
    await using decoding = await openDecoding({ processes: 2 });
    const calls = [1, 2, 3].map(() => decoding.inspect(slow));
    await until('both children are at work', () => decoding.decoder.stats().running === 2);
    expect(decoding.decoder.stats()).to.deep.include({ running: 2, waiting: 1 });
    await Promise.all(calls);
    const { pids, running, waiting } = decoding.decoder.stats();
    expect([pids.length, running, waiting]).to.deep.equal([2, 0, 0]);
  });

  it('children start when they are needed, or at once if asked to', async () => {
    await using lazy = await openDecoding({ processes: 2 });
    expect(lazy.decoder.stats().pids).to.have.length(0);
    await using warm = await openDecoding({ processes: 2, warm: true });
    expect(warm.decoder.stats().pids).to.have.length(2);
  });

  it('closing lets the calls taken finish, takes no more, and leaves no child', async () => {
    const decoding = await openDecoding();
    const taken = [decoding.inspect(slow), decoding.inspect(quick)];
    await isWorking(decoding);
    const child = childOf(decoding);
    const closed = decoding.decoder.close();
    expect((await refusalOf(decoding.decoder.inspect('/any'))).message).to.equal('The decoder is closed');
    expect((await Promise.all(taken)).map(({ width }) => width)).to.deep.equal([7_000, 320]);
    await closed;
    expect(isRunning(child)).to.equal(false);
    await decoding[Symbol.asyncDispose]();
  });

  it('a decoder that cannot start says so instead of trying for ever', async () => {
    const pool = openProcesses<{ anything: () => void }>({
      script: '/nowhere/child.ts',
      processes: 1,
      timeoutMs: 1_000,
      maxMemoryBytes: 3e9,
    });
    const { message, detail } = await refusalOf(pool.call('anything'));
    expect(message).to.equal('The decoder cannot start');
    expect(detail).to.include("Cannot find module '/nowhere/child.ts'");
    await pool.close();
  });

  it('a child knows none of the secrets of its parent', async function () {
    if (process.platform !== 'linux') this.skip();
    process.env.DECODER_TEST_SECRET = 'hidden';
    await using decoding = await openDecoding();
    await decoding.inspect(quick);
    const environment = await readFile(`/proc/${childOf(decoding)}/environ`, 'latin1');
    delete process.env.DECODER_TEST_SECRET;
    const names = environment.split('\0').flatMap((line) => line.split('=')[0] || []);
    expect(names)
      .to.include('MALLOC_ARENA_MAX')
      .and.not.include('DECODER_TEST_SECRET')
      .and.not.include('PATH');
  });

  describe('and their parent', () => {
    /** A parent in a process group of its own, and its lines as they come. */
    async function startParent(decoding: Decoding) {
      const parent = spawn(process.execPath, [parentScript, await decoding.fileOf(slow)], {
        detached: true,
        stdio: ['ignore', 'pipe', 'inherit'],
      }) as ChildProcess & { pid: number };
      const lines = createInterface({ input: parent.stdout as NodeJS.ReadableStream })[
        Symbol.asyncIterator
      ]();
      const next = async () => (await lines.next()).value as string;
      const child = Number((await next()).replace('child ', ''));
      expect(isRunning(child)).to.equal(true);
      return { parent, child, next };
    }

    it('end together, even if the parent is killed in the middle of a decode', async () => {
      await using decoding = await openDecoding();
      const { parent, child } = await startParent(decoding);
      parent.kill('SIGKILL');
      await until('the child is gone', () => !isRunning(child));
    });

    it('a ctrl-c in the terminal does not take the children from a parent that drains', async () => {
      await using decoding = await openDecoding();
      const { parent, child, next } = await startParent(decoding);
      const exited = once(parent, 'exit');
      process.kill(-parent.pid, 'SIGINT');
      expect(await next()).to.equal('draining');
      expect(await next()).to.equal('width 7000');
      expect(await exited).to.deep.equal([0, null]);
      expect(isRunning(child)).to.equal(false);
    });
  });
});
