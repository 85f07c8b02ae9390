import { expect } from 'chai';
import { sql } from 'kysely';
import { type Db, openDatabase } from '../../shared/db/index.ts';
import { newId } from '../../shared/ids.ts';
import { openLog } from '../../shared/log.ts';
import { type StoryContent, type StoryStore, StoryStoreError } from '../../shared/stories/index.ts';
import { openPostgresStories } from '../../shared/stories/postgres.ts';
import { testDatabase } from '../tools/database.ts';
import { storyStoreContract } from './story-store.ts';

type Opened = { db: Db; store: StoryStore; end(): Promise<void> };
const opened: Opened[] = [];

async function open(): Promise<Opened> {
  const database = await testDatabase();
  const { db, pool } = openDatabase(database.url, 12, openLog('test', 'silent'));
  let isOver = false;
  const made = {
    db,
    store: openPostgresStories(db),
    async end() {
      if (isOver) return;
      isOver = true;
      await pool.end();
      await database[Symbol.asyncDispose]();
    },
  };
  opened.push(made);
  return made;
}

after(async () => {
  for (const { end } of opened) await end();
});

storyStoreContract('in Postgres', async () => (await open()).store);

describe('the story store in Postgres', () => {
  const content = (expiresAt: Date): StoryContent => ({
    userId: newId('user'),
    storyId: newId('story'),
    mediaType: 'image',
    mediaPath: '/stories/a/full.jpg',
    thumbnailPath: '/stories/a/thumb.jpg',
    durationSeconds: 5,
    createdAt: new Date(),
    expiresAt,
  });

  it('takes rows that have lapsed away as new ones come', async () => {
    const { db, store } = await open();
    const past = content(new Date(Date.now() - 86_400_000));
    await store.put(past);
    await store.addView(past, { viewerId: newId('user'), viewedAt: new Date() });
    await store.put(content(new Date()));
    const { rows } = await sql<{ contents: number; views: number }>`
      SELECT (SELECT count(*) FROM story_contents) AS contents, (SELECT count(*) FROM story_views) AS views`.execute(
      db,
    );
    expect(rows).to.eql([{ contents: 1, views: 0 }]);
  });

  it('says so when Postgres is away', async () => {
    const { store, end } = await open();
    await end();
    const story = content(new Date());
    const attempts = [
      store.check(),
      store.put(story),
      store.get([story]),
      store.addView(story, { viewerId: newId('user'), viewedAt: new Date() }),
      store.seen(story.userId, [story.storyId]),
      store.countViews(story.storyId),
      store.views(story.storyId, undefined, 1),
      store.remove(story),
    ];
    for (const attempt of attempts) {
      expect(await attempt.catch((thrown: unknown) => thrown)).to.be.instanceOf(StoryStoreError);
    }
  });
});
