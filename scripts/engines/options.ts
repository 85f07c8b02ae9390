/** The command line of `npm run engines`. */
import { parseArgs } from 'node:util';
import { PlainError } from '../plain-error.ts';
import { defaultEngines, type EngineName, engines, testedEngines } from './index.ts';

export type EngineOptions = {
  names: EngineName[];
  /** One JSON object on stdout instead of lines to paste. */
  json: boolean;
  /** The variables have the names by which tests find them. */
  forTests: boolean;
  /** The first of the ports; undefined for free ones. */
  portBase: number | undefined;
  /** False: not even where Docker answers. */
  docker: boolean;
  help: boolean;
};

export const usage = `npm run engines -- [engines…] [--json] [--for-tests] [--port-base 19000] [--no-docker]

  engines      ${Object.keys(engines).join(' ')}
               (without names: ${defaultEngines.join(' ')})
  --json       prints one JSON object of environment variables, once all are healthy: npm run -s engines -- --json
  --for-tests  starts ${testedEngines.join(' ')} unless others are named,
               and prints the variables by which npm run test:engines finds them; tests empty what they use
  --port-base  numbers the ports from here on; otherwise free ones are taken, the same at each start
  --no-docker  runs them as processes of this machine even where Docker answers`;

/** Engines that would claim the same addresses. */
const rivals: EngineName[][] = [
  ['cassandra', 'cassandra-ring'],
  ['redis', 'redis-cluster', 'redis-sentinel'],
];

/** @throws {PlainError} naming what cannot be understood, with what to type. */
export function parseOptions(args: string[]): EngineOptions {
  const { values, positionals } = parse(args);
  const unknown = positionals.find((name) => !Object.hasOwn(engines, name));
  if (unknown !== undefined)
    throw new PlainError(`There is no engine "${unknown}": type some of ${Object.keys(engines).join(', ')}.`);
  const unnamed = values['for-tests'] ? testedEngines : defaultEngines;
  const names = positionals.length > 0 ? [...new Set(positionals as EngineName[])] : unnamed;
  for (const group of rivals) {
    const chosen = group.filter((name) => names.includes(name));
    if (chosen.length > 1)
      throw new PlainError(`${chosen.join(' and ')} would have the same variables: choose one of them.`);
  }
  const text = values['port-base'];
  const portBase = text === undefined ? undefined : Number(text);
  // The last engine's ports are 34 further on, those of a cluster's bus 10,000 more.
  if (portBase !== undefined && !(Number.isInteger(portBase) && portBase >= 1_024 && portBase <= 55_000))
    throw new PlainError(`--port-base ${text}: type a number from 1024 to 55000, such as 19000.`);
  return {
    names,
    json: values.json,
    forTests: values['for-tests'],
    portBase,
    docker: !values['no-docker'],
    help: values.help,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        'for-tests': { type: 'boolean', default: false },
        'port-base': { type: 'string' },
        'no-docker': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new PlainError(`${(error as Error).message}\n\n${usage}`);
  }
}
