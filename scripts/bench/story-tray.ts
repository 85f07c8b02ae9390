/** How long the content of a tray takes, of somebody who follows 1,000 people with a story each: both story stores. */
import { randomUUID } from 'node:crypto';
import { Client } from 'cassandra-driver';
import { openDatabase } from '../../shared/db/index.ts';
import { newId } from '../../shared/ids.ts';
import { openLog } from '../../shared/log.ts';
import { parseCassandraUrl } from '../../shared/stories/cassandra-url.ts';
import type { StoryContent, StoryStore } from '../../shared/stories/index.ts';
import { openStoryStore } from '../../shared/stories/open.ts';
import { compare, percentile, shownSpread } from './compare.ts';
import type { Figure } from './figure.ts';

const followed = 1_000;
/** Owners with stories whom the viewer does not follow. */
const others = 9_000;
const readsPerRound = 60;
const lifetimeS = 86_400;

/** The story of an owner, as the API writes it. */
function storyOf(userId: string): StoryContent {
  const storyId = newId('story');
  return {
    userId,
    storyId,
    mediaType: 'image',
    mediaPath: `/stories/${storyId}/full.jpg`,
    thumbnailPath: `/stories/${storyId}/thumb.jpg`,
    durationSeconds: 5,
    createdAt: new Date(),
    expiresAt: new Date(Date.now() + lifetimeS * 1_000),
  };
}

/** Writes the stories, a hundred at a time; the viewer has seen every other one of those followed. */
async function fill(store: StoryStore, stories: StoryContent[], viewerId: string): Promise<void> {
  for (let from = 0; from < stories.length; from += 100) {
    await Promise.all(
      stories.slice(from, from + 100).map(async (story, at) => {
        await store.put(story);
        if (from < followed && at % 2 === 0) await store.addView(story, { viewerId, viewedAt: new Date() });
      }),
    );
  }
}

/** Reads the tray one time after another, as GET /v1/stories does. @returns the median, in milliseconds. */
async function trayMs(store: StoryStore, stories: StoryContent[], viewerId: string): Promise<number> {
  const ids = stories.map(({ storyId }) => storyId);
  const times: number[] = [];
  for (let read = 0; read < readsPerRound; read += 1) {
    const startedAt = performance.now();
    const [contents, seen] = await Promise.all([store.get(stories), store.seen(viewerId, ids)]);
    times.push(performance.now() - startedAt);
    if (contents.length !== followed || seen.size !== followed / 2) {
      throw new Error(`a tray of ${contents.length} stories, ${seen.size} of them seen`);
    }
  }
  return percentile(times, 0.5);
}

export const storyTray: Figure = async ({ engines, rounds, note, onStop }) => {
  const server = process.env.TEST_CASSANDRA_URL;
  if (!server) return ['not measured: set TEST_CASSANDRA_URL (npm run engines -- cassandra)'];
  const { config } = await (await engines()).stage('story-tray');
  const log = openLog('bench', 'warn');
  const { db, pool } = openDatabase(config.DATABASE_URL, 10, log);
  const { keyspace: given, contactPoints, datacenter, credentials } = parseCassandraUrl(server);
  const keyspace = `bench_${randomUUID().replaceAll('-', '')}`;
  const settings = { STORY_LIFETIME_S: lifetimeS };
  const postgres = await openStoryStore({ ...settings, CASSANDRA_URL: undefined }, db, log);
  const url = server.replace(`/${given}`, `/${keyspace}`);
  const cassandra = await openStoryStore({ ...settings, CASSANDRA_URL: url }, db, log);
  const end = async () => {
    await cassandra.close();
    const client = new Client({
      contactPoints,
      localDataCenter: datacenter,
      ...(credentials ? { credentials } : {}),
      socketOptions: { readTimeout: 30_000 },
    });
    await client.execute(`DROP KEYSPACE IF EXISTS ${keyspace}`);
    await client.shutdown();
    await pool.end();
  };
  onStop(end);

  const stories = Array.from({ length: followed + others }, () => storyOf(newId('user')));
  const tray = stories.slice(0, followed);
  const viewerId = newId('user');
  note(`${stories.length.toLocaleString('en')} stories are written to both`);
  await fill(cassandra, stories, viewerId);
  await fill(postgres, stories, viewerId);

  note(`${rounds + 1} rounds of ${readsPerRound} trays each way`);
  const rate = (store: StoryStore) => async () => 1_000 / (await trayMs(store, tray, viewerId));
  const result = await compare(rounds, rate(cassandra), rate(postgres));
  await end();
  const p50 = ({ median, least, most }: typeof result.ours) =>
    shownSpread({ median: 1_000 / median, least: 1_000 / most, most: 1_000 / least });
  return [
    `tray of ${followed.toLocaleString('en')} followed owners, p50 of ${readsPerRound} reads one after another`,
    `  Cassandra           ${p50(result.ours)} ms`,
    `  Postgres            ${p50(result.theirs)} ms`,
    `  Postgres/Cassandra  ${shownSpread(result.ratio)}`,
  ];
};
