/** `npm run bench -- [figures…] [--rounds N] [--scale S]`: measures, and asserts nothing. scripts/bench/README.md says what the figures mean. */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { openLog } from '../../shared/log.ts';
import { onStop } from '../../shared/stop.ts';
import { PlainError, reportError } from '../plain-error.ts';
import { commitToFeed } from './commit-to-feed.ts';
import { fanOut } from './fan-out.ts';
import { feedPage } from './feed-page.ts';
import type { Bench, Figure } from './figure.ts';
import { memory } from './memory.ts';
import { renditions } from './renditions.ts';
import { objectStore } from './s3.ts';
import { search } from './search.ts';
import { type Engines, startBenchEngines } from './stage.ts';
import { startUp } from './start-up.ts';
import { storyTray } from './story-tray.ts';
import { workers } from './workers.ts';

const figures: Record<string, Figure> = {
  'feed-page': feedPage,
  'fan-out': fanOut,
  renditions,
  'commit-to-feed': commitToFeed,
  'object-store': objectStore,
  search,
  'start-up': startUp,
  memory,
  workers,
  'story-tray': storyTray,
};
const usage = `Type: npm run bench -- [--rounds N] [--scale S] [figures…]
Figures: ${Object.keys(figures).join(', ')}; all of them if none is named. N: how many rounds count, default 5.
S: what share of its documents the search is measured with, default 1.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    scale: { type: 'string', default: '1' },
    help: { type: 'boolean', short: 'h' },
  },
});

const abort = new AbortController();
const stops: (() => Promise<void>)[] = [];
let engines: Promise<Engines> | undefined;

const bench: Bench = {
  engines() {
    engines ??= startBenchEngines(openLog('bench', 'warn'), abort.signal);
    return engines;
  },
  rounds: Number(values.rounds),
  scale: Number(values.scale),
  note: (text) => console.error(`  … ${text}`),
  signal: abort.signal,
  onStop: (stop) => void stops.push(stop),
};

async function clear(): Promise<void> {
  abort.abort();
  await Promise.allSettled(stops.map((stop) => stop()));
  const [started] = await Promise.allSettled([engines]);
  if (started.status === 'fulfilled') await started.value?.stop();
}

async function measure(names: string[]): Promise<void> {
  const unknown = names.filter((name) => !(name in figures));
  if (unknown.length > 0 || !(bench.rounds >= 1) || !(bench.scale > 0)) {
    throw new PlainError(
      unknown.length > 0 ? `There is no figure named ${unknown.join(', ')}.\n${usage}` : usage,
    );
  }
  console.log(`${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}\n`);
  for (const name of names) {
    console.log(name);
    for (const line of await (figures[name] as Figure)(bench)) console.log(`  ${line}`);
    console.log('');
  }
}

// 130 is what a shell reports for a command that was interrupted.
onStop(clear, { exitCode: 130 });
if (values.help) console.log(usage);
else {
  try {
    await measure(positionals.length > 0 ? positionals : Object.keys(figures));
  } catch (error) {
    if (!abort.signal.aborted) reportError(error);
  }
}
if (!abort.signal.aborted) {
  await clear();
  process.exit();
}
