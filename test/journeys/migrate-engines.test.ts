/** A system moves to the engines and back while people use it, and a kill does not stop it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type RunningApi, startServer } from '../../api/server.ts';
import { openApiTools } from '../../api/tools.ts';
import { type Config, loadConfig } from '../../shared/config.ts';
import type { EngineMigration } from '../../shared/environment.ts';
import { keyOf } from '../../shared/ids.ts';
import { queueNames } from '../../shared/jobs.ts';
import { searchTypes } from '../../shared/search/index.ts';
import type { Tools } from '../../shared/tools.ts';
import { startWorker } from '../../workers/worker.ts';
import { testBucket } from '../tools/bucket.ts';
import { testKeyspace } from '../tools/cassandra.ts';
import { type Client, clientOf } from '../tools/client.ts';
import { needsEngine } from '../tools/engine-url.ts';
import { photo } from '../tools/photos.ts';
import { environmentOf } from '../tools/processes.ts';
import { storyOf } from '../tools/stories.ts';
import { settle, until, type World, world } from '../tools/world.ts';

const script = fileURLToPath(new URL('../../scripts/migrate-engines.ts', import.meta.url));

type Ended = { code: number | null; output: string };

describe('moving to the engines and back', function () {
  this.timeout(240_000);
  const ends: (() => Promise<unknown>)[] = [];
  let urls: Record<string, string>;
  let w: World;
  let image: Buffer;

  before(async function () {
    for (const name of ['TEST_S3_URL', 'TEST_CASSANDRA_URL', 'TEST_ELASTICSEARCH_URL'])
      needsEngine(this, name);
    const bucket = testBucket(process.env.TEST_S3_URL as string);
    ends.push(() => bucket[Symbol.asyncDispose]());
    const keyspace = await testKeyspace();
    ends.push(() => keyspace[Symbol.asyncDispose]());
    const elasticsearch = new URL(process.env.TEST_ELASTICSEARCH_URL as string);
    elasticsearch.searchParams.set('prefix', `move-${randomUUID()}`);
    urls = { S3_URL: bucket.url, CASSANDRA_URL: keyspace.url, ELASTICSEARCH_URL: elasticsearch.href };
    // Until it moves, it knows of no engine.
    w = await world({ serves: [], env: { S3_URL: '', CASSANDRA_URL: '', ELASTICSEARCH_URL: '' } });
    ends.push(() => w[Symbol.asyncDispose]());
    image = await photo({ width: 300, height: 200 });
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  type Running = {
    config: Config;
    tools: Tools;
    base: string;
    settle(): Promise<void>;
    stop(): Promise<void>;
  };

  /** All processes, restarted on the same data with these settings. */
  async function restart(direction: EngineMigration, withEngines: boolean): Promise<Running> {
    const { RATE_LIMITS: _, ...env } = environmentOf(w.config);
    const config = loadConfig({
      ...env,
      PORT: '0',
      RATE_LIMITS: 'off',
      ...(withEngines ? urls : { S3_URL: '', CASSANDRA_URL: '', ELASTICSEARCH_URL: '' }),
      ENGINE_MIGRATION: direction ?? '',
    });
    const tools = await openApiTools(config);
    const api: RunningApi = await startServer(tools);
    const worker = await startWorker(config, ['relay', ...queueNames]);
    const base = `http://127.0.0.1:${api.port}`;
    return {
      config,
      tools,
      base,
      async settle() {
        await settle(tools, worker);
        await tools.search.refresh();
      },
      async stop() {
        await worker.stop();
        await api.stop();
        await tools.stop();
      },
    };
  }
  const at = (base: string, { userId, username, accessToken, refreshToken }: Client) =>
    clientOf(base, { userId, username, accessToken, refreshToken });

  function begin(config: Config): { child: ChildProcess; ended: Promise<Ended> } {
    const child = spawn(process.execPath, [script], {
      env: environmentOf(config),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (output += text));
    return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, output })) };
  }

  it('loses nothing and brings nothing back', async () => {
    let now = await restart(undefined, false);
    const names = ['alice', 'bob', 'carol'];
    const joined = await Promise.all(names.map((name) => w.join(name)));
    let [alice, bob, carol] = joined.map((client) => at(now.base, client)) as [Client, Client, Client];
    const rebase = () => {
      [alice, bob, carol] = joined.map((client) => at(now.base, client)) as [Client, Client, Client];
    };
    await bob.post(`/v1/users/${alice.userId}/follow`);

    const posts: string[] = [];
    const gone: string[] = [];
    const stories: string[] = [];
    const goneStories: string[] = [];
    /** Deleted while the embedded side was not written, where their contents are nobody's until they lapse. */
    const lapsing: string[] = [];
    const post = async () => {
      const { body, status, text } = await alice.upload(image, {
        caption: `lighthouse ${posts.length} #sea`,
      });
      expect(status, text).to.equal(201);
      posts.push(body.post_id);
    };
    const story = async () => {
      const id = await storyOf(alice);
      stories.push(id);
      for (const viewer of [bob, carol]) await viewer.post(`/v1/stories/${id}/view`);
    };
    const drop = async () => {
      const [postId, storyId] = [posts.shift() as string, stories.splice(1, 1)[0] as string];
      expect((await alice.delete(`/v1/posts/${postId}`)).status).to.equal(204);
      expect((await alice.delete(`/v1/stories/${storyId}`)).status).to.equal(204);
      gone.push(postId);
      goneStories.push(storyId);
    };
    for (let count = 0; count < 12; count += 1) await post();
    for (let count = 0; count < 6; count += 1) await story();
    // The first one stays: it is in a highlight.
    const highlighted = stories[0] as string;
    await alice.post('/v1/users/me/highlights', { title: 'Coast', story_ids: [highlighted] });
    await now.settle();

    /** Everything there should be is served, nothing else is. */
    async function expectWhole(): Promise<void> {
      await now.settle();
      const prefix = now.config.CDN_BASE_URL;
      for (const postId of posts) {
        const { body, status } = await bob.get(`/v1/posts/${postId}`);
        expect(status, postId).to.equal(200);
        for (const url of Object.values(body.images as Record<string, string>)) {
          const shown = await fetch(url.replace(prefix, now.base));
          expect(shown.status, url).to.equal(200);
          await shown.arrayBuffer();
        }
      }
      const { body } = await bob.get(`/v1/users/${alice.userId}/stories`);
      const tray = body.stories as { story_id: string; media_url: string; is_seen: boolean }[];
      expect(tray.map(({ story_id }) => story_id).sort()).to.eql([...stories].sort());
      for (const { story_id, is_seen, media_url } of tray) {
        expect(is_seen, story_id).to.equal(true);
        const shown = await fetch(media_url.replace(prefix, now.base));
        expect(shown.status, media_url).to.equal(200);
        await shown.arrayBuffer();
        expect(await now.tools.stories.countViews(story_id), story_id).to.equal(2);
      }
      const lit = await bob.get(`/v1/users/${alice.userId}/highlights`);
      expect(lit.body.highlights[0].stories).to.have.length(1);
      const { hits } = await now.tools.search.query({ text: 'lighthouse', types: searchTypes, limit: 100 });
      expect(hits.map(({ id }) => id).sort()).to.eql([...posts].sort());
      const keys: string[] = [];
      for await (const { key } of now.tools.images.list()) keys.push(key);
      for (const id of [...gone, ...goneStories]) {
        expect(keys.filter((key) => key.includes(keyOf(id)))).to.eql([]);
      }
      for (const id of posts) expect(keys.filter((key) => key.includes(keyOf(id)))).to.have.length(4);
      for (const id of goneStories) expect((await bob.post(`/v1/stories/${id}/view`)).status).to.equal(404);
      const removed = goneStories.filter((storyId) => !lapsing.includes(storyId));
      const contents = await now.tools.stories.get(
        removed.map((storyId) => ({ userId: alice.userId, storyId })),
      );
      expect(contents).to.eql([]);
    }

    /** Moves while things are made and deleted, with a kill on the way. */
    async function moveInTraffic(): Promise<void> {
      let isMoving = true;
      const traffic = (async () => {
        while (isMoving) {
          await post();
          await story();
          await drop();
        }
      })();
      const killed = begin(now.config);
      const position = join(now.config.DATA_DIR, 'engine-migration.json');
      await until('some is copied', () => existsSync(position));
      killed.child.kill('SIGKILL');
      await killed.ended;
      const { code, output } = await begin(now.config).ended;
      isMoving = false;
      await traffic;
      expect(code, output).to.equal(0);
      expect(output).to.contain('Both sides agree');
      await now.settle();
      const quiet = await begin(now.config).ended;
      expect(quiet.code, quiet.output).to.equal(0);
      const checksums = [...quiet.output.matchAll(/sha256 (\w{64})/g)].map(([, checksum]) => checksum);
      expect(checksums).to.have.length(6);
      for (const at of [0, 2, 4]) expect(checksums[at]).to.equal(checksums[at + 1]);
    }

    async function restartWith(direction: EngineMigration, withEngines: boolean): Promise<void> {
      await now.settle();
      await now.stop();
      now = await restart(direction, withEngines);
      rebase();
    }

    try {
      await restartWith('to-engines', true);
      await moveInTraffic();
      await expectWhole();
      await restartWith(undefined, true);
      await expectWhole();

      // What happens now is known to the engines alone.
      await post();
      await story();
      await drop();
      await expectWhole();
      lapsing.push(goneStories.at(-1) as string);

      await restartWith('to-embedded', true);
      await moveInTraffic();
      await restartWith(undefined, false);
      await expectWhole();
    } finally {
      await now.stop();
    }
  });
});
