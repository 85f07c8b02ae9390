import { expect } from 'chai';
import { startWorker } from '../../workers/worker.ts';
import { send } from '../tools/client.ts';
import { photo } from '../tools/photos.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { until, type World, world } from '../tools/world.ts';

describe('GET /metrics', () => {
  let w: World;
  before(async () => {
    w = await world({ serves: [] });
  });
  after(() => w[Symbol.asyncDispose]());

  const scrape = (token = w.config.METRICS_TOKEN) =>
    send(w.base, 'GET', '/metrics', undefined, { Authorization: `Bearer ${token}` });
  /** The value of one line of the text format. */
  const numberAt = (text: string, line: string) =>
    Number(
      text
        .split('\n')
        .find((each) => each.startsWith(`${line} `))
        ?.slice(line.length),
    );

  it('wants the token', async () => {
    for (const reply of [await send(w.base, 'GET', '/metrics'), await scrape('not the token')]) {
      expectRefusal(reply, 'UNAUTHORIZED', { field: 'Authorization' });
      expect(reply.headers.get('www-authenticate')).to.equal('Bearer');
    }
    const alice = await w.join('alice');
    expectRefusal(await alice.get('/metrics'), 'UNAUTHORIZED', { field: 'Authorization' });
  });

  it('is not there without a token in the configuration', async () => {
    await using other = await world({ serves: [], env: { METRICS_TOKEN: '' } });
    const reply = await send(other.base, 'GET', '/metrics', undefined, { Authorization: 'Bearer x' });
    expectRefusal(reply, 'NOT_FOUND', { field: 'path' });
  });

  it('counts requests by the pattern they matched', async () => {
    const bob = await w.join('bob');
    // The counts are the process's: other test files may have run in it before.
    const before = (await scrape()).text;
    await bob.get('/v1/posts/post_01j8z3k4m5n6p7q8r9s0t1v2w3');
    await bob.get('/v1/nothing/here');
    const { status, headers, text } = await scrape();
    expect(status).to.equal(200);
    expect(headers.get('content-type')).to.match(/^text\/plain; version=0\.0\.4/);
    const count = (labels: string) => {
      const line = `emulsion_http_request_seconds_count{${labels}}`;
      return numberAt(text, line) - (before.includes(line) ? numberAt(before, line) : 0);
    };
    expect(count('method="GET",route="/v1/posts/{post_id}",status="404"')).to.equal(1);
    expect(count('method="GET",route="other",status="404"')).to.be.at.least(1);
    expect(text).to.contain('emulsion_process_resident_memory_bytes');
    expect(text).not.to.contain('nothing/here');
  });

  it('tells what waits: events, effects, jobs', async () => {
    const carol = await w.join('carol');
    const before = (await scrape()).text;
    const change = (after: string, line: string) => numberAt(after, line) - numberAt(before, line);
    await carol.upload(await photo({ width: 60, height: 60 }));
    await w.tools.queues.addAll([{ name: 'refresh-feed', payload: { followerId: carol.userId } }]);
    const { text } = await scrape();
    expect(change(text, 'emulsion_outbox_events')).to.equal(1);
    expect(change(text, 'emulsion_effects{state="undone"}')).to.equal(6);
    expect(numberAt(text, 'emulsion_effects{state="failed"}')).to.equal(0);
    expect(change(text, 'emulsion_queue_jobs{queue="feeds",state="waiting"}')).to.equal(1);
    expect(numberAt(text, 'emulsion_queue_jobs{queue="media",state="failed"}')).to.equal(0);
    expect(numberAt(text, 'emulsion_queue_oldest_seconds{queue="feeds"}')).to.be.at.least(0);
    expect(numberAt(text, 'emulsion_queue_jobs_per_second{queue="stories"}')).to.equal(0);
    expect(numberAt(text, 'emulsion_queue_drain_seconds{queue="stories"}')).to.equal(0);
    expect(text).to.contain('emulsion_queue_drain_seconds{queue="feeds"} +Inf');
    expect(numberAt(text, 'emulsion_live_sockets')).to.equal(0);
    expect(numberAt(text, 'emulsion_decoder_calls{state="running"}')).to.equal(0);
  });

  it('adds up what the workers counted', async () => {
    const worker = await startWorker(w.config, ['relay', 'search']);
    try {
      await w.join('dora');
      await until('the workers are counted', async () => {
        const { text } = await scrape();
        return (
          /emulsion_job_attempt_seconds_count\{.*job="index-user".*\} [1-9]/.test(text) &&
          numberAt(text, 'emulsion_queue_jobs_per_second{queue="search"}') > 0
        );
      });
    } finally {
      await worker.stop();
    }
  });

  it('leaves out what cannot be read, and says so', async () => {
    await using other = await world({ serves: [] });
    other.tools.queueRedis.disconnect();
    const { status, text } = await send(other.base, 'GET', '/metrics', undefined, {
      Authorization: `Bearer ${other.config.METRICS_TOKEN}`,
    });
    expect(status).to.equal(200);
    expect(numberAt(text, 'emulsion_scrape_failed{part="queues"}')).to.equal(1);
    expect(numberAt(text, 'emulsion_scrape_failed{part="outbox"}')).to.equal(0);
    expect(text).not.to.contain('emulsion_queue_jobs{');
  });
});
