import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { expect } from 'chai';
// biome-ignore lint/correctness/useImportExtensions: the module is plain JavaScript
import { takeLock } from '../../scripts/bootstrap/lock.mjs';

const holder = `
  import { takeLock } from '${new URL('../../scripts/bootstrap/lock.mjs', import.meta.url)}';
  await takeLock(process.argv[1]);
  setInterval(() => {}, 1000);
  process.stdout.write('taken');
`;

describe('takeLock', () => {
  it('tells who holds the lock, and is free as soon as the holder is killed', async () => {
    const name = `lock test ${process.pid}`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', holder, name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout as Readable, 'data');
    expect(await takeLock(name)).to.deep.equal({ heldBy: child.pid });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = await takeLock(name);
    expect(lock).to.have.property('release');
    if ('release' in lock) lock.release();
  });
});
