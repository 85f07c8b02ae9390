import { expect } from 'chai';
import { keyOf } from '../../shared/ids.ts';
import { type TestBucket, testBucket } from '../tools/bucket.ts';
import { type Client, type Reply, send } from '../tools/client.ts';
import { needsEngine } from '../tools/engine-url.ts';
import { effectOn } from '../tools/hold-job.ts';
import { type Line, layLine } from '../tools/line.ts';
import { photo } from '../tools/photos.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { until, type World, world } from '../tools/world.ts';

describe('while the bucket with the images is away', function () {
  this.timeout(60_000);
  let bucket: TestBucket;
  let line: Line;
  let w: World;
  let alice: Client;
  let image: Buffer;

  before(async function () {
    needsEngine(this, 'TEST_S3_URL');
    bucket = testBucket(process.env.TEST_S3_URL as string);
    line = await layLine(bucket.url);
    w = await world({ env: { S3_URL: line.url } });
    alice = await w.join('alice');
    image = await photo({ width: 800, height: 600 });
  });
  after(async () => {
    await w?.[Symbol.asyncDispose]();
    await line?.[Symbol.asyncDispose]();
    await bucket?.[Symbol.asyncDispose]();
  });

  const keysOf = async (postId: string) => (await bucket.keys()).filter((key) => key.includes(keyOf(postId)));
  const get = (path: string) => send(w.base, 'GET', path.replace(w.config.CDN_BASE_URL, ''));
  const partsBecome = (status: string, images: string) =>
    until(`/readyz is ${status}`, async () => {
      const { body } = await get('/readyz');
      return body.status === status && body.parts.images === images;
    });
  function expectUnavailable(reply: Reply): void {
    expectRefusal(reply, 'SERVICE_UNAVAILABLE');
    expect(Number(reply.headers.get('retry-after'))).to.be.within(1, 60);
  }

  for (const [how, leave] of [
    ['it refuses', () => line.cut()],
    ['it says nothing', () => line.hush()],
  ] as const) {
    it(`what needs it is told to come again, the rest works, and what is owed is done later, if ${how}`, async () => {
      const kept = (await alice.upload(image)).body;
      const deleted = (await alice.upload(image)).body;
      await w.settle();
      expect(await keysOf(deleted.post_id)).to.have.length(4);

      leave();
      await partsBecome('degraded', 'down');
      const posts = async () => (await alice.get('/v1/users/@alice')).body.post_count as number;
      const countBefore = await posts();
      const [shown, uploaded] = await Promise.all([get(kept.images.large), alice.upload(image)]);
      expectUnavailable(shown);
      expectUnavailable(uploaded);
      expect(await posts(), 'nothing is left of the upload').to.equal(countBefore);
      expect((await alice.get('/v1/feed')).status).to.equal(200);
      expect((await alice.post(`/v1/posts/${kept.post_id}/like`)).body.is_liked).to.equal(true);
      expect((await alice.delete(`/v1/posts/${deleted.post_id}`)).status).to.equal(204);
      await until('the removal has failed once', async () => {
        const { state, last_error } = await effectOn(w, deleted.post_id, 'remove-images');
        return state !== 'done' && (last_error ?? '').includes('image store');
      });

      line.mend();
      await partsBecome('ready', 'ok');
      expect((await get(kept.images.large)).status).to.equal(200);
      expect((await alice.upload(image)).status).to.equal(201);
      await w.settle();
      expect(await keysOf(deleted.post_id)).to.deep.equal([]);
      expect((await effectOn(w, deleted.post_id, 'remove-images')).state).to.equal('done');
      await alice.delete(`/v1/posts/${kept.post_id}/like`);
    });
  }
});
