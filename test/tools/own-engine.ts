/** A real engine of one's own, to stop, freeze and start again by its process. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddedEngine } from '../../scripts/embedded/engine.ts';
import { freePort, whyNotListen } from '../../scripts/embedded/port.ts';
import { engines } from '../../scripts/engines/index.ts';
import type { EngineUrls, Room } from '../../scripts/engines/room.ts';

/** A cold start beside everything else that a run of the tests starts. */
const startTimeoutMs = 180_000;

/** One program of an engine; a ring has several. */
export type OwnProgram = {
  /** Starts it on the same port, with what it had kept, and resolves when it serves. */
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** It goes on existing and says nothing any more. */
  freeze(): void;
  thaw(): void;
};

export type OwnEngine = {
  /** Its settings, such as `{ S3_URL: 'http://…' }`. */
  urls: EngineUrls;
  /** In the order in which they were started. */
  programs: [OwnProgram, ...OwnProgram[]];
  [Symbol.asyncDispose](): Promise<void>;
};

/** Starts an engine as `npm run engines` does, but nobody starts it again when it ends. */
export async function ownEngine(name: keyof typeof engines): Promise<OwnEngine> {
  const folder = await mkdtemp(join(tmpdir(), `emulsion-own-${name}-`));
  // Elasticsearch runs as another user than root and has to pass through.
  chmodSync(folder, 0o711);
  const programs: OwnProgram[] = [];
  const room: Room = {
    folder: join(folder, name),
    signal: new AbortController().signal,
    secret: () => 'a-password-for-tests',
    async port(_name, _index, alsoFree = []) {
      for (;;) {
        const port = await freePort();
        const taken = await Promise.all(alsoFree.map(({ host, plus }) => whyNotListen(host, port + plus)));
        if (taken.every((reason) => reason === undefined)) return port;
        if (taken.includes('EADDRNOTAVAIL'))
          throw new Error(`${name} needs addresses this machine does not have`);
      }
    },
    async run(engine) {
      const program = programOf(engine);
      programs.push(program);
      await program.start();
    },
  };
  mkdirSync(room.folder, { mode: 0o711 });
  async function dispose(): Promise<void> {
    await Promise.all(programs.map((program) => program.kill()));
    await rm(folder, { recursive: true, force: true });
  }
  try {
    const urls = await engines[name].start(room);
    return { urls, programs: programs as OwnEngine['programs'], [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function programOf({ program, isReady }: EmbeddedEngine): OwnProgram {
  let child: ChildProcess | undefined;
  // Its process leads a group, which a starter such as Elasticsearch's shares with the server.
  const signal = (name: NodeJS.Signals) => {
    if (child?.pid && child.exitCode === null && child.signalCode === null) process.kill(-child.pid, name);
  };
  async function end(name: NodeJS.Signals): Promise<void> {
    if (!child) return;
    const ended = once(child, 'exit');
    signal(name);
    signal('SIGCONT');
    if (child.exitCode === null && child.signalCode === null) await ended;
    child = undefined;
  }
  return {
    async start() {
      child = program.spawn();
      const deadline = Date.now() + startTimeoutMs;
      while (!(await isReady().catch(() => false))) {
        if (child.exitCode !== null) throw new Error(`${program.name} ended with ${child.exitCode}`);
        if (Date.now() > deadline) throw new Error(`${program.name} does not serve`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
  };
}
