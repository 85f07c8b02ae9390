/** Makes sure that nobody else uses what one installation needs for itself: its data folder and its port. */
import { accessSync, constants, mkdirSync, realpathSync } from 'node:fs';
// biome-ignore lint/correctness/useImportExtensions: the module is plain JavaScript
import { takeLock } from '../bootstrap/lock.mjs';
import { freePort, whyNotListen } from '../embedded/port.ts';
import { PlainError } from '../plain-error.ts';

/**
 * Makes the data folder if it is absent and keeps other supervisors out of it while this process lives.
 *
 * @throws {PlainError} if one is at work there, or the folder cannot be made or written to.
 */
export async function claimDataDir(dataDir: string): Promise<void> {
  try {
    // Under root Postgres runs as another user, who has to pass through this folder, but need not look into it.
    mkdirSync(dataDir, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
    accessSync(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new PlainError(`DATA_DIR: ${(error as Error).message}. Type DATA_DIR=… with a folder of yours.`);
  }
  const lock = await takeLock(`data ${realpathSync(dataDir)}`);
  if ('heldBy' in lock)
    throw new PlainError(
      `Emulsion is already running on ${dataDir} (process ${lock.heldBy}). Stop that one, or type for a second ` +
        'one beside it: PORT=3001 DATA_DIR=data-2 npm start',
    );
}

/** A killed supervisor's API may take its 12 s to finish its requests. */
const takeoverPatienceMs = 15_000;

/**
 * Checks that the API will be able to listen on the port.
 *
 * @param isTakeover waits for an earlier API that is just ending
 * @returns the port; a free one for 0
 * @throws {PlainError} if it cannot.
 */
export async function claimPort(
  host: string,
  port: number,
  isTakeover: boolean,
  signal: AbortSignal,
): Promise<number> {
  if (port === 0) return freePort();
  const deadline = performance.now() + (isTakeover ? takeoverPatienceMs : 0);
  for (;;) {
    signal.throwIfAborted();
    const reason = await whyNotListen(host, port);
    if (!reason) return port;
    if (reason !== 'EADDRINUSE') throw new PlainError(`HOST=${host} PORT=${port} cannot be used: ${reason}.`);
    if (performance.now() > deadline)
      throw new PlainError(
        `Port ${port} of ${host} is taken by another program. Stop that one, or type another port: PORT=${port + 1} npm start`,
      );
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
