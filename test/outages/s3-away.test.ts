/** Pictures cannot be taken or shown without their store, and of what is refused nothing is left. */
import { type TestBucket, testBucket } from '../tools/bucket.ts';
import { needsEngine } from '../tools/engine-url.ts';
import { outlive } from '../tools/outage.ts';
import { type OwnEngine, ownEngine } from '../tools/own-engine.ts';
import { type World, world } from '../tools/world.ts';

describe('while the bucket is away', function () {
  this.timeout(300_000);
  let engine: OwnEngine;
  let bucket: TestBucket;
  let w: World | undefined;
  before(async function () {
    needsEngine(this, 'TEST_S3_URL');
    engine = await ownEngine('minio');
  });
  afterEach(async () => {
    await w?.[Symbol.asyncDispose]();
    w = undefined;
  });
  after(() => engine?.[Symbol.asyncDispose]());

  it('the rest works, and what is owed is done soon after, if it was stopped', async () => {
    bucket = testBucket(engine.urls.S3_URL as string);
    w = await world({ env: { S3_URL: bucket.url } });
    const [program] = engine.programs;
    await outlive(w, {
      part: 'images',
      leave: () => program.stop(),
      comeBack: () => program.start(),
      needs: ['post', 'story', 'image'],
      objects: bucket.keys,
    });
  });

  it('the rest works, and what is owed is done soon after, if it said nothing', async () => {
    bucket = testBucket(engine.urls.S3_URL as string);
    w = await world({ env: { S3_URL: bucket.url } });
    const [program] = engine.programs;
    await outlive(w, {
      part: 'images',
      leave: () => program.freeze(),
      comeBack: () => program.thaw(),
      needs: ['post', 'story', 'image'],
      objects: bucket.keys,
    });
  });
});
