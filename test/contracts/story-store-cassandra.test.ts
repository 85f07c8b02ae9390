import { expect } from 'chai';
import { pino } from 'pino';
import { type Db, openDatabase } from '../../shared/db/index.ts';
import { newId } from '../../shared/ids.ts';
import { type Log, openLog } from '../../shared/log.ts';
import {
  keptAfterExpiryS,
  type StoryContent,
  type StoryStore,
  StoryStoreError,
} from '../../shared/stories/index.ts';
import { openStoryStore } from '../../shared/stories/open.ts';
import { type TestKeyspace, testKeyspace } from '../tools/cassandra.ts';
import { testDatabase } from '../tools/database.ts';
import { needsEngine } from '../tools/engine-url.ts';
import { type Line, layLine } from '../tools/line.ts';
import { until } from '../tools/world.ts';
import { storyStoreContract } from './story-store.ts';

describe('stories in Cassandra', function () {
  this.timeout(60_000);

  const lifetimeS = 86_400;
  const keptS = lifetimeS + keptAfterExpiryS;
  const silent = openLog('test', 'silent');
  const ends: (() => Promise<unknown>)[] = [];
  let keyspace: TestKeyspace;
  let db: Db;

  const open = (url: string, log: Log = silent) =>
    openStoryStore({ CASSANDRA_URL: url, STORY_LIFETIME_S: lifetimeS }, db, log);
  async function opened(url = keyspace.url, log = silent): Promise<StoryStore> {
    const store = await open(url, log);
    ends.push(() => store.close());
    return store;
  }
  const content = (more: Partial<StoryContent> = {}): StoryContent => ({
    userId: newId('user'),
    storyId: newId('story'),
    mediaType: 'image',
    mediaPath: '/stories/a/full.jpg',
    thumbnailPath: '/stories/a/thumb.jpg',
    durationSeconds: 5,
    createdAt: new Date(),
    expiresAt: new Date(Date.now() + lifetimeS * 1_000),
    ...more,
  });
  const view = () => ({ viewerId: newId('user'), viewedAt: new Date() });

  before(async function () {
    needsEngine(this, 'TEST_CASSANDRA_URL');
    const database = await testDatabase();
    const opening = openDatabase(database.url, 12, silent);
    db = opening.db;
    keyspace = await testKeyspace();
    ends.push(
      () => database[Symbol.asyncDispose](),
      () => opening.pool.end(),
      () => keyspace[Symbol.asyncDispose](),
    );
  });

  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  storyStoreContract('in Cassandra', () => open(keyspace.url));

  describe('the rows', () => {
    let store: StoryStore;
    before(async () => {
      store = await opened();
    });

    const contentTtl = async ({ userId, storyId }: StoryContent) => {
      const [row] = await keyspace.run(
        `SELECT TTL(media_url) AS ttl FROM ${keyspace.keyspace}.stories WHERE user_id = ? AND story_id = ?`,
        [userId, storyId],
      );
      return row?.ttl;
    };

    it('live for the rest of the story and six hours', async () => {
      const [whole, half] = [content(), content({ expiresAt: new Date(Date.now() + 1_000_000) })];
      for (const story of [whole, half]) {
        await store.put(story);
        await store.addView(story, view());
      }
      expect(await contentTtl(whole)).to.be.within(keptS - 10, keptS + 1);
      expect(await contentTtl(half)).to.be.within(keptAfterExpiryS + 990, keptAfterExpiryS + 1_001);
      const [row] = await keyspace.run(
        `SELECT TTL(viewed_at) AS ttl FROM ${keyspace.keyspace}.story_views WHERE story_id = ?`,
        [half.storyId],
      );
      expect(row?.ttl).to.be.within(keptAfterExpiryS + 990, keptAfterExpiryS + 1_001);
    });

    it('end when they would have, however often they are written', async () => {
      const story = content({ expiresAt: new Date(Date.now() + 60_000) });
      await store.put(story);
      const first = await contentTtl(story);
      // A row begins with the whole second it is written in.
      await until('seconds have passed', async () => (await contentTtl(story)) === (first as number) - 2);
      await store.put({ ...story, durationSeconds: 9 });
      expect(await contentTtl(story)).to.be.below(first as number);
    });

    it('are replaced by nothing if what comes has lapsed', async () => {
      const story = content();
      await store.put(story);
      await store.put({ ...story, expiresAt: new Date(0) });
      expect(await store.get([story])).to.eql([]);
    });

    it('lie in tables made for rows that go by themselves', async () => {
      const rows = await keyspace.run(
        `SELECT table_name, default_time_to_live, gc_grace_seconds, compaction
         FROM system_schema.tables WHERE keyspace_name = ?`,
        [keyspace.keyspace],
      );
      expect(rows.map((row) => row.table_name)).to.eql(['stories', 'story_views', 'story_views_by_viewer']);
      for (const row of rows) {
        expect(row).to.include({ default_time_to_live: keptS, gc_grace_seconds: keptS });
        expect(row.compaction).to.include({
          class: 'org.apache.cassandra.db.compaction.TimeWindowCompactionStrategy',
          compaction_window_unit: 'HOURS',
          compaction_window_size: '1',
        });
      }
      const [{ replication } = {}] = await keyspace.run(
        'SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = ?',
        [keyspace.keyspace],
      );
      expect(replication).to.include({ class: 'org.apache.cassandra.locator.NetworkTopologyStrategy' });
    });

    it('of a view that was noted by half are completed when the view comes again', async () => {
      const [story, one] = [content(), view()];
      await keyspace.run(
        `INSERT INTO ${keyspace.keyspace}.story_views_by_viewer (viewer_id, story_id) VALUES (?, ?)`,
        [one.viewerId, story.storyId],
      );
      await store.addView(story, one);
      expect(await store.views(story.storyId, undefined, 5)).to.eql([one]);
    });
  });

  describe('in numbers', () => {
    let store: StoryStore;
    before(async () => {
      store = await opened();
    });

    it('the stories of 1,000 owners come in one call, and what was seen of them', async () => {
      const stories = Array.from({ length: 1_000 }, () => content());
      await Promise.all(stories.map((story) => store.put(story)));
      expect(await store.get(stories)).to.have.deep.members(stories);
      const bob = view();
      const half = stories.slice(0, 500);
      await Promise.all(half.map((story) => store.addView(story, bob)));
      const ids = stories.map(({ storyId }) => storyId);
      expect(await store.seen(bob.viewerId, ids)).to.eql(new Set(ids.slice(0, 500)));
      await store.removeViewsBy(bob.viewerId);
      expect(await store.seen(bob.viewerId, ids)).to.eql(new Set());
      expect(await store.countViews(ids[0] as string)).to.equal(0);
    });

    it('more stories of one owner than a read names', async () => {
      const alice = newId('user');
      const stories = Array.from({ length: 250 }, () => content({ userId: alice }));
      await Promise.all(stories.map((story) => store.put(story)));
      expect(await store.get(stories)).to.have.deep.members(stories);
    });

    it('more reads at once than a connection takes wait for their turn', async () => {
      const story = content();
      await store.put(story);
      const asked = Array.from({ length: 60 }, () => ({ userId: newId('user'), storyId: newId('story') }));
      const trays = Array.from({ length: 120 }, () => store.get([...asked, story]));
      expect(await Promise.all(trays)).to.eql(trays.map(() => [story]));
    });

    it('more views than a page holds are all counted', async () => {
      const story = content();
      for (let round = 0; round < 6; round += 1) {
        await Promise.all(Array.from({ length: 1_000 }, () => store.addView(story, view())));
      }
      expect(await store.countViews(story.storyId)).to.equal(6_000);
      expect(await store.views(story.storyId, undefined, 5_500)).to.have.length(5_500);
    });
  });

  describe('the keyspace', () => {
    it('is made once, however many open it at once', async () => {
      await using empty = await testKeyspace();
      const stores = await Promise.all(Array.from({ length: 6 }, () => open(empty.url)));
      const story = content();
      await stores[0]?.put(story);
      for (const store of stores) expect(await store.get([story])).to.eql([story]);
      await Promise.all(stores.map((store) => store.close()));
    });

    it('is completed if whoever made it was interrupted', async () => {
      await using empty = await testKeyspace();
      await (await open(empty.url)).close();
      await empty.run(`DROP TABLE ${empty.keyspace}.story_views_by_viewer`);
      const store = await open(empty.url);
      expect(await store.seen(newId('user'), [newId('story')])).to.eql(new Set());
      await store.close();
    });
  });

  describe('an outage', () => {
    let line: Line;
    let store: StoryStore;
    const lines: { level: string; msg: string }[] = [];
    const log: Log = pino(
      { level: 'info', formatters: { level: (level) => ({ level }) } },
      { write: (text) => void lines.push(JSON.parse(text)) },
    );
    const said = () => lines.map(({ level, msg }) => `${level}: ${msg}`);
    const works = (tried: StoryStore) => () =>
      tried.check().then(
        () => true,
        () => false,
      );

    beforeEach(async () => {
      line = await layLine(keyspace.url);
      lines.length = 0;
    });
    afterEach(async () => {
      await store.close();
      await line[Symbol.asyncDispose]();
    });

    async function expectRefusals(withinMs: number): Promise<void> {
      const story = content();
      const attempts: (() => Promise<unknown>)[] = [
        () => store.check(),
        () => store.put(story),
        () => store.get(Array.from({ length: 1_000 }, () => content())),
        () => store.addView(story, view()),
        () => store.seen(story.userId, [story.storyId]),
        () => store.countViews(story.storyId),
        () => store.views(story.storyId, undefined, 1),
        () => store.remove(story),
        () => store.removeViewsBy(story.userId),
      ];
      await Promise.all(
        attempts.map(async (attempt) => {
          const startedAt = performance.now();
          const error = await attempt().catch((thrown: unknown) => thrown);
          expect(error).to.be.instanceOf(StoryStoreError);
          expect(performance.now() - startedAt).to.be.below(withinMs);
        }),
      );
    }

    it('fails what is asked at once, is logged once, and ends by itself', async () => {
      store = await open(line.url, log);
      const story = content();
      await store.put(story);
      const perNode = 2;
      await until('all connections are there', () => line.connections() === perNode);
      for (let outage = 0; outage < 3; outage += 1) {
        lines.length = 0;
        line.cut();
        await expectRefusals(3_000);
        await until('it is told', () => lines.length > 0);
        await expectRefusals(500);
        line.mend();
        await until('the store works again', works(store));
        expect(await store.get([story])).to.eql([story]);
        expect(said()).to.eql(['warn: Cassandra is away', 'info: Cassandra is back']);
      }
      await until('there are as many connections as before', () => line.connections() === perNode);
      await store.close();
      await until('there is none', () => line.connections() === 0);
    });

    it('by a node that is silent costs seconds, and ends by itself', async () => {
      store = await open(line.url, log);
      line.hush();
      await expectRefusals(6_000);
      line.mend();
      await until('the store works again', works(store));
    });

    it('at start lets the store open, and ends by itself', async () => {
      line.cut();
      store = await open(line.url, log);
      await expectRefusals(500);
      line.mend();
      await until('the store works', works(store));
      expect(said()).to.eql(['warn: Cassandra is away', 'info: Cassandra is back']);
    });

    it('is not what an address is that can never work, which leaves no connection', async () => {
      store = await open(line.url);
      await store.close();
      await until('all are closed', () => line.connections() === 0);
      const refused = await open(line.url.replace('datacenter1', 'atlantis')).catch(
        (error: Error) => error.message,
      );
      expect(refused).to.match(/^CASSANDRA_URL cannot be used: .*atlantis/);
      await until('all are closed again', () => line.connections() === 0);
    });

    it('that never ends keeps nobody from closing', async () => {
      line.cut();
      store = await open(line.url, log);
      await store.close();
    });
  });
});
