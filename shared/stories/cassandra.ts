/**
 * The story store in Cassandra: each row has a TTL, so that it goes by itself some hours after its story is over.
 * Contents lie by owner. Views lie twice, by story (who viewed it, how many) and by viewer (what somebody saw).
 *
 * Decision 15 says why.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/index.ts';
import type { Log } from '../log.ts';
import { type CassandraConnection, openCassandra, type Routing } from './cassandra-connection.ts';
import { chunksOf, inLanes, readsOf } from './cassandra-reads.ts';
import { hasSchema, makeSchema } from './cassandra-schema.ts';
import { parseCassandraUrl } from './cassandra-url.ts';
import { keptUntil, mediaTypes, type StoryContent, type StoryStore, StoryStoreError } from './index.ts';

/** A request waits no longer for an answer, however many reads it takes; a job's long walks are bounded per step. */
const answerWithinMs = 5_000;
/** Keys of one partition that a read names: what Cassandra answers in a few milliseconds. */
const keysPerRead = 100;
/** Rows a walk through a partition takes at a time. */
const rowsPerPage = 5_000;

type ContentRow = {
  user_id: string;
  story_id: string;
  media_type: string;
  media_url: string;
  thumbnail_url: string;
  duration_seconds: number;
  created_at: Date;
  expires_at: Date;
};

/** The statements, for a keyspace. */
function statementsOn(keyspace: string) {
  const [contents, views, byViewer] = ['stories', 'story_views', 'story_views_by_viewer'].map(
    (table) => `${keyspace}.${table}`,
  );
  return {
    put: `INSERT INTO ${contents} (user_id, story_id, media_type, media_url, thumbnail_url, duration_seconds,
      created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) USING TTL ?`,
    get: `SELECT user_id, story_id, media_type, media_url, thumbnail_url, duration_seconds, created_at, expires_at
      FROM ${contents} WHERE user_id IN ? AND story_id >= ?`,
    remove: `DELETE FROM ${contents} WHERE user_id = ? AND story_id = ?`,
    hasView: `SELECT viewer_id FROM ${views} WHERE story_id = ? AND viewer_id = ?`,
    addView: `INSERT INTO ${views} (story_id, viewer_id, viewed_at) VALUES (?, ?, ?) USING TTL ?`,
    addSeen: `INSERT INTO ${byViewer} (viewer_id, story_id) VALUES (?, ?) USING TTL ?`,
    seen: `SELECT story_id FROM ${byViewer} WHERE viewer_id = ? AND story_id IN ?`,
    viewers: `SELECT viewer_id FROM ${views} WHERE story_id = ?`,
    views: `SELECT viewer_id, viewed_at FROM ${views} WHERE story_id = ? AND viewer_id > ? LIMIT ?`,
    removeViews: `DELETE FROM ${views} WHERE story_id = ?`,
    removeView: `DELETE FROM ${views} WHERE story_id = ? AND viewer_id = ?`,
    allSeen: `SELECT story_id FROM ${byViewer} WHERE viewer_id = ?`,
    removeSeen: `DELETE FROM ${byViewer} WHERE viewer_id = ?`,
  };
}

/**
 * Opens the store; keyspace and tables are made if they are missing. If Cassandra is away the store opens all the same,
 * and fails until it is there.
 *
 * @param url as `parseCassandraUrl` takes it
 * @param lifetimeS how long stories live, in seconds; counts when tables are made
 * @param db has the lock under which only one process makes them
 * @throws if Cassandra is there and refuses the address.
 */
export async function openCassandraStories(
  { CASSANDRA_URL: url, STORY_LIFETIME_S: lifetimeS }: { CASSANDRA_URL: string; STORY_LIFETIME_S: number },
  db: Db,
  log: Log,
): Promise<StoryStore> {
  const address = parseCassandraUrl(url);
  const cassandra = await openCassandra(
    address,
    async (client) => {
      if (await hasSchema(client, address)) return;
      await db.transaction().execute(async (tx) => {
        await lockFor(address.keyspace).execute(tx);
        if (!(await hasSchema(client, address))) await makeSchema(client, address, lifetimeS);
      });
    },
    log,
  );
  return storeOn(cassandra, statementsOn(address.keyspace));
}

function lockFor(keyspace: string): RawBuilder<unknown> {
  return sql`SELECT pg_advisory_xact_lock(hashtextextended(${`cassandra ${keyspace}`}, 0))`;
}

function storeOn(cassandra: CassandraConnection, statements: ReturnType<typeof statementsOn>): StoryStore {
  const run = async (name: keyof typeof statements, ...values: unknown[]) =>
    (await cassandra.execute(statements[name], values)).rows;

  /** Walks through what is found, page by page. */
  async function* pages(name: keyof typeof statements, values: unknown[], routing: Routing = {}) {
    let pageState: string | undefined;
    do {
      const page = { ...routing, fetchSize: rowsPerPage, ...(pageState ? { pageState } : {}) };
      const found = await cassandra.execute(statements[name], values, page);
      yield found.rows;
      pageState = found.pageState || undefined;
    } while (pageState);
  }

  return {
    put: (content) =>
      guarded(async () => {
        const { userId, storyId, expiresAt } = content;
        const ttlS = restS(expiresAt);
        if (ttlS === undefined) {
          await run('remove', userId, storyId);
          return;
        }
        const { mediaType, mediaPath, thumbnailPath, durationSeconds, createdAt } = content;
        const shown = [mediaType, mediaPath, thumbnailPath, durationSeconds];
        await run('put', userId, storyId, ...shown, createdAt, expiresAt, ttlS);
      }),

    get: (stories) =>
      guarded(async () => {
        const found: StoryContent[] = [];
        await inLanes(readsOf(stories, cassandra.nodesOf), async ({ userIds, fromStoryId, asked }) => {
          // The driver cannot tell from a list of owners where they lie.
          const routingKey = userIds[0] as string;
          for await (const rows of pages('get', [userIds, fromStoryId], { routingKey })) {
            const contents = (rows as unknown as ContentRow[]).map(contentOf);
            found.push(...contents.filter(({ storyId }) => asked.has(storyId)));
          }
        });
        return found;
      }),

    addView: ({ storyId, expiresAt }, { viewerId, viewedAt }) =>
      guarded(async () => {
        const ttlS = restS(expiresAt);
        if (ttlS === undefined) return;
        // The row by story is written last: where it is, both are.
        if ((await run('hasView', storyId, viewerId)).length > 0) return;
        await run('addSeen', viewerId, storyId, ttlS);
        await run('addView', storyId, viewerId, viewedAt, ttlS);
      }),

    seen: (viewerId, storyIds) =>
      guarded(async () => {
        const found = new Set<string>();
        await inLanes(chunksOf(storyIds, keysPerRead), async (asked) => {
          for (const row of await run('seen', viewerId, asked)) found.add(row.story_id as string);
        });
        return found;
      }),

    // Counted page by page: a count made by Cassandra alone takes longer than any query may when millions viewed.
    countViews: (storyId) =>
      guarded(async () => {
        let count = 0;
        for await (const rows of pages('viewers', [storyId])) count += rows.length;
        return count;
      }, Number.POSITIVE_INFINITY),

    views: (storyId, afterViewerId, limit) =>
      guarded(async () => {
        const { rows } = await cassandra.execute(statements.views, [storyId, afterViewerId ?? '', limit], {
          fetchSize: limit,
        });
        return rows.map((row) => ({
          viewerId: row.viewer_id as string,
          viewedAt: row.viewed_at as Date,
        }));
      }),

    // What its viewers saw goes by itself: there is nothing left that anybody could ask it of.
    remove: ({ userId, storyId }) =>
      guarded(async () => {
        await run('remove', userId, storyId);
        await run('removeViews', storyId);
      }),

    // What somebody saw is removed last: who is interrupted finds it again.
    removeViewsBy: (viewerId) =>
      guarded(async () => {
        for await (const rows of pages('allSeen', [viewerId])) {
          await inLanes(rows, (row) => run('removeView', row.story_id, viewerId));
        }
        await run('removeSeen', viewerId);
      }, Number.POSITIVE_INFINITY),

    check: () =>
      guarded(async () => {
        await run('get', ['user_check'], 'story_check');
      }),

    close: () => cassandra.close(),
  };
}

/**
 * For how long a row of a story that expires then is kept, in whole seconds, never too short; undefined if that is
 * over. Cassandra counts from the whole second it is written in.
 */
function restS(expiresAt: Date): number | undefined {
  const restMs = keptUntil(expiresAt).getTime() - Date.now();
  return restMs > 0 ? Math.ceil(restMs / 1_000) + 1 : undefined;
}

function contentOf(row: ContentRow): StoryContent {
  return {
    userId: row.user_id,
    storyId: row.story_id,
    // A type that another version of the code wrote is shown as what every app can show.
    mediaType: mediaTypes.find((type) => type === row.media_type) ?? 'image',
    mediaPath: row.media_url,
    thumbnailPath: row.thumbnail_url,
    durationSeconds: row.duration_seconds,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

async function guarded<Result>(work: () => Promise<Result>, withinMs = answerWithinMs): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = Promise.withResolvers<never>();
  if (Number.isFinite(withinMs)) {
    timer = setTimeout(() => late.reject(new Error(`no answer within ${withinMs} ms`)), withinMs);
  }
  try {
    return await Promise.race([work(), late.promise]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StoryStoreError(`The story store failed: ${reason}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
