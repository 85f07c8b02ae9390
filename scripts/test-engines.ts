/**
 * `npm run test:engines [files…] [-- --grep text]`: runs what depends on an engine (the contracts of the ports,
 * the journeys, the workers) against Cassandra, Elasticsearch, MinIO and a Redis Cluster that live only for it.
 * Those whose TEST_ variables are set run already, by `npm run engines -- --for-tests`, and are not started.
 * An engine that cannot be had is a failure where CI is set, and skipped aloud elsewhere.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type EngineName, type Started, startEngine } from './engines/index.ts';
import type { EngineContext } from './start/engines.ts';
import type { TestOutcome } from './test/run-mocha.ts';
import { type MoreEngines, runTests } from './test/run-tests.ts';

/** What is switched on, and which files test nothing but this engine. */
const tested: { name: EngineName; variables: string[]; own: RegExp }[] = [
  { name: 'cassandra', variables: ['CASSANDRA_URL'], own: /cassandra/ },
  { name: 'elasticsearch', variables: ['ELASTICSEARCH_URL'], own: /elasticsearch|reindex/ },
  { name: 'minio', variables: ['S3_URL'], own: /s3/ },
  { name: 'redis-cluster', variables: ['QUEUE_REDIS_URL', 'CACHE_REDIS_URL'], own: /redis|cluster/ },
];

/** Worlds on real engines are made of tables, indexes and buckets: some seconds each. */
const timeoutMs = 90_000;

/** Sequences of the feed property, unless FEED_RUNS says another number. `npm test` tries many more. */
const feedRuns = '10';

/** Contracts, journeys and workers, and whatever else asks for an engine. */
function testFiles(): string[] {
  const asks = (file: string) =>
    /TEST_(CASSANDRA|ELASTICSEARCH|S3|QUEUE_REDIS|CACHE_REDIS)_URL/.test(readFileSync(file, 'utf8'));
  const whole = globSync('test/{contracts,journeys,workers}/*.test.ts');
  return [...new Set([...whole, ...globSync('test/**/*.test.ts').filter(asks)])].sort();
}

async function startMore(context: EngineContext): Promise<MoreEngines> {
  const root = join(context.dataDir, 'engines');
  const isRequired = Boolean(process.env.CI) || process.env.TEST_ENGINES_REQUIRED === '1';
  const started = new Map<EngineName, Started>();
  const running = tested.filter(({ variables }) => variables.every((name) => process.env[`TEST_${name}`]));
  const env: Record<string, string> = {
    FEED_RUNS: process.env.FEED_RUNS ?? feedRuns,
    ...(isRequired ? { TEST_ENGINES_REQUIRED: '1' } : {}),
  };
  await Promise.all(
    tested.map(async (wanted) => {
      const { name, variables } = wanted;
      if (running.includes(wanted)) {
        console.log(`${name} runs already.`);
        return;
      }
      try {
        const engine = await startEngine(name, { root, isForTests: true, context });
        started.set(name, engine);
        for (const variable of variables) env[`TEST_${variable}`] = engine.urls[variable] as string;
        console.log(`${name} is ready after ${(engine.tookMs / 1_000).toFixed(1)} s.`);
      } catch (error) {
        context.signal.throwIfAborted();
        console.log(
          `\n${isRequired ? 'FAILED' : 'SKIPPED'}: there is no ${name}. ${(error as Error).message}\n`,
        );
      }
    }),
  );

  const report = ({ passed, passedOf }: TestOutcome) => {
    const lines = tested.map((wanted) => {
      const { name, own } = wanted;
      const engine = started.get(name);
      if (!engine && !running.includes(wanted)) return `${name}: not there`;
      const contract = [...passedOf].filter(([file]) => file.startsWith('test/contracts/') && own.test(file));
      const ofContract = contract.reduce((sum, [, count]) => sum + count, 0);
      const count = `${ofContract} contract tests`;
      if (!engine) return `${name}: ${count}, ran already`;
      return `${name}: ${count}, started in ${(engine.tookMs / 1_000).toFixed(1)} s, ${engine.memoryMb()} MB`;
    });
    const ofJourneys = [...passedOf]
      .filter(([file]) => file.startsWith('test/journeys/'))
      .reduce((sum, [, count]) => sum + count, 0);
    return [...lines, `on all of them: ${ofJourneys} tests of journeys, ${passed} tests in all`].join('\n');
  };
  return { env, report, missing: isRequired ? tested.length - running.length - started.size : 0 };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { grep: { type: 'string', short: 'g' } },
});

await runTests({
  files: positionals.length > 0 ? positionals : testFiles(),
  // A Redis Cluster has no numbered databases, so two files cannot share it.
  jobs: 1,
  grep: values.grep,
  timeoutMs,
  startMore,
});
