/** Runs `npm start`'s program as npm does, on a data folder of its own, with small programs in the Procfile. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../scripts/embedded/port.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Answers with its process id, and stops as our own programs do. */
const api = `
  import { createServer } from 'node:http';
  import { onStop } from '${join(root, 'shared/stop.ts')}';
  const server = createServer((request, response) => response.end(String(process.pid)));
  server.listen(Number(process.env.PORT), '127.0.0.1');
  onStop(async () => { server.close(); });
`;

const worker = `
  import { onStop } from '${join(root, 'shared/stop.ts')}';
  setInterval(() => {}, 1000);
  console.log(JSON.stringify({ worker: process.pid, args: process.argv.slice(2) }));
  onStop(async () => {});
`;

/** Polls until the check is true; a check may throw, which means not yet. */
export async function until(what: string, check: () => unknown, timeoutMs = 20_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let reason: unknown;
  while (performance.now() < deadline) {
    try {
      if (await check()) return;
    } catch (error) {
      reason = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Not within ${timeoutMs / 1_000} s: ${what}`, { cause: reason });
}

/** True while the process runs; one that has ended and was not waited for is a zombie without a folder. */
export function isRunning(pid: number): boolean {
  try {
    readlinkSync(`/proc/${pid}/cwd`);
    return true;
  } catch {
    return false;
  }
}

/** The children of a process by the name of their command: `{ postgres: 12, 'redis-server': 13, … }`. */
function childrenOf(pid: number): Map<string, number> {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean)
    .map(Number);
  const nameOf = (child: number) => {
    const words = readFileSync(`/proc/${child}/cmdline`, 'utf8').split(/[\0 ]/);
    const script = words.find((word) => /\.m?[jt]s$/.test(word));
    return (script ?? words[0] ?? '').split('/').at(-1) ?? '';
  };
  return new Map(pids.map((child) => [nameOf(child), child]));
}

export type Run = {
  bootstrap: ChildProcess;
  output: () => string;
  /** The supervisor's children by name, and the supervisor itself as `start.ts`. */
  processes: () => Map<string, number>;
  isReady: (times?: number) => boolean;
  /** Resolves with how the bootstrap ended. */
  end: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
};

/** A folder with a Procfile and a data folder; `start` runs the supervisor on it. Disposing kills what is left. */
export class House implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'emulsion-start-'));
  readonly dataDir = join(this.folder, 'data');
  readonly port: number;
  readonly #runs: Run[] = [];

  constructor(port: number) {
    this.port = port;
    // Under root Postgres runs as another user, who has to pass through.
    chmodSync(this.folder, 0o711);
    writeFileSync(join(this.folder, 'api.ts'), api);
    writeFileSync(join(this.folder, 'worker.ts'), worker);
    const lines = `api: node ${this.folder}/api.ts\nworker: node ${this.folder}/worker.ts feeds counts\n`;
    writeFileSync(join(this.folder, 'Procfile'), lines);
  }

  static async open(): Promise<House> {
    return new House(await freePort());
  }

  start(env: NodeJS.ProcessEnv = {}): Run {
    const { DATABASE_URL, QUEUE_REDIS_URL, CACHE_REDIS_URL, ...inherited } = process.env;
    const args = ['scripts/bootstrap.mjs', 'scripts/start.ts', '--procfile', join(this.folder, 'Procfile')];
    const bootstrap = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...inherited, DATA_DIR: this.dataDir, PORT: String(this.port), HOST: '127.0.0.1', ...env },
    });
    let output = '';
    for (const stream of [bootstrap.stdout, bootstrap.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    const run: Run = {
      bootstrap,
      output: () => output,
      isReady: (times = 1) => output.split('Emulsion is ready').length > times,
      processes: () => {
        const supervisor = childrenOf(bootstrap.pid as number).get('start.ts') ?? 0;
        return new Map([...childrenOf(supervisor), ['start.ts', supervisor]]);
      },
      end: once(bootstrap, 'exit').then(([code, signal]) => ({ code, signal })),
    };
    this.#runs.push(run);
    return run;
  }

  async [Symbol.asyncDispose]() {
    for (const { bootstrap, end } of this.#runs) {
      if (bootstrap.exitCode === null && bootstrap.signalCode === null) bootstrap.kill('SIGTERM');
      await end;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
