/**
 * `npm test [files…] [-- --grep text]`: runs the tests against a Postgres and a Redis that live only for
 * them, and ends with the line `N passed, N failed`.
 */
import { globSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runTests } from './test/run-tests.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { grep: { type: 'string', short: 'g' }, jobs: { type: 'string', default: '2' } },
});

await runTests({
  files: positionals.length > 0 ? positionals : globSync('test/**/*.test.ts').sort(),
  jobs: Number(values.jobs),
  grep: values.grep,
});
