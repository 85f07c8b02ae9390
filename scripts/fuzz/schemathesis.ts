/** Schemathesis, which reads the OpenAPI document and sends what it allows and what it forbids. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, whileLocked } from '../embedded/cache.ts';
import { PlainError } from '../plain-error.ts';

const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url));

/** Runs a program to its end. @throws {PlainError} if it fails or is not there, with what it printed. */
async function run(command: string, args: string[], onMissing: string): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', () => reject(new PlainError(onMissing)));
    child.once('exit', resolve);
  });
  if (code !== 0) throw new PlainError(`${command} ${args.join(' ')} failed:\n${output}\n${onMissing}`);
}

/**
 * Installs Schemathesis, with everything it needs at one version, into the cache if it is not there.
 *
 * @returns the path of its program.
 * @throws {PlainError} saying what to install if there is no Python.
 */
export async function provideSchemathesis(): Promise<string> {
  const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const folder = join(cacheFolder(), `schemathesis-${version}`);
  const program = join(folder, 'bin', 'schemathesis');
  // An environment cannot be moved to its place once it is whole, so a file says that it is.
  const whole = join(folder, 'whole');
  return whileLocked('schemathesis', async () => {
    if (existsSync(whole)) return program;
    rmSync(folder, { recursive: true, force: true });
    const hint = 'Fuzzing needs Python 3.10 or newer with venv: install python3 and python3-venv.';
    await run('python3', ['-m', 'venv', folder], hint);
    await run(join(folder, 'bin', 'pip'), ['install', '--quiet', '--requirement', requirements], hint);
    writeFileSync(whole, '');
    return program;
  });
}
