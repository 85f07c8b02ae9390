/**
 * The story store in Postgres: two tables of their own. Postgres has no TTL, so a row says until when it is kept,
 * reads pass over rows past that, and each new content takes some of them away.
 */
import { sql } from 'kysely';
import type { Db } from '../db/index.ts';
import { keptUntil, mediaTypes, type StoryContent, type StoryStore, StoryStoreError } from './index.ts';

/**
 * Rows a new content takes away in each table. What belongs to a story is removed when it is over, so only what a
 * failed upload or a late view left behind ever lapses.
 */
const removedPerPut = 100;

type ContentRow = {
  user_id: string;
  story_id: string;
  media_type: string;
  media_path: string;
  thumbnail_path: string;
  duration_seconds: number;
  created_at: Date;
  expires_at: Date;
};

/** Opens the store on a migrated database. */
export function openPostgresStories(db: Db): StoryStore {
  async function removeLapsed(table: 'story_contents' | 'story_views'): Promise<void> {
    await sql`DELETE FROM ${sql.table(table)} WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM ${sql.table(table)} WHERE kept_until <= now()
        ORDER BY kept_until LIMIT ${removedPerPut} FOR UPDATE SKIP LOCKED))`.execute(db);
  }

  return {
    put: (content) =>
      guarded(async () => {
        await sql`
          INSERT INTO story_contents (user_id, story_id, media_type, media_path, thumbnail_path,
            duration_seconds, created_at, expires_at, kept_until)
          VALUES (${content.userId}, ${content.storyId}, ${content.mediaType}, ${content.mediaPath},
            ${content.thumbnailPath}, ${content.durationSeconds}, ${content.createdAt}, ${content.expiresAt},
            ${keptUntil(content.expiresAt)})
          ON CONFLICT (user_id, story_id) DO UPDATE SET media_type = excluded.media_type,
            media_path = excluded.media_path, thumbnail_path = excluded.thumbnail_path,
            duration_seconds = excluded.duration_seconds, created_at = excluded.created_at,
            expires_at = excluded.expires_at, kept_until = excluded.kept_until`.execute(db);
        await removeLapsed('story_contents');
        await removeLapsed('story_views');
      }),

    get: (stories) =>
      guarded(async () => {
        if (stories.length === 0) return [];
        const { rows } = await sql<ContentRow>`
          SELECT c.* FROM unnest(${stories.map(({ userId }) => userId)}::text[],
            ${stories.map(({ storyId }) => storyId)}::text[]) AS asked (user_id, story_id)
          JOIN story_contents c ON c.user_id = asked.user_id AND c.story_id = asked.story_id
          WHERE c.kept_until > now()`.execute(db);
        return rows.map(contentOf);
      }),

    addView: ({ storyId, expiresAt }, { viewerId, viewedAt }) =>
      guarded(async () => {
        // A view past its time counts as none, also while its row is still there.
        await sql`
          INSERT INTO story_views AS kept (story_id, viewer_id, viewed_at, kept_until)
          VALUES (${storyId}, ${viewerId}, ${viewedAt}, ${keptUntil(expiresAt)})
          ON CONFLICT (story_id, viewer_id) DO UPDATE
            SET viewed_at = excluded.viewed_at, kept_until = excluded.kept_until
            WHERE kept.kept_until <= now()`.execute(db);
      }),

    seen: (viewerId, storyIds) =>
      guarded(async () => {
        if (storyIds.length === 0) return new Set();
        const { rows } = await sql<{ story_id: string }>`
          SELECT story_id FROM story_views
          WHERE story_id = ANY(${storyIds}) AND viewer_id = ${viewerId} AND kept_until > now()`.execute(db);
        return new Set(rows.map((row) => row.story_id));
      }),

    countViews: (storyId) =>
      guarded(async () => {
        const { rows } = await sql<{ count: number }>`
          SELECT count(*) AS count FROM story_views
          WHERE story_id = ${storyId} AND kept_until > now()`.execute(db);
        return rows[0]?.count ?? 0;
      }),

    views: (storyId, afterViewerId, limit) =>
      guarded(async () => {
        const { rows } = await sql<{ viewer_id: string; viewed_at: Date }>`
          SELECT viewer_id, viewed_at FROM story_views
          WHERE story_id = ${storyId} AND viewer_id > ${afterViewerId ?? ''} AND kept_until > now()
          ORDER BY viewer_id LIMIT ${limit}`.execute(db);
        return rows.map((row) => ({ viewerId: row.viewer_id, viewedAt: row.viewed_at }));
      }),

    remove: ({ userId, storyId }) =>
      guarded(async () => {
        await sql`DELETE FROM story_contents
          WHERE user_id = ${userId} AND story_id = ${storyId}`.execute(db);
        await sql`DELETE FROM story_views WHERE story_id = ${storyId}`.execute(db);
      }),

    removeViewsBy: (viewerId) =>
      guarded(async () => {
        await sql`DELETE FROM story_views WHERE viewer_id = ${viewerId}`.execute(db);
      }),

    check: () =>
      guarded(async () => {
        await sql`SELECT FROM story_contents LIMIT 0`.execute(db);
      }),

    async close() {},
  };
}

function contentOf(row: ContentRow): StoryContent {
  return {
    userId: row.user_id,
    storyId: row.story_id,
    // A type that another version of the code wrote is shown as what every app can show.
    mediaType: mediaTypes.find((type) => type === row.media_type) ?? 'image',
    mediaPath: row.media_path,
    thumbnailPath: row.thumbnail_path,
    durationSeconds: row.duration_seconds,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

async function guarded<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StoryStoreError(`The story store failed: ${reason}`, { cause: error });
  }
}
