/**
 * `npm run check:compose`: has the programs that will read compose/ read it: Docker Compose its file, in every size,
 * kubernetes-validate the manifests, nginx its configuration. None of them needs an engine or a cluster.
 * Ends with `N passed, N failed`.
 */
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Compose, provideCompose } from './check-compose/docker-compose.ts';
import { provideKubernetesValidate } from './check-compose/kubernetes.ts';
import { checkNginx, provideNginx } from './check-compose/nginx.ts';
import { type Outcome, run } from './check-compose/run.ts';

const compose = 'compose';
/** Kinds that KEDA adds to a cluster; test/compose holds them against what KEDA takes. */
const foreign = ['keda.yaml'];

async function checkCompose([command, ...first]: Compose, size: string): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'emulsion-compose-'));
  try {
    const made = await run('sh', [join(compose, 'make-env.sh'), size]);
    if (!made.isPassed) return made;
    const file = join(folder, '.env');
    writeFileSync(file, made.output, { mode: 0o600 });
    const args = ['--env-file', file, '--file', join(compose, 'compose.yaml'), 'config', '--quiet'];
    return await run(command, [...first, ...args]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function checkManifests(): Promise<Outcome> {
  const files = globSync(join(compose, 'k8s/*.yaml')).filter((file) => !foreign.includes(basename(file)));
  return await run(await provideKubernetesValidate(), ['--strict', ...files]);
}

/** Undefined: it could not be checked. */
async function checkProxy(): Promise<Outcome | undefined> {
  const program = await provideNginx();
  return program ? await checkNginx(program, compose) : undefined;
}

const checks: [name: string, check: () => Promise<Outcome | undefined>][] = [
  ['compose.yaml, small', async () => checkCompose(await provideCompose(), 'small')],
  ['compose.yaml, full', async () => checkCompose(await provideCompose(), 'full')],
  ['k8s', checkManifests],
  ['nginx.conf', checkProxy],
];

let [passed, failed] = [0, 0];
for (const [name, check] of checks) {
  const startedAt = performance.now();
  const outcome = await check().catch((error: Error) => ({ isPassed: false, output: error.message }));
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  if (!outcome) {
    console.warn(`SKIPPED ${name}: there is no nginx, and apt has none to download`);
    continue;
  }
  if (outcome.isPassed) passed += 1;
  else {
    failed += 1;
    console.log(`\n${outcome.output.trim()}\n`);
  }
  console.log(`${outcome.isPassed ? 'ok    ' : 'FAILED'}  ${name} (${seconds} s)`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
