/** What an engine gets of its own: a folder, passwords and ports that stay the same, and somebody who runs it. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
// biome-ignore lint/correctness/useImportExtensions: the module is plain JavaScript
import { takeLock } from '../bootstrap/lock.mjs';
import type { EmbeddedEngine } from '../embedded/engine.ts';
import { freePort, whyNotListen } from '../embedded/port.ts';
import { PlainError } from '../plain-error.ts';
import { type EngineContext, runEngine } from '../start/engines.ts';
import { readPrivateFile, writePrivateFile } from '../start/private-file.ts';

/** Environment variables with the engine's address, such as `{ S3_URL: 'http://…' }`. */
export type EngineUrls = Record<string, string>;

/** One engine, in its own file. */
export type RealEngine = {
  /** Starts it and resolves when it answers real questions. */
  start: (room: Room) => Promise<EngineUrls>;
  /** Its first port is this far from `--port-base`. */
  portOffset: number;
};

export type Room = {
  folder: string;
  signal: AbortSignal;
  /** Nothing in it has to outlast a crash, tables come and go, and the machine is busy. */
  isForTests?: boolean;
  /** A generated password: the same at each start. */
  secret: (name: string) => string;
  /**
   * A free port, the same at each start if it can be.
   *
   * @param index which of the engine's ports; from `--port-base` they are numbered by it
   * @param alsoFree further addresses that have to be free, such as `{ host: '127.0.0.2', plus: 0 }`
   */
  port: (name: string, index: number, alsoFree?: { host: string; plus: number }[]) => Promise<number>;
  /** Runs it from now on and resolves when it serves. */
  run: (engine: EmbeddedEngine) => Promise<void>;
};

export type RoomOptions = {
  /** Everything of all engines is below it. */
  root: string;
  portBase: number | undefined;
  isForTests?: boolean;
  context: EngineContext;
  /** Told of each program that is started, also of one that is started again. */
  onSpawn: (program: string, pid: number) => void;
};

/** Ports promised to engines that do not listen yet. */
const promised = new Set<number>();

/**
 * Opens the room of an engine.
 *
 * @throws {PlainError} if another process runs that engine there.
 */
export async function openRoom(
  name: string,
  engine: Pick<RealEngine, 'portOffset'>,
  options: RoomOptions,
): Promise<Room> {
  const { root, portBase, context } = options;
  const folder = join(root, name);
  // Engines that refuse root have to pass through it.
  mkdirSync(folder, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  const lock = await takeLock(`engine ${realpathSync(folder)}`);
  if ('heldBy' in lock)
    throw new PlainError(
      `${name} is already running on ${folder} (process ${lock.heldBy}). Stop that one, or type for a second ` +
        'one beside it: DATA_DIR=data-2 npm run engines',
    );
  const settingsFile = join(folder, 'settings.json');
  const settings: Record<string, string> = readPrivateFile(settingsFile);
  const remember = (key: string, value: string) => {
    settings[key] = value;
    writePrivateFile(settingsFile, settings);
    return value;
  };

  async function isFree(port: number, alsoFree: { host: string; plus: number }[]): Promise<boolean> {
    if (promised.has(port)) return false;
    const places = [{ host: '127.0.0.1', plus: 0 }, ...alsoFree];
    const reasons = await Promise.all(places.map(({ host, plus }) => whyNotListen(host, port + plus)));
    const notThere = places[reasons.indexOf('EADDRNOTAVAIL')];
    if (notThere)
      throw new PlainError(
        `${name} needs the address ${notThere.host}, which this machine does not have. On macOS type: ` +
          `sudo ifconfig lo0 alias ${notThere.host}`,
      );
    return reasons.every((reason) => reason === undefined);
  }

  return {
    folder,
    signal: context.signal,
    isForTests: options.isForTests ?? false,
    secret: (key) => settings[key] ?? remember(key, randomBytes(24).toString('hex')),
    async port(key, index, alsoFree = []) {
      const wanted =
        portBase === undefined ? Number(settings[key]) || undefined : portBase + engine.portOffset + index;
      let port = wanted ?? (await freePort());
      while (!(await isFree(port, alsoFree))) {
        if (portBase !== undefined)
          throw new PlainError(
            `${name} cannot listen on port ${port}: it is taken. Type another --port-base, or none for free ports.`,
          );
        port = await freePort();
      }
      promised.add(port);
      remember(key, String(port));
      return port;
    },
    run: ({ program, ...embedded }) => {
      const spawn = () => {
        const child = program.spawn();
        if (child.pid) options.onSpawn(program.name, child.pid);
        return child;
      };
      return runEngine({ ...embedded, program: { ...program, spawn } }, context);
    },
  };
}
