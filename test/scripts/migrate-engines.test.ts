/** Moving, between two real adapters of the embedded kind; test/journeys/migrate-engines.test.ts moves to real engines. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { alignStory } from '../../scripts/migrate-engines/align-story.ts';
import { moveImages } from '../../scripts/migrate-engines/images.ts';
import { openPosition, type Position } from '../../scripts/migrate-engines/position.ts';
import type { Run } from '../../scripts/migrate-engines/run.ts';
import { moveSearch } from '../../scripts/migrate-engines/search.ts';
import { moveStories } from '../../scripts/migrate-engines/stories.ts';
import { type Db, openDatabase } from '../../shared/db/index.ts';
import { newId } from '../../shared/ids.ts';
import { openBothStores } from '../../shared/images/both.ts';
import type { ObjectStore } from '../../shared/images/index.ts';
import { openObjectStore } from '../../shared/images/open.ts';
import { openLog } from '../../shared/log.ts';
import { openSearchIndex } from '../../shared/search/open.ts';
import { openBothStories } from '../../shared/stories/both.ts';
import type { StoryContent, StoryStore } from '../../shared/stories/index.ts';
import { openStoryStore } from '../../shared/stories/open.ts';
import { testDatabase } from '../tools/database.ts';
import { photo } from '../tools/photos.ts';
import { environmentOf } from '../tools/processes.ts';
import { storyOf } from '../tools/stories.ts';
import { type World, world } from '../tools/world.ts';

const script = fileURLToPath(new URL('../../scripts/migrate-engines.ts', import.meta.url));
const log = openLog('test', 'silent');

describe('moving between two stores of a kind', function () {
  this.timeout(60_000);
  const ends: (() => Promise<unknown>)[] = [];
  let w: World;
  let position: Position;
  let run: Run;
  const shown: { name: string; total: number; done: number }[] = [];

  before(async () => {
    w = await world({ serves: [], env: { S3_URL: '', CASSANDRA_URL: '', ELASTICSEARCH_URL: '' } });
    ends.push(() => w[Symbol.asyncDispose]());
  });
  beforeEach(() => {
    shown.length = 0;
    position = openPosition({ ...w.config, ENGINE_MIGRATION: 'to-engines' });
    run = runWith(position, new AbortController().signal);
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  function runWith(at: Position, signal: AbortSignal, onStep = () => {}): Run {
    return {
      names: { from: 'one', to: 'other' },
      signal,
      position: at,
      show(name, total) {
        const bar = { name, total, done: 0 };
        shown.push(bar);
        const step = (done: number) => {
          bar.done = done;
          onStep();
        };
        return { set: step, add: () => step(bar.done + 1), end() {} };
      },
    };
  }
  async function folder(): Promise<string> {
    const made = await mkdtemp(join(tmpdir(), 'migrate-test-'));
    ends.push(() => rm(made, { recursive: true, force: true }));
    return made;
  }
  async function otherDatabase(): Promise<Db> {
    const made = await testDatabase();
    const { db, pool } = openDatabase(made.url, 8, log);
    ends.push(async () => {
      await pool.end();
      await made[Symbol.asyncDispose]();
    });
    return db;
  }

  describe('images', () => {
    let from: ObjectStore;
    let to: ObjectStore;
    let scratch: string;
    let files = 0;

    beforeEach(async () => {
      scratch = await folder();
      from = await openObjectStore({ DATA_DIR: await folder() }, log);
      to = await openObjectStore({ DATA_DIR: await folder() }, log);
    });
    async function put(store: ObjectStore, key: string, content: string): Promise<void> {
      const path = join(scratch, `file-${files++}`);
      await writeFile(path, content);
      await store.put(key, path, 'image/jpeg');
    }
    async function contents(store: ObjectStore): Promise<Record<string, string>> {
      const found: Record<string, string> = {};
      for await (const { key } of store.list()) {
        const object = await store.get(key);
        if (object) found[key] = await text(object.stream);
      }
      return found;
    }

    it('copies what is missing or different, removes what is gone, and says that both are the same', async () => {
      for (let at = 0; at < 150; at += 1) await put(from, `p/${at}/large.jpg`, `photo ${at}`);
      await put(to, 'p/3/large.jpg', 'photo 3');
      await put(to, 'p/4/large.jpg', 'photo X');
      await put(to, 'p/5/large.jpg', 'of another length');
      await put(to, 'p/gone/large.jpg', 'gone');
      const { from: one, to: other, different, mended } = await moveImages(from, to, run);
      expect(await contents(to)).to.eql(await contents(from));
      expect(one).to.eql(other);
      expect(one.counts).to.equal('150 objects, 0.0 MB');
      expect({ different, mended }).to.eql({ different: [], mended: 0 });
      expect(shown).to.eql([
        { name: 'copy', total: 150, done: 150 },
        { name: 'verify', total: 150, done: 150 },
      ]);
    });

    it('goes on where it was broken off', async () => {
      for (let at = 0; at < 300; at += 1) await put(from, `p/${at}/large.jpg`, `photo ${at}`);
      const abort = new AbortController();
      let steps = 0;
      const stopping = runWith(position, abort.signal, () => {
        steps += 1;
        if (steps === 200) abort.abort();
      });
      const error = await moveImages(from, to, stopping).catch((thrown: unknown) => thrown);
      expect((error as Error).name).to.equal('AbortError');
      shown.length = 0;
      const again = openPosition({ ...w.config, ENGINE_MIGRATION: 'to-engines' });
      const place = again.get('images')?.afterKey ?? '';
      expect(place).to.match(/^p\//);
      // Of another move the position says nothing.
      expect(openPosition({ ...w.config, ENGINE_MIGRATION: 'to-embedded' }).get('images')).to.equal(
        undefined,
      );
      let first: number | undefined;
      const goingOn = runWith(again, new AbortController().signal, () => {
        first ??= shown[0]?.done;
      });
      const { from: one, to: other } = await moveImages(from, to, goingOn);
      expect(first).to.be.within(64, 299);
      expect(one).to.eql(other);
      expect(await contents(to)).to.eql(await contents(from));
      expect(openPosition({ ...w.config, ENGINE_MIGRATION: 'to-engines' }).get('images')).to.equal(undefined);
    });

    it('leaves both sides the same however much is put and removed meanwhile', async () => {
      const both = openBothStores({ name: 'from', store: from }, { name: 'to', store: to });
      for (let at = 0; at < 60; at += 1) await put(from, `p/${at}/large.jpg`, `photo ${at}`);
      let isMoving = true;
      const traffic = [0, 1, 2].map(async (lane) => {
        for (let round = 0; isMoving; round += 1) {
          // Each lane has keys of its own, as no two writers have one key at a time.
          const at = ((round * 7) % 20) * 3 + lane;
          if (round % 3 === 0) await both.removeAll(`p/${at}/`);
          else await put(both, `p/${at}/large.jpg`, `photo ${at} of round ${round}`);
        }
      });
      for (let times = 0; times < 3; times += 1) await moveImages(from, to, run);
      isMoving = false;
      await Promise.all(traffic);
      expect(await contents(to)).to.eql(await contents(from));
      const { from: one, to: other, mended } = await moveImages(from, to, run);
      expect(one).to.eql(other);
      expect(mended).to.equal(0);
    });
  });

  describe('stories', () => {
    let from: StoryStore;
    let to: StoryStore;
    before(async () => {
      from = w.tools.stories;
      to = await openStoryStore(
        { CASSANDRA_URL: undefined, STORY_LIFETIME_S: 60 },
        await otherDatabase(),
        log,
      );
    });
    const content = (): StoryContent => ({
      userId: newId('user'),
      storyId: newId('story'),
      mediaType: 'image',
      mediaPath: '/stories/a/full.jpg',
      thumbnailPath: '/stories/a/thumb.jpg',
      durationSeconds: 5,
      createdAt: new Date(),
      expiresAt: new Date(Date.now() + 60_000),
    });
    const viewsIn = (store: StoryStore, { storyId }: StoryContent) => store.views(storyId, undefined, 10_000);

    it('copies what Postgres knows of, with the times of first views', async () => {
      const [alice, bob, carol] = [await w.join('alice'), await w.join('bob'), await w.join('carol')];
      for (const viewer of [bob, carol]) await viewer.post(`/v1/users/${alice.userId}/follow`);
      const ids = [await storyOf(alice), await storyOf(alice), await storyOf(bob)];
      for (const id of ids) await carol.post(`/v1/stories/${id}/view`);
      const outcome = await moveStories(w.tools.db, from, to, run);
      expect(outcome.from).to.eql(outcome.to);
      expect(outcome.from.counts).to.equal('3 stories, 3 views');
      for (const storyId of ids) {
        const views = await from.views(storyId, undefined, 9);
        expect(views).to.have.length(1);
        expect(await to.views(storyId, undefined, 9)).to.eql(views);
      }
      const asked = ids.slice(0, 2).map((storyId) => ({ userId: alice.userId, storyId }));
      expect(await to.get(asked)).to.have.deep.members(await from.get(asked));
    });

    it('mends what differs: a content, a view too many, a wrong time, many pages of views', async () => {
      const story = content();
      await from.put(story);
      await to.put({ ...story, durationSeconds: 9 });
      const viewers = Array.from({ length: 1_250 }, () => newId('user'));
      const first = new Date(Date.now() - 9_000);
      for (const viewerId of viewers) await from.addView(story, { viewerId, viewedAt: first });
      await to.addView(story, { viewerId: viewers[7] as string, viewedAt: new Date() });
      await to.addView(story, { viewerId: newId('user'), viewedAt: first });
      const { from: one, to: other } = await alignStory(from, to, story);
      expect(one).to.eql(other);
      expect(one.views).to.equal(1_250);
      expect(await viewsIn(to, story)).to.eql(await viewsIn(from, story));
      expect(await to.get([story])).to.eql([story]);
      expect((await alignStory(from, to, story)).isMended).to.equal(false);
    });

    it('leaves both sides the same while people view and leave, and removes what was removed', async () => {
      const both = openBothStories({ name: 'from', store: from }, { name: 'to', store: to });
      const [kept, removed] = [content(), content()];
      const leaving = Array.from({ length: 30 }, () => newId('user'));
      for (const story of [kept, removed]) {
        await from.put(story);
        for (const viewerId of leaving) await from.addView(story, { viewerId, viewedAt: new Date() });
      }
      let isMoving = true;
      const traffic = (async () => {
        for (const viewerId of leaving) {
          await both.addView(kept, { viewerId: newId('user'), viewedAt: new Date() });
          await both.removeViewsBy(viewerId);
        }
        await both.remove(removed);
        isMoving = false;
      })();
      while (isMoving) for (const story of [kept, removed]) await alignStory(from, to, story);
      await traffic;
      expect(await viewsIn(from, kept)).to.have.length(30);
      expect(await viewsIn(to, kept)).to.eql(await viewsIn(from, kept));
      for (const store of [from, to]) expect(await store.get([removed])).to.eql([]);
      expect(await viewsIn(to, removed)).to.eql([]);
    });
  });

  it('search is rebuilt from the rows, and what only one side has is brought in line', async () => {
    const from = await openSearchIndex({ ELASTICSEARCH_URL: undefined }, await otherDatabase());
    const to = w.tools.search;
    const dave = await w.join('dave');
    const { body } = await dave.upload(await photo({ width: 40, height: 40 }), { caption: 'a lighthouse' });
    await from.put({ type: 'user', id: dave.userId, username: 'dave', fullName: null, popularity: 0 });
    for (const index of [from, to]) {
      // Deleted long ago, when nobody told the index.
      await index.put({ type: 'post', id: newId('post'), text: 'lighthouse', popularity: 0 });
    }
    await to.put({ type: 'hashtag', id: 'ghost', popularity: 3 });
    const outcome = await moveSearch({ ELASTICSEARCH_URL: undefined }, w.tools.db, from, to, run);
    expect(outcome.from).to.eql(outcome.to);
    expect(outcome.different).to.eql([]);
    const ids = async (type: 'post' | 'hashtag') => [
      await from.ids(type, undefined, 9),
      await to.ids(type, undefined, 9),
    ];
    expect(await ids('post')).to.eql([[body.post_id], [body.post_id]]);
    expect(await ids('hashtag')).to.eql([[], []]);
  });

  describe('the command', () => {
    async function type(env: Record<string, string>, ...words: string[]): Promise<string> {
      const ended = await promisify(execFile)(process.execPath, [script, ...words], {
        env: { ...environmentOf(w.config), ...env },
      }).catch((error: { code: number; stdout: string; stderr: string }) => error);
      expect('code' in ended ? ended.code : 0).to.equal(1);
      return ended.stdout + ended.stderr;
    }

    it('says what to set', async () => {
      expect(await type({})).to.contain('ENGINE_MIGRATION is not set');
      const alone = await type({ ENGINE_MIGRATION: 'to-engines' });
      for (const name of ['S3_URL', 'CASSANDRA_URL', 'ELASTICSEARCH_URL']) expect(alone).to.contain(name);
      expect(await type({ ENGINE_MIGRATION: 'to-embedded' }, 'stories')).to.match(/CASSANDRA_URL/);
      expect(await type({ ENGINE_MIGRATION: 'away' })).to.contain('type to-engines or to-embedded');
      expect(await type({}, 'people')).to.contain('Type: npm run migrate:engines');
    });

    it('refuses to run beside processes that write to one side only', async () => {
      await writeFile(
        join(w.config.DATA_DIR, 'engines.json'),
        JSON.stringify({ PUBLIC_URL: w.config.PUBLIC_URL }),
      );
      const settings = { ENGINE_MIGRATION: 'to-engines', S3_URL: 'http://key:secret@127.0.0.1:9/bucket' };
      expect(await type(settings)).to.match(/"npm start" runs .* with another ENGINE_MIGRATION and S3_URL/);
    });
  });
});
