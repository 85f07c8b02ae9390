/** One outage under traffic, from the first request to the proof that nothing was lost. */
import { expect } from 'chai';
import { sql } from 'kysely';
import type { Part } from '../../shared/probes.ts';
import { type Act, acts, startTraffic, type Traffic, type TrafficOptions } from './traffic.ts';
import { until, type World } from './world.ts';

/** What a request may take while an engine says nothing: 5 s, and what the rest of it takes on a busy machine. */
const longestMs = 7_500;
/** Within 5 s of an engine's return what waited for it is done; twice that on a busy machine. */
const caughtUpWithinMs = 10_000;

export type Outage = TrafficOptions & {
  /** What /readyz names; undefined if nothing of it is to be seen there. */
  part: Part | undefined;
  leave: () => Promise<void> | void;
  /** Resolves when the engine serves again. */
  comeBack: () => Promise<void> | void;
  /** What cannot be had meanwhile, and is answered 503; everything else goes on. */
  needs: readonly Act[];
  /** What may be had or not, by what a cache happens to hold. */
  mayNeed?: readonly Act[];
  /** What a request may take meanwhile, in milliseconds. */
  withinMs?: number;
  /** The keys of all images, where that is not the world's own store. */
  objects?: () => Promise<string[]>;
};

/** Lets an engine leave and come back under traffic; expects what the README promises of it. */
export async function outlive(
  w: World,
  {
    part,
    leave,
    comeBack,
    needs,
    mayNeed = [],
    withinMs = longestMs,
    objects = w.objects,
    ...options
  }: Outage,
): Promise<Traffic> {
  const others = acts.filter((act) => !needs.includes(act) && !mayNeed.includes(act));
  const readiness = async () => (await (await fetch(`${w.base}/readyz`)).json()) as Readiness;
  const traffic = await startTraffic(w, options);
  await traffic.flows(8);

  traffic.enter('leaving');
  await leave();
  if (part) await until('/readyz names it', async () => (await readiness()).parts[part] === 'down');
  traffic.enter('away');
  await traffic.flows(12, others);
  await traffic.flows(1, [...needs, ...mayNeed]);

  traffic.enter('coming');
  await comeBack();
  await until('/readyz is ready', async () => (await readiness()).status === 'ready');
  const backAt = performance.now();
  const { rows } = await sql<{ now: Date }>`SELECT now()`.execute(w.tools.db);
  const isCaughtUp = async () => {
    const owed = await w.tools.db
      .selectFrom('effects')
      .select('job')
      .where('state', '<>', 'done')
      .where('created_at', '<', rows[0]?.now as Date)
      .execute();
    return owed.length === 0;
  };
  await until('what waited is done', isCaughtUp);
  const caughtUpMs = Math.round(performance.now() - backAt);
  traffic.enter('after');
  await traffic.flows(8);
  await traffic.stop();

  tell(traffic, caughtUpMs);
  for (const phase of ['before', 'leaving', 'away', 'coming', 'after']) {
    for (const act of acts) {
      const statuses = traffic.statuses(phase, act);
      if (others.includes(act)) expect(statuses, `${act}, ${phase}`).not.to.have.property('503');
      if (phase === 'leaving' || phase === 'away')
        expect(traffic.times(phase, act).max, `${act}, ${phase}: ms`).to.be.below(withinMs);
    }
  }
  for (const act of needs) expect(traffic.statuses('away', act), act).to.have.property('503');
  expect(caughtUpMs, 'ms until what waited was done').to.be.below(caughtUpWithinMs);
  await traffic.expectAllThere(objects);
  return traffic;
}

type Readiness = { status: string; parts: Record<string, string> };

/** The figures, for whoever reads the results. */
function tell(traffic: Traffic, caughtUpMs: number): void {
  const of = (phase: string) => {
    const { p50, p99, count } = traffic.times(phase, 'feed');
    return `${p50}/${p99} ms of ${count}`;
  };
  const refused = acts.flatMap((act) => {
    const count = traffic.statuses('away', act)[503];
    return count ? [`${act} ${count} × 503, ${traffic.times('away', act).max} ms at most`] : [];
  });
  // biome-ignore lint/suspicious/noConsole: figures are for people.
  console.info(
    `      feed p50/p99 before ${of('before')}, away ${of('away')}; ` +
      `${refused.join(', ') || 'nothing refused'}; caught up ${caughtUpMs} ms after /readyz said ready`,
  );
}
