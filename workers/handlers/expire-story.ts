/**
 * Ends a story: its views and what it showed are rolled up into its row, then the story store forgets them and the
 * original is removed. Its two pictures stay, for the owner's archive and for highlights.
 */
import { sql } from 'kysely';
import { storyOriginalsPrefix } from '../../shared/stories/pictures.ts';
import { storyDurationS } from '../../shared/stories/schema.ts';
import type { Tools } from '../../shared/tools.ts';
import type { Handler } from '../handler.ts';

type Row = {
  id: number;
  user_id: string;
  is_over: boolean;
  rolled_up_at: Date | null;
  closed_at: Date | null;
  rendered_at: Date | null;
};

export const expireStory: Handler<'expire-story'> = async ({ storyId }, { tools }) => {
  const row = await read(tools, storyId);
  if (!row || row.closed_at) return;
  // Clocks of two machines differ a little; the next attempt comes later.
  if (!row.is_over) throw new Error(`${storyId} is not over yet`);
  if (!row.rolled_up_at) await rollUp(tools, storyId, row);
  await tools.stories.remove({ userId: row.user_id, storyId });
  await close(tools, storyId);
};

async function read({ db }: Tools, storyId: string): Promise<Row | undefined> {
  const { rows } = await sql<Row>`
    SELECT s.id, u.user_id, s.expires_at <= now() AS is_over, s.rolled_up_at, s.closed_at, s.rendered_at
    FROM stories s JOIN users u ON u.id = s.user_id WHERE s.story_id = ${storyId}`.execute(db);
  return rows[0];
}

/**
 * The count is read whole and written once. Views are removed only after it was, so a second run, which may find some
 * of them gone, changes nothing.
 */
async function rollUp({ db, stories, log }: Tools, storyId: string, { id, user_id: userId }: Row) {
  const [content] = await stories.get([{ userId, storyId }]);
  if (!content) log.error({ story_id: storyId }, 'a story was rolled up when its views were gone already');
  const viewCount = await stories.countViews(storyId);
  await sql`UPDATE stories SET view_count = ${viewCount}, rolled_up_at = now(),
      duration_seconds = ${content?.durationSeconds ?? storyDurationS.default}
    WHERE id = ${id} AND rolled_up_at IS NULL`.execute(db);
}

/** An original whose pictures are not made yet stays; whoever makes them removes it. */
async function close(tools: Tools, storyId: string): Promise<void> {
  for (;;) {
    const row = await read(tools, storyId);
    if (!row) return;
    if (row.rendered_at) await tools.images.removeAll(storyOriginalsPrefix(storyId));
    const { rows } = await sql`UPDATE stories SET closed_at = now()
      WHERE id = ${row.id} AND (rendered_at IS NOT NULL) = ${row.rendered_at !== null}
      RETURNING id`.execute(tools.db);
    if (rows.length > 0) return;
  }
}
