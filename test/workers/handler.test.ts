/** What every job gets: parsing, time limits, retries, and a record of how it ended. */
import { once } from 'node:events';
import type { Job } from 'bullmq';
import { expect } from 'chai';
import { sql } from 'kysely';
import { effectJobId } from '../../shared/queue.ts';
import { SearchIndexError } from '../../shared/search/index.ts';
import { openTools, type Tools } from '../../shared/tools.ts';
import { type Consumer, consume } from '../../workers/consume.ts';
import { GiveUp, type Handlers, runJob } from '../../workers/handler.ts';
import { handlers } from '../../workers/handlers/index.ts';
import { startRelay } from '../../workers/relay.ts';
import type { Client } from '../tools/client.ts';
import { photo } from '../tools/photos.ts';
import { spawnWorker } from '../tools/processes.ts';
import { until, type World, world } from '../tools/world.ts';

describe('a job', () => {
  let w: World;
  let tools: Tools;
  let alice: Client;
  let image: Uint8Array;
  let consumer: Consumer | undefined;
  before(async () => {
    w = await world({ serves: [] });
    tools = await openTools(w.config, 'test', { maintainOutbox: true });
    alice = await w.join('alice');
    image = await photo({ width: 100, height: 100 });
  });
  after(async () => {
    await tools.stop();
    await w[Symbol.asyncDispose]();
  });
  afterEach(async () => {
    await consumer?.stop();
    consumer = undefined;
  });

  /** Uploads a photo, relays its events, and serves `index-post` with this handler. */
  async function serveIndexPost(handler: Handlers['index-post']): Promise<string> {
    const relay = startRelay(tools);
    const postId = (await alice.upload(image)).body.post_id as string;
    await relay.drain();
    await relay.stop();
    consumer = consume(tools, { ...handlers, 'index-post': handler }, ['search']);
    return postId;
  }
  async function effect(postId: string) {
    const { effects } = (await alice.get(`/v1/posts/${postId}/status`)).body;
    return effects.find((each: { name: string }) => each.name === 'index-post');
  }

  it('that fails is tried again, and its receipt says how often', async () => {
    let attempts = 0;
    const postId = await serveIndexPost(async () => {
      attempts += 1;
      if (attempts < 2) throw new Error('the index is away');
    });
    await until('the effect is done', async () => (await effect(postId)).state === 'done');
    expect(await effect(postId)).to.deep.include({ attempts: 2, last_error: null });
  });

  it('stays owed when an engine is away for longer than all its attempts', async () => {
    const relay = startRelay(tools);
    const postId = (await alice.upload(image)).body.post_id as string;
    await relay.drain();
    await relay.stop();
    const queue = tools.queues.all.find(({ name }) => name === 'search');
    const job = (await queue?.getWaiting())?.find((each) => each.data.postId === postId) as Job;
    const outcomeOf = async (error: Error) => {
      const fails: Handlers['index-post'] = async () => {
        throw error;
      };
      // Its last attempt, without the minutes that lie before it.
      job.opts.attempts = 1;
      await runJob(tools, { ...handlers, 'index-post': fails }, job).catch(() => {});
      return (await effect(postId)).state;
    };
    expect(await outcomeOf(new SearchIndexError('the index is away'))).to.equal('pending');
    expect(await outcomeOf(new Error('a mistake of ours'))).to.equal('failed');
  });

  it('that cannot succeed is given up, visible as failed, and can be repeated', async () => {
    let broken = true;
    const postId = await serveIndexPost(async () => {
      if (broken) throw new GiveUp('this will never do');
    });
    await until('the effect is failed', async () => (await effect(postId)).state === 'failed');
    expect(await effect(postId)).to.deep.include({ attempts: 1, last_error: 'this will never do' });
    const queue = tools.queues.all.find(({ name }) => name === 'search');
    const failed = (await queue?.getFailed()) ?? [];
    const job = failed.find((each) => each.data.postId === postId);
    expect(job?.failedReason).to.equal('this will never do');

    broken = false;
    await job?.retry();
    await until('the repeated effect is done', async () => (await effect(postId)).state === 'done');
  });

  it('carries the id of the request that caused it', async () => {
    let heard: string | undefined;
    const postId = await serveIndexPost(async ({ requestId }) => {
      heard = requestId;
    });
    await until('the effect is done', async () => (await effect(postId)).state === 'done');
    expect(heard).to.match(/^req_/);
  });

  it('with a payload that is not its own is refused', async () => {
    consumer = consume(tools, handlers, ['search']);
    await tools.queues.addAll([{ name: 'index-post', payload: { postId: 7 }, id: 'nonsense-payload' }]);
    await until(
      'it has failed',
      async () => (await tools.queues.stateOf('index-post', 'nonsense-payload')) === 'failed',
    );
  });

  it('whose worker is killed is taken over within seconds', async () => {
    const relay = startRelay(tools);
    const postId = (await alice.upload(image)).body.post_id as string;
    await relay.drain();
    await relay.stop();
    const { event_id } = await tools.db
      .selectFrom('effects')
      .select('event_id')
      .where('subject', '=', postId)
      .where('job', '=', 'index-post')
      .executeTakeFirstOrThrow();
    const state = () => tools.queues.stateOf('index-post', effectJobId(event_id, 'index-post'));

    // The handler cannot get past the locked table, so the kill falls into the middle of the job.
    await tools.db.transaction().execute(async (tx) => {
      await sql`LOCK TABLE search_documents IN ACCESS EXCLUSIVE MODE`.execute(tx);
      const child = spawnWorker(w.config, ['search']);
      await until('the job runs', async () => (await state()) === 'active');
      await until('its handler has begun', async () => (await effect(postId)).state === 'running');
      child.kill('SIGKILL');
      await once(child, 'exit');
    });
    expect(await state()).to.equal('active');
    consumer = consume(tools, handlers, ['search']);
    await until('it was taken over', async () => (await effect(postId)).state === 'done');
    expect((await effect(postId)).attempts).to.be.at.least(2);
  });
});
