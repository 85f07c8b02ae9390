/** Stories: for each that Postgres knows of and that is not long over, its content and its views. */
import { sql } from 'kysely';
import type { Db } from '../../shared/db/index.ts';
import { keptAfterExpiryS, type StoryStore } from '../../shared/stories/index.ts';
import { inParallel } from '../seed/client.ts';
import { alignStory, type StoryFact } from './align-story.ts';
import { type Outcome, openTally, patiently, type Run } from './run.ts';

const batch = 100;
/** Stories under way at once; each has more than one view under way. */
const atOnce = 4;

/** What lapses so soon may have lapsed on one side and not yet on the other, and is missed by nobody. */
const lapsingSoonS = 60;

type FactRow = { id: number; story_id: string; user_id: string; expires_at: Date };

/** Copies what is missing or different, removes what is gone, then looks at everything on both sides again. */
export async function moveStories(db: Db, from: StoryStore, to: StoryStore, run: Run): Promise<Outcome> {
  const { afterRow = 0, underWay = [] } = run.position.get('stories') ?? {};
  const total = await countFacts(db, 0);
  const copied = run.show('copy', total);
  copied.set(total - (await countFacts(db, afterRow)));
  const align = async (facts: readonly StoryFact[], onDone: () => void) => {
    const aligned: Awaited<ReturnType<typeof alignStory>>[] = [];
    await inParallel(facts, atOnce, async (fact, index) => {
      aligned[index] = await patiently(run.signal, () => alignStory(from, to, fact));
      onDone();
    });
    return aligned;
  };
  await align(underWay, () => {});
  for await (const { facts, before } of factsAfter(db, afterRow)) {
    run.position.set('stories', { afterRow: before, underWay: facts });
    await align(facts, copied.add);
  }

  const verified = run.show('verify', total);
  const tally = openTally();
  const counts = { from: { contents: 0, views: 0 }, to: { contents: 0, views: 0 } };
  for await (const { facts } of factsAfter(db, 0)) {
    for (const { storyId, isMended, ...sides } of await align(facts, verified.add)) {
      for (const side of ['from', 'to'] as const) {
        counts[side].contents += sides[side].hasContent ? 1 : 0;
        counts[side].views += sides[side].views;
      }
      tally.add({ id: storyId, from: sides.from.checksum, to: sides.to.checksum, isMended });
    }
  }
  run.position.set('stories', undefined);
  const inWords = ({ contents, views }: { contents: number; views: number }) =>
    `${contents} stories, ${views} views`;
  return tally.outcome({ from: inWords(counts.from), to: inWords(counts.to) });
}

/**
 * The stories that a store may have something of, by rising row: not over, kept a while longer, or in a highlight.
 * `before` is the row behind which a batch begins.
 */
async function* factsAfter(db: Db, afterRow: number) {
  for (let last = afterRow; ; ) {
    const { rows } = await sql<FactRow>`
      SELECT s.id, s.story_id, u.user_id, s.expires_at FROM stories s JOIN users u ON u.id = s.user_id
      WHERE s.id > ${last} AND ${isKept} ORDER BY s.id LIMIT ${batch}`.execute(db);
    if (rows.length === 0) return;
    const facts = rows.map((row) => {
      return { storyId: row.story_id, userId: row.user_id, expiresAt: row.expires_at };
    });
    yield { facts, before: last };
    last = rows.at(-1)?.id ?? last;
  }
}

async function countFacts(db: Db, afterRow: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*) AS count FROM stories s WHERE s.id > ${afterRow} AND ${isKept}`.execute(db);
  return rows[0]?.count ?? 0;
}

/** True of rows `s` of stories. */
const isKept = sql<boolean>`(s.expires_at > now() - make_interval(secs => ${keptAfterExpiryS - lapsingSoonS})
  OR EXISTS (SELECT FROM highlight_stories WHERE story_id = s.id AND s.closed_at IS NULL))`;
