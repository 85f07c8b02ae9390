/** A lock between processes of one machine that the kernel releases when its holder ends, whatever ends it. */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The lock is a listening local socket, so nothing stale is left behind by a SIGKILL: on Linux an abstract
 * one, which has no file (unix(7)); elsewhere a file in the temporary folder, which a dead holder leaves.
 */
const isAbstract = process.platform === 'linux';

function socketPath(name) {
  const id = createHash('sha256').update(name).digest('hex').slice(0, 32);
  return isAbstract ? `\0emulsion-${id}` : join(tmpdir(), `emulsion-${id}.sock`);
}

/** Rejects with EADDRINUSE if the name is taken. */
function listen(path) {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.end(String(process.pid)));
    server.unref();
    server.once('error', reject);
    server.listen(path, () => resolve(server));
  });
}

/** Asks the holder for its process id: null if there is none, 0 if it is too busy to answer. */
function askHolder(path) {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.setEncoding('utf8');
    socket.setTimeout(2_000, () => {
      resolve(0);
      socket.destroy();
    });
    socket.on('data', (text) => resolve(Number(text)));
    socket.on('error', () => resolve(null));
    socket.on('close', () => resolve(null));
  });
}

/**
 * Takes the lock of this name, or says who holds it.
 *
 * @param {string} name what is locked, such as the real path of a folder
 * @returns {Promise<{ release: () => void } | { heldBy: number }>} `heldBy` is a process id, or 0 if not known
 */
export async function takeLock(name) {
  const path = socketPath(name);
  for (;;) {
    try {
      const server = await listen(path);
      return { release: () => server.close() };
    } catch (error) {
      if (error.code !== 'EADDRINUSE') throw error;
      const heldBy = await askHolder(path);
      if (heldBy !== null) return { heldBy };
      if (!isAbstract) rmSync(path, { force: true });
    }
  }
}
