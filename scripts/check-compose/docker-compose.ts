/** Docker Compose, which resolves and validates its files without an engine. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
// biome-ignore lint/correctness/useImportExtensions: the module is plain JavaScript
import { showElapsed } from '../bootstrap/show-elapsed.mjs';
import { cacheFolder, whileLocked } from '../embedded/cache.ts';
import { PlainError } from '../plain-error.ts';
import { findProgram, run } from './run.ts';

/** The last one that `go install` takes: later modules replace some of theirs. */
const version = 'v5.0.2';

/** A command and its first arguments. */
export type Compose = readonly [command: string, ...args: string[]];

/**
 * Finds Compose as Docker's plug-in, or builds it into the cache with Go.
 *
 * @throws {PlainError} saying what to install.
 */
export async function provideCompose(): Promise<Compose> {
  if ((await run('docker', ['compose', 'version'])).isPassed) return ['docker', 'compose'];
  return [await build()];
}

async function build(): Promise<string> {
  const folder = join(cacheFolder(), `compose-${version}`);
  const program = join(folder, 'cmd');
  return whileLocked('compose', async () => {
    if (existsSync(program)) return program;
    const hint = 'Checking compose.yaml needs Docker Compose 2.24 or newer, or Go 1.24 or newer to build it.';
    const go = findProgram('go');
    if (!go) throw new PlainError(hint);
    const done = showElapsed('Building Docker Compose');
    const built = await run(go, ['install', `github.com/docker/compose/v5/cmd@${version}`], {
      GOBIN: folder,
    });
    done();
    if (!built.isPassed) throw new PlainError(`${built.output}\n${hint}`);
    return program;
  });
}
