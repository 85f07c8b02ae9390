/** `npm run check`: everything that is wrong with the code without running it. Ends with `N passed, N failed`. */
import { spawn } from 'node:child_process';

const checks = [
  { name: 'types', args: ['node_modules/typescript-7/bin/tsc', '--project', '.'] },
  { name: 'lint and format', args: ['node_modules/.bin/biome', 'check', '--error-on-warnings', '.'] },
  { name: 'dead code', args: ['node_modules/.bin/knip'] },
  { name: '.env.example', args: ['scripts/env-example.ts', '--check'] },
];

type Outcome = { name: string; isPassed: boolean; output: string; tookMs: number };

function run({ name, args }: (typeof checks)[number]): Promise<Outcome> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  return new Promise((resolve) => {
    const end = (isPassed: boolean) =>
      resolve({ name, isPassed, output, tookMs: performance.now() - startedAt });
    child.once('error', (error) => {
      output += String(error);
      end(false);
    });
    child.once('close', (code) => end(code === 0));
  });
}

// The types of the client are made from the routes, and the journeys are checked against them.
const generated = await run({ name: 'client', args: ['scripts/client.ts'] });
const outcomes = [generated, ...(await Promise.all(checks.map(run)))];
for (const { name, isPassed, output, tookMs } of outcomes) {
  if (!isPassed) console.log(`\n${output.trim()}\n`);
  console.log(`${isPassed ? 'ok    ' : 'FAILED'}  ${name} (${(tookMs / 1_000).toFixed(1)} s)`);
}
const failed = outcomes.filter((outcome) => !outcome.isPassed).length;
console.log(`${outcomes.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
