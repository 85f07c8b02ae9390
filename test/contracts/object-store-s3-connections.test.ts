import { createHash, randomBytes } from 'node:crypto';
import { open, readdir, stat, truncate } from 'node:fs/promises';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { expect } from 'chai';
import type { ObjectStoreError } from '../../shared/images/index.ts';
import { testBucket } from '../tools/bucket.ts';
import { layLine } from '../tools/line.ts';
import { until } from '../tools/world.ts';
import { expectAway, megabyte, s3Scene, silenceMs, storeOnLine } from './s3.ts';

const scene = s3Scene();

describe('the connections of an object store in a bucket', function () {
  this.timeout(60_000);
  const made = storeOnLine(scene);

  async function everything(key: string): Promise<Promise<unknown>[]> {
    return [
      made.store.get(key),
      made.store.get(key, { start: 0, end: 0 }),
      made.store.stat(key),
      made.store.put(key, await scene.fileOf('x'), 'image/jpeg'),
      made.store.remove(key),
      made.store.removeAll('p/01h/'),
      made.store.withFile(key, async () => {}),
      made.store.check(),
    ];
  }

  it('uses a connection again, also after a miss, a refusal and a local file', async () => {
    await made.put('p/01h/large.jpg', randomBytes(megabyte));
    for (let at = 0; at < 10; at += 1) {
      await buffer((await made.store.get('p/01h/large.jpg'))?.stream as Readable);
      expect(await made.store.get('p/01h/none.jpg')).to.equal(undefined);
      expect(await made.store.stat('p/01h/none.jpg')).to.equal(undefined);
      await made.store.get('p/01h/large.jpg', { start: 2 * megabyte, end: 3 * megabyte }).catch(() => {});
      await made.store.withFile('p/01h/large.jpg', async () => {});
      await made.put('p/01h/thumb.jpg', 'x');
    }
    expect(made.line.connections()).to.be.at.most(4);
  });

  it('frees the connection of a reader who goes away', async () => {
    await made.store.put('o/1/export.zip', await scene.largeFile(30 * megabyte), 'application/zip');
    const found = await Promise.all(Array.from({ length: 5 }, () => made.store.get('o/1/export.zip')));
    expect(made.line.connections()).to.be.at.least(5);
    for (const one of found) {
      await new Promise((resolve) => one?.stream.once('data', resolve));
      one?.stream.destroy();
    }
    await until('the connections are closed', () => made.line.connections() <= 4);
  });

  it('waits for a slow reader', async () => {
    await made.store.put('o/1/export.zip', await scene.largeFile(60 * megabyte), 'application/zip');
    const found = await made.store.get('o/1/export.zip');
    const startedAt = performance.now();
    const isLate = () => performance.now() - startedAt > silenceMs;
    await until('a silent endpoint would have been given up', isLate);
    expect((await buffer(found?.stream as Readable)).length).to.equal(60 * megabyte);
  });

  it('goes on when a connection breaks, in one request and in many parts', async () => {
    const content = randomBytes(2 * megabyte);
    made.line.cutAfter('large.jpg');
    await made.put('p/01h/large.jpg', content);
    made.line.cutAfter('large.jpg');
    const found = await made.store.get('p/01h/large.jpg');
    expect((await buffer(found?.stream as Readable)).equals(content)).to.equal(true);

    const large = await scene.largeFile(70 * megabyte);
    const file = await open(large, 'r+');
    await file.write(content, 0, content.length, 60 * megabyte);
    await file.close();
    made.line.cutAfter('partNumber=4');
    await made.store.put('o/1/export.zip', large, 'application/zip');
    const hashes = await made.store.withFile('o/1/export.zip', async (path) => {
      expect((await stat(path)).size).to.equal(70 * megabyte);
      const copy = await open(path, 'r');
      const { buffer: read } = await copy.read(
        Buffer.alloc(content.length),
        0,
        content.length,
        60 * megabyte,
      );
      await copy.close();
      return [content, read].map((bytes) => createHash('sha256').update(bytes).digest('hex'));
    });
    expect(hashes[1]).to.equal(hashes[0]);
    expect(await scene.uploadsOf('o/1/export.zip')).to.deep.equal([]);
  });

  it('leaves nothing of an upload that fails half-way, and what was there before', async () => {
    await made.store.put('o/1/export.zip', await scene.fileOf('before'), 'application/zip');
    const large = await scene.largeFile(600 * megabyte);
    const failing = made.store
      .put('o/1/export.zip', large, 'application/zip')
      .catch((thrown: unknown) => thrown);
    await until('parts are on their way', async () => (await scene.uploadsOf('o/1/export.zip')).length > 0);
    await truncate(large, 0);
    expect((await failing) as ObjectStoreError).to.have.property('kind', 'unavailable');
    expect(await scene.uploadsOf('o/1/export.zip')).to.deep.equal([]);
    expect(await text((await made.store.get('o/1/export.zip'))?.stream as Readable)).to.equal('before');
  });

  it('says at once that an endpoint is away which refuses, and works again by itself', async () => {
    await made.put('p/01h/large.jpg', 'a photo');
    made.line.cut();
    const startedAt = performance.now();
    await Promise.all((await everything('p/01h/large.jpg')).map(expectAway));
    expect(performance.now() - startedAt).to.be.below(2_000);
    made.line.mend();
    expect(await text((await made.store.get('p/01h/large.jpg'))?.stream as Readable)).to.equal('a photo');
    await made.put('p/01h/large.jpg', 'another');
    await made.store.check();
  });

  it('gives up an endpoint that says nothing, and works again by itself', async () => {
    await made.put('p/01h/large.jpg', randomBytes(20 * megabyte));
    const reading = await made.store.get('p/01h/large.jpg');
    await new Promise((resolve) => reading?.stream.once('data', resolve));
    made.line.hush();
    const startedAt = performance.now();
    const reads = (await everything('p/01h/large.jpg')).map(expectAway);
    const stalled = expectAway(buffer(reading?.stream as Readable));
    await Promise.all([...reads, stalled]);
    expect(performance.now() - startedAt).to.be.within(4_500, silenceMs + 1_000);
    expect(await readdir(join(scene.folder, 'downloads'))).to.deep.equal([]);
    made.line.mend();
    await made.put('p/01h/large.jpg', 'another');
    expect(await text((await made.store.get('p/01h/large.jpg'))?.stream as Readable)).to.equal('another');
  });

  it('opens while the endpoint is away, says so in the log, and sets the bucket up once it is there', async () => {
    await using fresh = testBucket(scene.bucket.url);
    await using away = await layLine(fresh.url);
    away.cut();
    await using early = await scene.openAt(away.url);
    expect(scene.logged.join()).to.contain('the image store is away');
    await expectAway(early.stat('p/01h/large.jpg'));
    away.mend();
    await early.put('p/01h/large.jpg', await scene.fileOf('x'), 'image/jpeg');
    expect(await early.stat('p/01h/large.jpg')).to.include({ sizeBytes: 1 });
  });
});

describe('an endpoint that takes connections and says nothing', function () {
  this.timeout(30_000);

  it('is away after five seconds, for opening too', async () => {
    const server = createTcpServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const startedAt = performance.now();
    await using store = await scene.openAt(`http://key:secret@127.0.0.1:${port}/emulsion`);
    expect(performance.now() - startedAt).to.be.within(4_500, silenceMs);
    const error = await store.get('p/01h/large.jpg').catch((thrown: unknown) => thrown);
    expect(error).to.have.property('kind', 'unavailable');
    expect(String(error)).to.contain('silent');
    expect(performance.now() - startedAt).to.be.below(2 * silenceMs);
    server.close();
  });
});
