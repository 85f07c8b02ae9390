/**
 * The facts of stories: which there are, whose they are, and which of them are over. Whether one is over is decided
 * by Postgres's clock alone, which is also the one a story's times were read from.
 *
 * Decision 10 says why.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Db, Tx } from '../db/index.ts';
import { isId } from '../ids.ts';
import { maySee } from '../users/audience.ts';

/** Stories a tray shows: nobody watches more, and the work of reading a tray stays bounded. */
const storiesPerTray = 100;

/** What a story's row says of it and of its owner. */
export type StoryRow = {
  id: number;
  story_id: string;
  /** The owner's public id and card. */
  user_id: string;
  username: string;
  profile_pic_url: string | null;
  is_verified: boolean;
  is_private: boolean;
  is_suspended: boolean;
  created_at: Date;
  expires_at: Date;
  is_over: boolean;
  is_highlighted: boolean;
  /** Null until the roll-up. */
  view_count: number | null;
  duration_seconds: number | null;
};

/** The columns of a `StoryRow`, of rows `s` of stories and `u` of users. */
export const storyColumns: RawBuilder<StoryRow> = sql<StoryRow>`s.id, s.story_id, u.user_id, u.username,
  u.profile_pic_url, u.is_verified, u.is_private, u.suspended_at IS NOT NULL AS is_suspended, s.created_at, s.expires_at, s.expires_at <= now() AS is_over,
  EXISTS (SELECT FROM highlight_stories WHERE story_id = s.id) AS is_highlighted,
  s.view_count, s.duration_seconds`;

/** Now, by the clock that ends stories, to the millisecond. */
export async function storyClock(db: Db): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`SELECT date_trunc('milliseconds', now()) AS now`.execute(db);
  return (rows[0] as { now: Date }).now;
}

/**
 * The stories of some users that are not over, of each the newest, oldest first. `is_shown` says whether they belong
 * into the viewer's trays: their own, and those of people whom they follow, may see and have not muted.
 *
 * @param viewerId internal id
 * @param ownerIds public ids
 */
export async function trayStories(
  db: Db,
  viewerId: number,
  ownerIds: string[],
): Promise<(StoryRow & { is_shown: boolean })[]> {
  const { rows } = await sql<StoryRow & { is_shown: boolean }>`
    SELECT ${storyColumns}, (u.id = ${viewerId} OR (${maySee(viewerId, 'u')}
        AND EXISTS (SELECT FROM follows WHERE follower_id = ${viewerId} AND following_id = u.id)
        AND NOT EXISTS (SELECT FROM mutes WHERE muter_id = ${viewerId} AND muted_id = u.id))) AS is_shown
    FROM users u CROSS JOIN LATERAL (${newestOf('u')}) s
    WHERE u.user_id = ANY(${ownerIds}) ORDER BY s.story_id`.execute(db);
  return rows;
}

/** The stories of one user that are not over, as in a tray. Whether they may be seen is for the caller to know. */
export async function storiesOf(db: Db, ownerId: number): Promise<StoryRow[]> {
  const { rows } = await sql<StoryRow>`
    SELECT ${storyColumns} FROM users u CROSS JOIN LATERAL (${newestOf('u')}) s
    WHERE u.id = ${ownerId} ORDER BY s.story_id`.execute(db);
  return rows;
}

function newestOf(user: string): RawBuilder<unknown> {
  return sql`SELECT * FROM stories WHERE user_id = ${sql.ref(`${user}.id`)} AND expires_at > now()
    ORDER BY expires_at DESC, id DESC LIMIT ${storiesPerTray}`;
}

/** A story by its id, over or not, if the viewer may see what its owner shows. */
export async function findStory(
  db: Db | Tx,
  viewerId: number,
  storyId: string,
): Promise<StoryRow | undefined> {
  if (!isId('story', storyId)) return undefined;
  const { rows } = await sql<StoryRow>`
    SELECT ${storyColumns} FROM stories s JOIN users u ON u.id = s.user_id
    WHERE s.story_id = ${storyId} AND ${maySee(viewerId, 'u')}`.execute(db);
  return rows[0];
}
