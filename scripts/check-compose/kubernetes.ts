/** kubernetes-validate, which carries the schemas of Kubernetes' own kinds. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, whileLocked } from '../embedded/cache.ts';
import { PlainError } from '../plain-error.ts';
import { run } from './run.ts';

/** Its version is that of the newest Kubernetes it knows. */
const version = '1.37.0';

/**
 * Installs it into the cache if it is not there.
 *
 * @returns the path of its program.
 * @throws {PlainError} saying what to install if there is no Python.
 */
export async function provideKubernetesValidate(): Promise<string> {
  const folder = join(cacheFolder(), `kubernetes-validate-${version}`);
  const program = join(folder, 'bin', 'kubernetes-validate');
  // An environment cannot be moved to its place once it is whole, so a file says that it is.
  const whole = join(folder, 'whole');
  return whileLocked('kubernetes-validate', async () => {
    if (existsSync(whole)) return program;
    rmSync(folder, { recursive: true, force: true });
    const hint = 'Checking manifests needs Python 3.10 or newer with venv: install python3 and python3-venv.';
    const steps: [string, string[]][] = [
      ['python3', ['-m', 'venv', folder]],
      [join(folder, 'bin', 'pip'), ['install', '--quiet', `kubernetes-validate==${version}`]],
    ];
    for (const [command, args] of steps) {
      const { isPassed, output } = await run(command, args);
      if (!isPassed) throw new PlainError(`${output}\n${hint}`);
    }
    writeFileSync(whole, '');
    return program;
  });
}
