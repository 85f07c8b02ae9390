/** The ports while data moves: two real adapters each, one read, both written. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { justBefore } from '../../shared/characters.ts';
import { type Db, openDatabase } from '../../shared/db/index.ts';
import { newId } from '../../shared/ids.ts';
import { openBothStores } from '../../shared/images/both.ts';
import { type ObjectStore, ObjectStoreError } from '../../shared/images/index.ts';
import { openObjectStore } from '../../shared/images/open.ts';
import { openLog } from '../../shared/log.ts';
import { openBothIndexes } from '../../shared/search/both.ts';
import { type SearchIndex, SearchIndexError } from '../../shared/search/index.ts';
import { openSearchIndex } from '../../shared/search/open.ts';
import { openBothStories } from '../../shared/stories/both.ts';
import { type StoryContent, type StoryStore, StoryStoreError } from '../../shared/stories/index.ts';
import { openStoryStore } from '../../shared/stories/open.ts';
import { objectStoreContract } from '../contracts/object-store.ts';
import { searchIndexContract } from '../contracts/search-index.ts';
import { storyStoreContract } from '../contracts/story-store.ts';
import { testDatabase } from '../tools/database.ts';

const log = openLog('test', 'silent');
const ends: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const end of ends.reverse()) await end();
});

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'both-sides-test-'));
  ends.push(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** A database of its own, and a way to lose it. */
async function database(): Promise<{ db: Db; lose(): Promise<void> }> {
  const made = await testDatabase();
  const { db, pool } = openDatabase(made.url, 12, log);
  let isLost = false;
  const lose = async () => {
    if (isLost) return;
    isLost = true;
    await pool.end();
    await made[Symbol.asyncDispose]();
  };
  ends.push(lose);
  return { db, lose };
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const storiesOn = (db: Db) => openStoryStore({ CASSANDRA_URL: undefined, STORY_LIFETIME_S: 60 }, db, log);
const searchOn = (db: Db) => openSearchIndex({ ELASTICSEARCH_URL: undefined }, db);

objectStoreContract('on two disks', async () =>
  openBothStores(
    { name: 'one', store: await openObjectStore({ DATA_DIR: await folder() }, log) },
    { name: 'other', store: await openObjectStore({ DATA_DIR: await folder() }, log) },
  ),
);
storyStoreContract('in two databases', async () =>
  openBothStories(
    { name: 'one', store: await storiesOn((await database()).db) },
    { name: 'other', store: await storiesOn((await database()).db) },
  ),
);
searchIndexContract('in two databases', async () => ({
  index: openBothIndexes(
    { name: 'one', index: await searchOn((await database()).db) },
    { name: 'other', index: await searchOn((await database()).db) },
  ),
  async refresh() {},
}));

describe('images while they move', () => {
  let one: ObjectStore;
  let other: ObjectStore;
  let both: ObjectStore;
  let otherFolder: string;
  let file: string;
  before(async () => {
    file = join(await folder(), 'file');
    await writeFile(file, 'new');
  });
  beforeEach(async () => {
    otherFolder = await folder();
    one = await openObjectStore({ DATA_DIR: await folder() }, log);
    other = await openObjectStore({ DATA_DIR: otherFolder }, log);
    both = openBothStores({ name: 'one', store: one }, { name: 'other', store: other });
  });
  const textIn = async (store: ObjectStore, key: string) => {
    const found = await store.get(key);
    return found && (await text(found.stream));
  };

  it('are put and removed on both sides', async () => {
    await both.put('p/1/a.jpg', file, 'image/jpeg');
    await both.put('p/1/b.jpg', file, 'image/jpeg');
    await both.put('p/2/a.jpg', file, 'image/jpeg');
    for (const store of [one, other]) expect(await textIn(store, 'p/1/a.jpg')).to.equal('new');
    await both.remove('p/1/a.jpg');
    await both.removeAll('p/2/');
    for (const store of [one, other]) {
      const left = [];
      for await (const { key } of store.list()) left.push(key);
      expect(left).to.eql(['p/1/b.jpg']);
    }
  });

  it('are read where they are whole', async () => {
    await one.put('p/1/a.jpg', file, 'image/jpeg');
    await other.put('p/2/a.jpg', file, 'image/jpeg');
    expect(await textIn(both, 'p/1/a.jpg')).to.equal('new');
    expect(await both.stat('p/2/a.jpg')).to.equal(undefined);
  });

  it('fail to be written where the other side fails, which is named', async () => {
    await both.check();
    await rm(join(otherFolder, 'images'), { recursive: true });
    await writeFile(join(otherFolder, 'images'), 'no folder');
    for (const work of [both.put('p/1/a.jpg', file, 'image/jpeg'), both.check()]) {
      const error = (await errorOf(work)) as ObjectStoreError;
      expect(error).to.be.instanceOf(ObjectStoreError);
      expect(error.kind).to.equal('unavailable');
    }
    const { message } = (await errorOf(both.check())) as Error;
    expect(message).to.match(/^other: /);
    // What is read goes on.
    expect(await textIn(both, 'p/1/a.jpg')).to.equal('new');
  });
});

describe('stories while they move', () => {
  let one: StoryStore;
  let other: StoryStore;
  let both: StoryStore;
  let otherSide: { db: Db; lose(): Promise<void> };
  beforeEach(async () => {
    otherSide = await database();
    one = await storiesOn((await database()).db);
    other = await storiesOn(otherSide.db);
    both = openBothStories({ name: 'one', store: one }, { name: 'other', store: other });
  });
  const story = (): StoryContent => ({
    userId: newId('user'),
    storyId: newId('story'),
    mediaType: 'image',
    mediaPath: '/stories/a/full.jpg',
    thumbnailPath: '/stories/a/thumb.jpg',
    durationSeconds: 5,
    createdAt: new Date(),
    expiresAt: new Date(Date.now() + 60_000),
  });

  it('are written, viewed and removed on both sides', async () => {
    const [kept, removed] = [story(), story()];
    const [bob, carol] = [newId('user'), newId('user')];
    for (const each of [kept, removed]) {
      await both.put(each);
      for (const viewerId of [bob, carol]) await both.addView(each, { viewerId, viewedAt: new Date() });
    }
    await both.remove(removed);
    await both.removeViewsBy(carol);
    for (const store of [one, other]) {
      expect(await store.get([kept, removed])).to.eql([kept]);
      expect((await store.views(kept.storyId, undefined, 9)).map(({ viewerId }) => viewerId)).to.eql([bob]);
      expect(await store.countViews(removed.storyId)).to.equal(0);
    }
  });

  it('keep the first view of a viewer, also of one that has not been copied yet', async () => {
    const kept = story();
    const [alice, bob] = [newId('user'), newId('user')].sort() as [string, string];
    const first = new Date(Date.now() - 5_000);
    await one.put(kept);
    for (const viewerId of [alice, bob]) await one.addView(kept, { viewerId, viewedAt: first });
    await both.addView(kept, { viewerId: bob, viewedAt: new Date() });
    expect(await other.views(kept.storyId, undefined, 9)).to.eql([{ viewerId: bob, viewedAt: first }]);
  });

  it('fail to be written where the other side fails, which is named', async () => {
    await both.check();
    await otherSide.lose();
    const kept = story();
    expect(await errorOf(both.put(kept))).to.be.instanceOf(StoryStoreError);
    const error = (await errorOf(both.check())) as Error;
    expect(error).to.be.instanceOf(StoryStoreError);
    expect(error.message).to.match(/^other: /);
    expect(await both.get([kept])).to.eql([kept]);
  });
});

describe('search while it moves', () => {
  let one: SearchIndex;
  let other: SearchIndex;
  let both: SearchIndex;
  let otherSide: { db: Db; lose(): Promise<void> };
  beforeEach(async () => {
    otherSide = await database();
    one = await searchOn((await database()).db);
    other = await searchOn(otherSide.db);
    both = openBothIndexes({ name: 'one', index: one }, { name: 'other', index: other });
  });
  const found = async (index: SearchIndex, query: string) =>
    (await index.query({ text: query, types: ['hashtag'], limit: 9 })).hits.map(({ id }) => id);

  it('is written on both sides and asked where it is whole', async () => {
    await both.put({ type: 'hashtag', id: 'sea', popularity: 1 });
    await both.put({ type: 'hashtag', id: 'sun', popularity: 1 });
    await both.remove('hashtag', 'sun');
    await one.put({ type: 'hashtag', id: 'seaside', popularity: 1 });
    expect(await other.ids('hashtag', undefined, 9)).to.eql(['sea']);
    expect(await both.ids('hashtag', undefined, 9)).to.eql(['sea', 'seaside']);
    expect(await found(both, 'sea')).to.eql(['sea', 'seaside']);
    expect(await found(other, 'sea')).to.eql(['sea']);
  });

  it('fails to be written where the other side fails, which is named', async () => {
    await both.check();
    await otherSide.lose();
    expect(await errorOf(both.put({ type: 'hashtag', id: 'sea', popularity: 1 }))).to.be.instanceOf(
      SearchIndexError,
    );
    const error = (await errorOf(both.check())) as Error;
    expect(error).to.be.instanceOf(SearchIndexError);
    expect(error.message).to.match(/^other: /);
    expect(await found(both, 'sea')).to.eql(['sea']);
  });
});

describe('the text just before another one', () => {
  it('is before it, and behind all others that are', () => {
    const order = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
    const [low, high] = [newId('user', 1), newId('user', 2)];
    for (const [before, of] of [
      [low, high],
      ['ab', 'b'],
      ['azzz', 'b'],
      ['straß', 'straße'],
      ['\ud7ff', '\ue000'],
      ['🌊', '🌋'],
    ] as const) {
      expect(order(justBefore(of), of), of).to.equal(-1);
      expect(order(before, justBefore(of)), of).to.equal(-1);
    }
  });
});
