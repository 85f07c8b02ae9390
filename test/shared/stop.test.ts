import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { expect } from 'chai';

const program = `
  import { onStop } from '${new URL('../../shared/stop.ts', import.meta.url)}';
  setInterval(() => {}, 1000);
  onStop(async () => {
    process.stdout.write('stopping ');
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (process.argv[1] === 'fail') throw new Error('the disk is full');
    process.stdout.write('stopped');
  }, process.argv[1] === 'short' ? { longestMs: 1, exitCode: 7 } : {});
  process.stdout.write('up ');
`;

/** Runs the program, does something to it once it is up, and tells how it ended. */
async function endOf(mode: string, act: (child: ChildProcess) => void) {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program, mode], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    if (output === '') act(child);
    output += text;
  });
  // 'close' never comes after disconnect().
  const [[code, signal]] = await Promise.all([
    once(child, 'exit'),
    once(child.stdout as Readable, 'end'),
    once(child.stderr as Readable, 'end'),
  ]);
  return { code, signal, output, errors };
}

describe('onStop', () => {
  it('stops once, however many signals arrive', async () => {
    const end = await endOf('', (child) => {
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGTERM', 'SIGHUP'] as const) child.kill(signal);
    });
    expect(end).to.deep.equal({ code: 0, signal: null, output: 'up stopping stopped', errors: '' });
  });

  it('stops when the process that started it is gone', async () => {
    const end = await endOf('', (child) => child.disconnect());
    expect(end).to.deep.equal({ code: 0, signal: null, output: 'up stopping stopped', errors: '' });
  });

  it('tells why stopping failed', async () => {
    const end = await endOf('fail', (child) => child.kill('SIGTERM'));
    expect(end.code).to.equal(1);
    expect(end.errors).to.contain('Stopping failed: Error: the disk is full');
  });

  it('cuts off a stop that takes too long', async () => {
    const end = await endOf('short', (child) => child.kill('SIGTERM'));
    expect(end).to.deep.equal({ code: 7, signal: null, output: 'up stopping ', errors: '' });
  });
});
