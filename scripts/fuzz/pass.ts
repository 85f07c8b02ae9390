/** One run of Schemathesis over some of the operations. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Crowd } from './crowd.ts';

export type Counts = { passed: number; failed: number };

export type Pass = {
  /** Names its report. */
  name: string;
  /** Operations as Schemathesis names them: `GET /v1/feed`. */
  operations: { include?: readonly string[]; exclude?: readonly string[] };
};

/** What is fuzzed, and how. */
export type Target = {
  base: string;
  crowd: Crowd;
  metricsToken: string;
  /** Where settings and reports lie. */
  folder: string;
  settings: string;
  examples: string;
  seed: string;
};

/** What leaves little to be tested, done last: first what people do to their own things and to each other, */
const separating = [
  'DELETE /v1/posts/{post_id}',
  'DELETE /v1/comments/{comment_id}',
  'DELETE /v1/stories/{story_id}',
  'DELETE /v1/users/me/highlights/{highlight_id}',
  'POST /v1/users/{user_id}/block',
  'DELETE /v1/users/{user_id}/block',
];
/** together with what makes such things and finds them gone, */
const making = [
  'POST /v1/posts',
  'GET /v1/posts/{post_id}',
  'POST /v1/posts/{post_id}/comment',
  'GET /v1/comments/{comment_id}/replies',
  'POST /v1/stories',
];
/** then what admins do to all of them. */
const removing = [
  'DELETE /v1/admin/posts/{post_id}',
  'DELETE /v1/admin/comments/{comment_id}',
  'DELETE /v1/admin/stories/{story_id}',
  'POST /v1/admin/users/{user_id}/suspend',
  'DELETE /v1/admin/users/{user_id}/suspend',
];

/** The passes in their order; one over those operations alone that are asked for. */
export function passesOver(only: readonly string[]): Pass[] {
  if (only.length > 0) return [{ name: 'only', operations: { include: only } }];
  return [
    { name: 'most', operations: { exclude: [...separating, ...removing] } },
    { name: 'separating', operations: { include: [...separating, ...making] } },
    { name: 'removing', operations: { include: removing } },
  ];
}

const reportOf = ({ folder }: Target, { name }: Pass) => join(folder, `${name}.xml`);

/** The arguments of Schemathesis. One worker: threads of Hypothesis change each other's recursion limit. */
export function argumentsOf(target: Target, pass: Pass): string[] {
  const { include = [], exclude = [] } = pass.operations;
  return [
    ...['--config-file', target.settings, 'run', `${target.base}/v1/openapi.json`],
    ...['--checks', 'all', '--continue-on-failure', '--workers', '1', '--request-timeout', '20'],
    ...['--max-examples', target.examples, '--seed', target.seed, '--no-color'],
    // A busy machine makes examples slowly, which says nothing of the server.
    '--suppress-health-check=too_slow',
    ...include.flatMap((operation) => ['--include-name', operation]),
    ...exclude.flatMap((operation) => ['--exclude-name', operation]),
    ...['--report', 'junit', '--report-junit-path', reportOf(target, pass)],
  ];
}

/** What `hooks.py` is told. */
export function environmentOf({ base, crowd, metricsToken, seed }: Target): Record<string, string> {
  return {
    SCHEMATHESIS_HOOKS: resolve('scripts/fuzz/hooks.py'),
    EMULSION_FUZZ: JSON.stringify({ base, asker: crowd.asker, admin: crowd.admin, metricsToken, seed }),
  };
}

/** The totals of a pass by its JUnit report; one failure if it left none. */
export function countsOf(target: Target, pass: Pass, exitCode: number | null): Counts {
  const report = readFileSync(reportOf(target, pass), 'utf8');
  const total = (name: string) => Number(new RegExp(`<testsuites[^>]* ${name}="(\\d+)"`).exec(report)?.[1]);
  const tests = total('tests');
  const failed = total('failures') + total('errors');
  if (!(tests >= failed)) return { passed: 0, failed: 1 };
  return { passed: tests - failed, failed: failed === 0 && exitCode !== 0 ? 1 : failed };
}
