/**
 * `npm run engines [-- cassandra minio …]`: runs the engines of a large installation on this machine, says how
 * to use them, and stays until it is asked to stop. Only their addresses go to stdout.
 */
import { join } from 'node:path';
import { pino } from 'pino';
import { loadEnvironment } from '../shared/config.ts';
import { dockerized, startInDocker } from './engines/docker.ts';
import { startEngine } from './engines/index.ts';
import { parseOptions, usage } from './engines/options.ts';
import { namedForTests, toPrint } from './engines/print.ts';
import { PlainError } from './plain-error.ts';
import { runUntilStopped } from './run-until-stopped.ts';
import type { Supervised } from './start/supervise.ts';

/** Cassandra writes down what it has in memory: some seconds. 12 of the 15 s that whoever stops us grants. */
const patienceMs = 12_000;

const running: Supervised[] = [];
const abort = new AbortController();

async function start(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    console.log(usage);
    process.exit();
  }
  const startedAt = performance.now();
  // Warnings of whatever dies and is started again.
  const log = pino(
    { level: 'info', base: { process: 'engines' } },
    pino.destination({ dest: 2, sync: true }),
  );
  const root = join(loadEnvironment().DATA_DIR, 'engines');
  const context = { dataDir: root, log, signal: abort.signal, running };
  console.error(`Starting ${options.names.join(', ')} …`);
  const { portBase } = options;
  const byDocker = options.docker ? dockerized(options.names) : [];
  const byUs = options.names.filter((name) => !byDocker.includes(name));
  const docker = async () =>
    byDocker.length > 0 ? startInDocker(byDocker, { root, portBase, context }) : {};
  const outcomes = await Promise.allSettled([
    docker(),
    ...byUs.map(async (name) => {
      const started = await startEngine(name, { root, portBase, isForTests: options.forTests, context });
      const seconds = (started.tookMs / 1_000).toFixed(1);
      console.error(`${name} is ready after ${seconds} s, in ${started.memoryMb()} MB`);
      return started.urls;
    }),
  ]);
  abort.signal.throwIfAborted();
  const problems = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason);
  if (problems.length > 0) {
    const strange = problems.find((problem) => !(problem instanceof PlainError));
    throw strange ?? new PlainError(problems.map(({ message }) => message).join('\n\n'));
  }
  const urls = Object.assign({}, ...outcomes.map((outcome) => 'value' in outcome && outcome.value));
  console.log(toPrint(options.forTests ? namedForTests(urls) : urls, options.json));
  console.error(
    `\n  Everything is ready after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s; the data is in ${root}.\n` +
      '  Stop it with ctrl-c; the data stays.\n',
  );
}

async function stop(): Promise<void> {
  await Promise.all(running.map((engine) => engine.stop(patienceMs)));
}

await runUntilStopped(start, stop, abort);
