/** Jobs that wait for an engine: put back while it is away, taken up as soon as it is there again. */

import type { Queue } from 'bullmq';
import { expect } from 'chai';
import { SearchIndexError } from '../../shared/search/index.ts';
import { openTools, type Tools } from '../../shared/tools.ts';
import { type Consumer, consume } from '../../workers/consume.ts';
import { handlers } from '../../workers/handlers/index.ts';
import type { Client } from '../tools/client.ts';
import { photo } from '../tools/photos.ts';
import { until, type World, world } from '../tools/world.ts';

describe('a job whose engine is away', () => {
  let w: World;
  let tools: Tools;
  let alice: Client;
  let queue: Queue;
  const consumers: Consumer[] = [];
  let isAway = false;
  let asked = 0;
  let attempts = 0;
  before(async () => {
    w = await world({ serves: ['relay'] });
    const opened = await openTools(w.config, 'test');
    // An engine that goes and comes as the test wants it.
    const search = {
      ...opened.search,
      async check() {
        asked += 1;
        if (isAway) throw new SearchIndexError('the index is away');
      },
    };
    tools = { ...opened, search };
    alice = await w.join('alice');
    queue = tools.queues.all.find(({ name }) => name === 'search') as Queue;
  });
  beforeEach(() => {
    attempts = 0;
    asked = 0;
  });
  afterEach(async () => {
    isAway = false;
    for (const consumer of consumers.splice(0)) await consumer.stop();
  });
  after(async () => {
    await tools.stop();
    await w[Symbol.asyncDispose]();
  });

  function serve(): void {
    consumers.push(
      consume(
        tools,
        {
          ...handlers,
          async 'index-post'() {
            attempts += 1;
            if (isAway) throw new SearchIndexError('connect ECONNREFUSED 127.0.0.1:9200');
          },
        },
        ['search'],
      ),
    );
  }
  async function upload(times: number): Promise<string[]> {
    const image = await photo({ width: 8, height: 8 });
    const ids: string[] = [];
    for (let time = 0; time < times; time += 1) ids.push((await alice.upload(image)).body.post_id);
    await w.worker?.relay?.drain();
    return ids;
  }
  const jobsOf = async (ids: string[]) =>
    (await queue.getDelayed()).filter((job) => job.name === 'index-post' && ids.includes(job.data.postId));
  const undone = async (ids: string[]) => {
    const rows = await tools.db
      .selectFrom('effects')
      .select('subject')
      .where('subject', 'in', ids)
      .where('job', '=', 'index-post')
      .where('state', '<>', 'done')
      .execute();
    return rows.length;
  };

  it('is taken up as soon as it is back, however long the job was put back for', async () => {
    isAway = true;
    const ids = await upload(3);
    serve();
    serve();
    await until('all are put back', async () => (await jobsOf(ids)).length === 3);
    // As after an outage of minutes.
    for (const job of await jobsOf(ids)) await job.changeDelay(30_000).catch(() => {});
    const [job] = await jobsOf(ids);
    expect(job?.attemptsMade, 'it has used up no attempt').to.equal(0);
    isAway = false;
    const backAt = performance.now();
    await until('all are done', async () => (await undone(ids)) === 0);
    expect(performance.now() - backAt).to.be.below(5_000);
  });

  it('costs one question a second, however many jobs wait', async () => {
    isAway = true;
    const ids = await upload(5);
    serve();
    await until('all are put back', async () => (await jobsOf(ids)).length === 5);
    const startedAt = performance.now();
    const before = asked;
    await until('it was asked some times', () => asked >= before + 2);
    expect(asked).to.be.at.most((performance.now() - startedAt) / 1_000 + 3);
    isAway = false;
    await until('all are done', async () => (await undone(ids)) === 0);
  });

  it('has failed like any other if the engine is there when it is asked', async () => {
    const [id] = (await upload(1)) as [string];
    let isFailing = true;
    consumers.push(
      consume(
        tools,
        {
          ...handlers,
          async 'index-post'() {
            attempts += 1;
            if (isFailing) throw new SearchIndexError('this query is none');
          },
        },
        ['search'],
      ),
    );
    await until('it is delayed', async () => (await jobsOf([id])).length === 1);
    const [job] = await jobsOf([id]);
    expect(job?.attemptsMade).to.be.at.least(1);
    isFailing = false;
    await until('it is done', async () => (await undone([id])) === 0);
    expect(attempts).to.be.at.least(2);
  });
});
