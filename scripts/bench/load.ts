/** GET requests of many users over few connections, as fast as they are answered: by wrk, or without it by undici. */
import { type ChildProcess, execFile, fork, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export type LoadOptions = {
  url: string;
  /** Access tokens, sent in turn. */
  tokens: string[];
  connections: number;
  seconds: number;
  /** Where a script for wrk may be written. */
  folder: string;
};

export type LoadResult = { perSecond: number; p50Ms: number; p99Ms: number };

/** https://github.com/wg/wrk/blob/master/SCRIPTING; the requests are made once, so that sending costs little. */
const wrkScript = `
local requests, at = {}, 0
function init(args)
  for token in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format('GET', nil, { Authorization = 'Bearer ' .. token })
  end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
`;

let hasWrk: boolean | undefined;

/** What makes the load on this machine. */
export function loadTool(): 'wrk' | 'undici' {
  hasWrk ??= spawnSync('wrk', ['--version']).error === undefined;
  return hasWrk ? 'wrk' : 'undici';
}

/**
 * Makes load from a process of its own.
 *
 * @throws if a request failed or was not answered with 200.
 */
export async function load(options: LoadOptions): Promise<LoadResult> {
  return loadTool() === 'wrk' ? loadByWrk(options) : loadByUndici(options);
}

async function loadByWrk({ url, tokens, connections, seconds, folder }: LoadOptions): Promise<LoadResult> {
  const [script, tokenFile] = [join(folder, 'load.lua'), join(folder, 'tokens')];
  writeFileSync(script, wrkScript);
  writeFileSync(tokenFile, `${tokens.join('\n')}\n`, { mode: 0o600 });
  const args = ['--threads', '1', '--connections', String(connections), '--duration', `${seconds}s`];
  const { stdout } = await promisify(execFile)('wrk', [
    ...args,
    '--latency',
    '--script',
    script,
    url,
    '--',
    tokenFile,
  ]);
  const failures = /Non-2xx or 3xx responses: \d+|Socket errors: .*/.exec(stdout)?.[0];
  if (failures) throw new Error(`${url}: ${failures}`);
  return {
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50Ms: milliseconds(/ 50%\s+(\S+)/.exec(stdout)?.[1]),
    p99Ms: milliseconds(/ 99%\s+(\S+)/.exec(stdout)?.[1]),
  };
}

/** `1.25ms`, `830.00us` or `1.20s` in milliseconds. */
function milliseconds(text = ''): number {
  const factor = text.endsWith('us') ? 0.001 : text.endsWith('ms') ? 1 : 1_000;
  return Number.parseFloat(text) * factor;
}

async function loadByUndici({ folder: _, ...options }: LoadOptions): Promise<LoadResult> {
  const child: ChildProcess = fork(fileURLToPath(new URL('load/undici.ts', import.meta.url)));
  const reply = new Promise<LoadResult>((resolve, reject) => {
    child.once('message', (message: LoadResult | { error: string }) =>
      'error' in message ? reject(new Error(message.error)) : resolve(message),
    );
    child.once('exit', (code) => reject(new Error(`the load generator ended with ${code}`)));
  });
  child.send(options);
  return reply.finally(() => child.kill());
}
