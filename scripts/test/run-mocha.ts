/** Runs test files with mocha, several at a time, each in a process of its own. */
import { relative, resolve } from 'node:path';
import Mocha from 'mocha';

export type TestOutcome = {
  passed: number;
  failed: number;
  skipped: number;
  /** How many tests of a file passed; keys are paths relative to the working folder. */
  passedOf: Map<string, number>;
};

/** A test that hangs is told after this long; the slowest real ones take a few seconds. */
const defaultTimeoutMs = 30_000;

/**
 * Runs the files and prints each result as it comes.
 *
 * @param files paths, relative to the working folder
 * @param options.jobs how many files run at once
 * @param options.grep runs only the tests whose full title contains this
 * @param options.timeoutMs after this long a test that hangs is told, unless it has a limit of its own
 */
export async function runMocha(
  files: string[],
  {
    jobs,
    grep,
    timeoutMs = defaultTimeoutMs,
  }: { jobs: number; grep: string | undefined; timeoutMs?: number },
): Promise<TestOutcome> {
  const mocha = new Mocha({ parallel: true, jobs, timeout: timeoutMs, reporter: 'spec', ui: 'bdd' });
  if (grep) mocha.fgrep(grep);
  for (const file of files) mocha.addFile(resolve(file));
  let stats: Mocha.Stats | undefined;
  const passedOf = new Map<string, number>();
  const failed = await new Promise<number>((done) => {
    const runner = mocha.run(done);
    // Of a file that cannot be loaded, or ends its process, the reporter does not tell the name, and of
    // several such files it explains only the first, because that ends its report.
    let isReported = false;
    runner.once('end', () => {
      isReported = true;
    });
    runner.on('pass', ({ file }) => {
      if (!file) return;
      const name = relative('.', file);
      passedOf.set(name, (passedOf.get(name) ?? 0) + 1);
    });
    runner.on('fail', (_test, error: Error & { file?: string }) => {
      if (isReported) console.log(error.stack ?? error);
      if (error.file) console.log(`     in ${relative('.', error.file)}`);
    });
    stats = runner.stats;
  });
  return {
    passed: stats?.passes ?? 0,
    failed: Math.max(failed, stats?.failures ?? 0),
    skipped: stats?.pending ?? 0,
    passedOf,
  };
}
