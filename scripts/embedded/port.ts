/** Which TCP ports can be listened on. */
import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';

/** Tries the port: undefined if it can be listened on, else the reason (`EADDRINUSE`, `EACCES`, …). */
export function whyNotListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

/**
 * A free port of 127.0.0.1. It lies below those the kernel gives to outgoing connections (from 32768 on
 * Linux, 49152 on macOS), so that an engine which is started again finds its port free.
 *
 * @param preferred returned if it is free
 */
export async function freePort(preferred?: number): Promise<number> {
  for (let port = preferred ?? randomInt(15_000, 32_000); ; port = randomInt(15_000, 32_000)) {
    if ((await whyNotListen('127.0.0.1', port)) === undefined) return port;
  }
}

/** True if somebody listens there: cheap to ask, before a driver is asked for more. */
export function isListening(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
