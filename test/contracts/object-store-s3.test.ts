import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, open, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { expect } from 'chai';
import { pino } from 'pino';
import { isEngineAway } from '../../shared/away.ts';
import { type ObjectStore, ObjectStoreError } from '../../shared/images/index.ts';
import { openObjectStore } from '../../shared/images/open.ts';
import { type TestBucket, testBucket } from '../tools/bucket.ts';
import { needsEngine } from '../tools/engine-url.ts';
import { type Line, layLine } from '../tools/line.ts';
import { until } from '../tools/world.ts';
import { objectStoreContract } from './object-store.ts';

const megabyte = 1024 * 1024;
/** What the store promises to need at most when the endpoint says nothing, and a second for a busy machine. */
const silenceMs = 6_500;

let bucket: TestBucket;
let folder: string;
const logged: string[] = [];
const log = pino({ level: 'warn' }, { write: (line) => void logged.push(line) });

const openAt = (S3_URL: string) => openObjectStore({ DATA_DIR: folder, S3_URL }, log);

before(async function () {
  needsEngine(this, 'TEST_S3_URL');
  bucket = testBucket(process.env.TEST_S3_URL as string);
  folder = await mkdtemp(join(tmpdir(), 's3-store-test-'));
});
after(async () => {
  await bucket?.[Symbol.asyncDispose]();
  if (folder) await rm(folder, { recursive: true });
});

objectStoreContract('in a bucket', async () => {
  const store = await openAt(bucket.url);
  await bucket.empty();
  return store;
});

describe('what is special to an object store in a bucket', function () {
  this.timeout(60_000);
  let store: ObjectStore;
  let line: Line;

  beforeEach(async () => {
    logged.length = 0;
    line = await layLine(bucket.url);
    store = await openAt(line.url);
    await bucket.empty();
  });
  afterEach(async () => {
    await store.close();
    await line[Symbol.asyncDispose]();
  });

  async function fileOf(content: string | Buffer): Promise<string> {
    const path = join(folder, 'source');
    await writeFile(path, content);
    return path;
  }
  /** A file of zeros that takes no room. */
  async function largeFile(bytes: number): Promise<string> {
    const path = join(folder, 'large');
    await writeFile(path, '');
    await truncate(path, bytes);
    return path;
  }
  const put = async (key: string, content: string | Buffer) =>
    store.put(key, await fileOf(content), 'image/jpeg');
  const uploadsOf = async (key: string) =>
    (await bucket.client.listIncompleteUploadsQuery(bucket.name, key, '', '', '')).uploads;

  async function expectAway(work: Promise<unknown>): Promise<void> {
    const error = await work.catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ObjectStoreError);
    expect((error as ObjectStoreError).kind).to.equal('unavailable');
    expect(isEngineAway(error), 'jobs wait for it').to.equal(true);
  }
  async function everything(key: string): Promise<Promise<unknown>[]> {
    return [
      store.get(key),
      store.get(key, { start: 0, end: 0 }),
      store.stat(key),
      store.put(key, await fileOf('x'), 'image/jpeg'),
      store.remove(key),
      store.removeAll('p/01h/'),
      store.withFile(key, async () => {}),
      store.check(),
    ];
  }

  it('says another etag after a put of the same bytes, and every process says the same one', async () => {
    const etags = new Set<string | undefined>();
    await using other = await openAt(bucket.url);
    for (let at = 0; at < 3; at += 1) {
      await put('p/01h/large.jpg', 'the same');
      const found = await store.get('p/01h/large.jpg', { start: 0, end: 2 });
      found?.stream.destroy();
      expect((await other.stat('p/01h/large.jpg'))?.etag).to.equal(found?.etag);
      etags.add(found?.etag);
    }
    expect(etags.size).to.equal(3);
  });

  it('gives what others put into the bucket, with an etag too', async () => {
    await bucket.client.putObject(bucket.name, 'p/01h/large.jpg', 'from elsewhere');
    const found = await store.get('p/01h/large.jpg');
    expect(await text(found?.stream as Readable)).to.equal('from elsewhere');
    expect(found?.etag).to.match(/^"[\x21\x23-\x7e]+"$/);
    expect(found?.contentType).to.equal('image/jpeg');
  });

  it('tells the bucket the content type as well', async () => {
    await put('p/01h/large.jpg', 'x');
    const { metaData } = await bucket.client.statObject(bucket.name, 'p/01h/large.jpg');
    expect(metaData['content-type']).to.equal('image/jpeg');
  });

  it('removes more than S3 lists or removes at once', async () => {
    const keys = Array.from({ length: 2_050 }, (_, at) => `p/01h/${at}.jpg`);
    const lanes = Array.from({ length: 16 }, async () => {
      for (let key = keys.pop(); key; key = keys.pop()) {
        await bucket.client.putObject(bucket.name, key, 'x');
      }
    });
    await Promise.all(lanes);
    await put('p/01i/large.jpg', 'x');
    await store.removeAll('p/01h/');
    expect(await bucket.keys()).to.deep.equal(['p/01i/large.jpg']);
  });

  it('uses a connection again, also after a miss, a refusal and a local file', async () => {
    await put('p/01h/large.jpg', randomBytes(megabyte));
    for (let at = 0; at < 10; at += 1) {
      await buffer((await store.get('p/01h/large.jpg'))?.stream as Readable);
      expect(await store.get('p/01h/none.jpg')).to.equal(undefined);
      expect(await store.stat('p/01h/none.jpg')).to.equal(undefined);
      await store.get('p/01h/large.jpg', { start: 2 * megabyte, end: 3 * megabyte }).catch(() => {});
      await store.withFile('p/01h/large.jpg', async () => {});
      await put('p/01h/thumb.jpg', 'x');
    }
    expect(line.connections()).to.be.at.most(4);
  });

  it('frees the connection of a reader who goes away', async () => {
    await store.put('o/1/export.zip', await largeFile(30 * megabyte), 'application/zip');
    const found = await Promise.all(Array.from({ length: 5 }, () => store.get('o/1/export.zip')));
    expect(line.connections()).to.be.at.least(5);
    for (const one of found) {
      await new Promise((resolve) => one?.stream.once('data', resolve));
      one?.stream.destroy();
    }
    await until('the connections are closed', () => line.connections() <= 4);
  });

  it('waits for a slow reader', async () => {
    await store.put('o/1/export.zip', await largeFile(60 * megabyte), 'application/zip');
    const found = await store.get('o/1/export.zip');
    const startedAt = performance.now();
    const isLate = () => performance.now() - startedAt > silenceMs;
    await until('a silent endpoint would have been given up', isLate);
    expect((await buffer(found?.stream as Readable)).length).to.equal(60 * megabyte);
  });

  it('goes on when a connection breaks, in one request and in many parts', async () => {
    const content = randomBytes(2 * megabyte);
    line.cutAfter('large.jpg');
    await put('p/01h/large.jpg', content);
    line.cutAfter('large.jpg');
    const found = await store.get('p/01h/large.jpg');
    expect((await buffer(found?.stream as Readable)).equals(content)).to.equal(true);

    const large = await largeFile(70 * megabyte);
    const file = await open(large, 'r+');
    await file.write(content, 0, content.length, 60 * megabyte);
    await file.close();
    line.cutAfter('partNumber=4');
    await store.put('o/1/export.zip', large, 'application/zip');
    const hashes = await store.withFile('o/1/export.zip', async (path) => {
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
    expect(await uploadsOf('o/1/export.zip')).to.deep.equal([]);
  });

  it('leaves nothing of an upload that fails half-way, and what was there before', async () => {
    await store.put('o/1/export.zip', await fileOf('before'), 'application/zip');
    const large = await largeFile(600 * megabyte);
    const failing = store.put('o/1/export.zip', large, 'application/zip').catch((thrown: unknown) => thrown);
    await until('parts are on their way', async () => (await uploadsOf('o/1/export.zip')).length > 0);
    await truncate(large, 0);
    expect((await failing) as ObjectStoreError).to.have.property('kind', 'unavailable');
    expect(await uploadsOf('o/1/export.zip')).to.deep.equal([]);
    expect(await text((await store.get('o/1/export.zip'))?.stream as Readable)).to.equal('before');
  });

  it('leaves no local copy behind, whatever became of the work', async () => {
    await put('p/01h/large.jpg', 'a photo');
    await store.withFile('p/01h/large.jpg', async (path) => expect(path).to.match(/\.jpg$/));
    const failing = async () => {
      throw new RangeError('of its own');
    };
    await store.withFile('p/01h/large.jpg', failing).catch(() => {});
    await store.withFile('p/01h/none.jpg', failing).catch(() => {});
    expect(await readdir(join(folder, 'downloads'))).to.deep.equal([]);
  });

  it('says at once that an endpoint is away which refuses, and works again by itself', async () => {
    await put('p/01h/large.jpg', 'a photo');
    line.cut();
    const startedAt = performance.now();
    await Promise.all((await everything('p/01h/large.jpg')).map(expectAway));
    expect(performance.now() - startedAt).to.be.below(2_000);
    line.mend();
    expect(await text((await store.get('p/01h/large.jpg'))?.stream as Readable)).to.equal('a photo');
    await put('p/01h/large.jpg', 'another');
    await store.check();
  });

  it('gives up an endpoint that says nothing, and works again by itself', async () => {
    await put('p/01h/large.jpg', randomBytes(20 * megabyte));
    const reading = await store.get('p/01h/large.jpg');
    await new Promise((resolve) => reading?.stream.once('data', resolve));
    line.hush();
    const startedAt = performance.now();
    const reads = (await everything('p/01h/large.jpg')).map(expectAway);
    const stalled = expectAway(buffer(reading?.stream as Readable));
    await Promise.all([...reads, stalled]);
    expect(performance.now() - startedAt).to.be.within(4_500, silenceMs + 1_000);
    expect(await readdir(join(folder, 'downloads'))).to.deep.equal([]);
    line.mend();
    await put('p/01h/large.jpg', 'another');
    expect(await text((await store.get('p/01h/large.jpg'))?.stream as Readable)).to.equal('another');
  });

  it('opens while the endpoint is away, says so in the log, and sets the bucket up once it is there', async () => {
    await using fresh = testBucket(bucket.url);
    await using away = await layLine(fresh.url);
    away.cut();
    await using early = await openAt(away.url);
    expect(logged.join()).to.contain('the image store is away');
    await expectAway(early.stat('p/01h/large.jpg'));
    away.mend();
    await early.put('p/01h/large.jpg', await fileOf('x'), 'image/jpeg');
    expect(await early.stat('p/01h/large.jpg')).to.include({ sizeBytes: 1 });
  });

  it('makes one bucket when many open it at once', async () => {
    await using fresh = testBucket(bucket.url);
    const stores = await Promise.all(Array.from({ length: 8 }, () => openAt(fresh.url)));
    await Promise.all(stores.map((one) => one.check()));
    await Promise.all(stores.map((one) => one.close()));
    expect(await fresh.client.bucketExists(fresh.name)).to.equal(true);
  });

  it('says that a bucket is gone instead of taking its objects for missing', async () => {
    await using fresh = testBucket(bucket.url);
    await using orphan = await openAt(fresh.url);
    await fresh[Symbol.asyncDispose]();
    await expectAway(orphan.get('p/01h/large.jpg'));
    await expectAway(orphan.stat('p/01h/large.jpg'));
    await expectAway(orphan.check());
  });

  it('is not opened with keys that are wrong, and the message shows none', async () => {
    const url = new URL(bucket.url);
    url.password = 'a-wrong-secret';
    const error = (await openAt(url.href).catch((thrown: unknown) => thrown)) as ObjectStoreError;
    expect(error.kind).to.equal('unavailable');
    expect(error.message).to.match(/SignatureDoesNotMatch|AccessDenied/);
    expect(error.message).to.contain('S3_URL').and.not.contain('a-wrong-secret');
  });

  it('keeps the bucket from everybody else', async () => {
    await put('p/01h/large.jpg', 'private');
    const { origin, pathname } = new URL(bucket.url);
    for (const path of ['/p/01h/large.jpg', '/', '/?list-type=2']) {
      expect((await fetch(`${origin}${pathname}${path}`)).status, path).to.equal(403);
    }
    expect(logged).to.deep.equal([]);
  });

  for (const [what, action, resource] of [
    ['read', 's3:GetObject', '/*'],
    ['read below a prefix', 's3:GetObject', '/p/*'],
    ['listed', 's3:ListBucket', ''],
  ]) {
    it(`warns of a bucket that may be ${what} by everybody, with what to type`, async () => {
      await using open = testBucket(bucket.url);
      await open.client.makeBucket(open.name);
      const statement = {
        Effect: 'Allow',
        Principal: { AWS: ['*'] },
        Action: [action],
        Resource: [`arn:aws:s3:::${open.name}${resource}`],
      };
      const policy = { Version: '2012-10-17', Statement: [statement] };
      await open.client.setBucketPolicy(open.name, JSON.stringify(policy));
      await using _ = await openAt(open.url);
      await until('it is said', () => logged.length > 0);
      expect(logged).to.have.length(1);
      expect(logged[0]).to.contain(`mc anonymous set none ALIAS/${open.name}`).and.contain('aws s3api');
    });
  }

  /** An endpoint that answers some requests itself and hands the others on. */
  async function endpoint(answers: (method: string, path: string) => [number, string] | undefined) {
    const target = new URL(bucket.url);
    const server = createServer((received, reply) => {
      const { method = '', url: path = '', headers } = received;
      const answer = answers(method, path);
      if (answer) {
        received.resume();
        const [status, code] = answer;
        return void reply
          .writeHead(status)
          .end(method === 'HEAD' ? '' : `<Error><Code>${code}</Code></Error>`);
      }
      const { hostname, port } = target;
      const onward = request({ hostname, port, method, path, headers }, (answered) => {
        reply.writeHead(answered.statusCode ?? 0, answered.headers);
        answered.pipe(reply);
      });
      received.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = new URL(bucket.url);
    url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    return {
      url: url.href,
      async [Symbol.asyncDispose]() {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  }

  it('uses a bucket that it may neither ask after nor make', async () => {
    const ofBucket = (path: string) => path.split('?')[0] === `/${bucket.name}`;
    await using strict = await endpoint((method, path) =>
      ofBucket(path) && (method === 'HEAD' || method === 'PUT') ? [403, 'AccessDenied'] : undefined,
    );
    await using used = await openAt(strict.url);
    await used.put('p/01h/large.jpg', await fileOf('x'), 'image/jpeg');
    expect(await used.stat('p/01h/large.jpg')).to.include({ sizeBytes: 1 });
  });

  it('is not opened where it may not write', async () => {
    await using readOnly = await endpoint((method) => (method === 'PUT' ? [403, 'AccessDenied'] : undefined));
    const error = (await openAt(readOnly.url).catch((thrown: unknown) => thrown)) as ObjectStoreError;
    expect(error.message).to.contain('AccessDenied').and.contain(bucket.name);
  });

  it('asks again when the endpoint is busy, but never completes an upload twice', async () => {
    const seen = new Map<string, number>();
    let isBusy = (_method: string) => true;
    await using busy = await endpoint((method, path) => {
      const asked = `${method} ${path.replace(/uploadId=[^&]*/, 'uploadId')}`;
      const times = (seen.get(asked) ?? 0) + 1;
      seen.set(asked, times);
      return times === 1 && isBusy(method) ? [503, 'SlowDown'] : undefined;
    });
    await using used = await openAt(busy.url);
    await used.put('p/01h/large.jpg', await fileOf('x'), 'image/jpeg');
    expect(await used.stat('p/01h/large.jpg')).to.include({ sizeBytes: 1 });
    expect(await text((await used.get('p/01h/large.jpg'))?.stream as Readable)).to.equal('x');
    await used.remove('p/01h/large.jpg');

    const large = await largeFile(40 * megabyte);
    isBusy = (method) => method === 'POST';
    await expectAway(used.put('o/1/export.zip', large, 'application/zip'));
    await expectAway(used.put('o/1/export.zip', large, 'application/zip'));
    expect(await uploadsOf('o/1/export.zip')).to.deep.equal([]);
    await used.put('o/1/export.zip', large, 'application/zip');
    expect((await used.stat('o/1/export.zip'))?.sizeBytes).to.equal(40 * megabyte);
  });

  it('does not read what follows a key into the address', async () => {
    // The port's keys need no escaping; this holds the endpoint to the keys as they are.
    for (const key of ['p/01h/a..b.jpg', 'p/A-Z_0.9/x', `p/${'k'.repeat(128)}/large.jpg`]) {
      await store.put(
        key,
        await fileOf(key),
        key.endsWith('.jpg') ? 'image/jpeg' : 'application/octet-stream',
      );
      expect(await text((await store.get(key))?.stream as Readable)).to.equal(key);
    }
    expect((await bucket.keys()).length).to.equal(3);
  });
});

describe('an endpoint that takes connections and says nothing', function () {
  this.timeout(30_000);

  it('is away after five seconds, for opening too', async () => {
    const server = createTcpServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const startedAt = performance.now();
    await using store = await openAt(`http://key:secret@127.0.0.1:${port}/emulsion`);
    expect(performance.now() - startedAt).to.be.within(4_500, silenceMs);
    const error = await store.get('p/01h/large.jpg').catch((thrown: unknown) => thrown);
    expect(error).to.have.property('kind', 'unavailable');
    expect(String(error)).to.contain('silent');
    expect(performance.now() - startedAt).to.be.below(2 * silenceMs);
    server.close();
  });
});
