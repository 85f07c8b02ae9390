import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { objectStoreContract } from './object-store.ts';
import { s3Scene, storeOnLine } from './s3.ts';

const scene = s3Scene();

objectStoreContract('in a bucket', async () => {
  const store = await scene.openAt(scene.bucket.url);
  await scene.bucket.empty();
  return store;
});

describe('what is special to an object store in a bucket', function () {
  this.timeout(60_000);
  const made = storeOnLine(scene);

  it('says another etag after a put of the same bytes, and every process says the same one', async () => {
    const etags = new Set<string | undefined>();
    await using other = await scene.openAt(scene.bucket.url);
    for (let at = 0; at < 3; at += 1) {
      await made.put('p/01h/large.jpg', 'the same');
      const found = await made.store.get('p/01h/large.jpg', { start: 0, end: 2 });
      found?.stream.destroy();
      expect((await other.stat('p/01h/large.jpg'))?.etag).to.equal(found?.etag);
      etags.add(found?.etag);
    }
    expect(etags.size).to.equal(3);
  });

  it('gives what others put into the scene.bucket, with an etag too', async () => {
    await scene.bucket.client.putObject(scene.bucket.name, 'p/01h/large.jpg', 'from elsewhere');
    const found = await made.store.get('p/01h/large.jpg');
    expect(await text(found?.stream as Readable)).to.equal('from elsewhere');
    expect(found?.etag).to.match(/^"[\x21\x23-\x7e]+"$/);
    expect(found?.contentType).to.equal('image/jpeg');
  });

  it('tells the bucket the content type as well', async () => {
    await made.put('p/01h/large.jpg', 'x');
    const { metaData } = await scene.bucket.client.statObject(scene.bucket.name, 'p/01h/large.jpg');
    expect(metaData['content-type']).to.equal('image/jpeg');
  });

  it('removes more than S3 lists or removes at once', async () => {
    const keys = Array.from({ length: 2_050 }, (_, at) => `p/01h/${at}.jpg`);
    const lanes = Array.from({ length: 16 }, async () => {
      for (let key = keys.pop(); key; key = keys.pop()) {
        await scene.bucket.client.putObject(scene.bucket.name, key, 'x');
      }
    });
    await Promise.all(lanes);
    await made.put('p/01i/large.jpg', 'x');
    await made.store.removeAll('p/01h/');
    expect(await scene.bucket.keys()).to.deep.equal(['p/01i/large.jpg']);
  });

  it('leaves no local copy behind, whatever became of the work', async () => {
    await made.put('p/01h/large.jpg', 'a photo');
    await made.store.withFile('p/01h/large.jpg', async (path) => expect(path).to.match(/\.jpg$/));
    const failing = async () => {
      throw new RangeError('of its own');
    };
    await made.store.withFile('p/01h/large.jpg', failing).catch(() => {});
    await made.store.withFile('p/01h/none.jpg', failing).catch(() => {});
    expect(await readdir(join(scene.folder, 'downloads'))).to.deep.equal([]);
  });

  it('does not read what follows a key into the address', async () => {
    // The port's keys need no escaping; this holds the endpoint to the keys as they are.
    for (const key of ['p/01h/a..b.jpg', 'p/A-Z_0.9/x', `p/${'k'.repeat(128)}/large.jpg`]) {
      await made.store.put(
        key,
        await scene.fileOf(key),
        key.endsWith('.jpg') ? 'image/jpeg' : 'application/octet-stream',
      );
      expect(await text((await made.store.get(key))?.stream as Readable)).to.equal(key);
    }
    expect((await scene.bucket.keys()).length).to.equal(3);
  });
});
