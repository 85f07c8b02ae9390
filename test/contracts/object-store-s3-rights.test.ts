import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import type { ObjectStoreError } from '../../shared/images/index.ts';
import { testBucket } from '../tools/bucket.ts';
import { until } from '../tools/world.ts';
import { expectAway, megabyte, s3Scene, storeOnLine } from './s3.ts';

const scene = s3Scene();

describe('the rights of an object store in a bucket', function () {
  this.timeout(60_000);
  const made = storeOnLine(scene);

  it('makes one bucket when many open it at once', async () => {
    await using fresh = testBucket(scene.bucket.url);
    const stores = await Promise.all(Array.from({ length: 8 }, () => scene.openAt(fresh.url)));
    await Promise.all(stores.map((one) => one.check()));
    await Promise.all(stores.map((one) => one.close()));
    expect(await fresh.client.bucketExists(fresh.name)).to.equal(true);
  });

  it('says that a bucket is gone instead of taking its objects for missing', async () => {
    await using fresh = testBucket(scene.bucket.url);
    await using orphan = await scene.openAt(fresh.url);
    await fresh[Symbol.asyncDispose]();
    await expectAway(orphan.get('p/01h/large.jpg'));
    await expectAway(orphan.stat('p/01h/large.jpg'));
    await expectAway(orphan.check());
  });

  it('is not opened with keys that are wrong, and the message shows none', async () => {
    const url = new URL(scene.bucket.url);
    url.password = 'a-wrong-secret';
    const error = (await scene.openAt(url.href).catch((thrown: unknown) => thrown)) as ObjectStoreError;
    expect(error.kind).to.equal('unavailable');
    expect(error.message).to.match(/SignatureDoesNotMatch|AccessDenied/);
    expect(error.message).to.contain('S3_URL').and.not.contain('a-wrong-secret');
  });

  it('keeps the bucket from everybody else', async () => {
    await made.put('p/01h/large.jpg', 'private');
    const { origin, pathname } = new URL(scene.bucket.url);
    for (const path of ['/p/01h/large.jpg', '/', '/?list-type=2']) {
      expect((await fetch(`${origin}${pathname}${path}`)).status, path).to.equal(403);
    }
    expect(scene.logged).to.deep.equal([]);
  });

  for (const [what, action, resource] of [
    ['read', 's3:GetObject', '/*'],
    ['read below a prefix', 's3:GetObject', '/p/*'],
    ['listed', 's3:ListBucket', ''],
  ]) {
    it(`warns of a bucket that may be ${what} by everybody, with what to type`, async () => {
      await using open = testBucket(scene.bucket.url);
      await open.client.makeBucket(open.name);
      const statement = {
        Effect: 'Allow',
        Principal: { AWS: ['*'] },
        Action: [action],
        Resource: [`arn:aws:s3:::${open.name}${resource}`],
      };
      const policy = { Version: '2012-10-17', Statement: [statement] };
      await open.client.setBucketPolicy(open.name, JSON.stringify(policy));
      await using _ = await scene.openAt(open.url);
      await until('it is said', () => scene.logged.length > 0);
      expect(scene.logged).to.have.length(1);
      expect(scene.logged[0]).to.contain(`mc anonymous set none ALIAS/${open.name}`).and.contain('aws s3api');
    });
  }

  /** An endpoint that answers some requests itself and hands the others on. */
  async function endpoint(answers: (method: string, path: string) => [number, string] | undefined) {
    const target = new URL(scene.bucket.url);
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
    const url = new URL(scene.bucket.url);
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
    const ofBucket = (path: string) => path.split('?')[0] === `/${scene.bucket.name}`;
    await using strict = await endpoint((method, path) =>
      ofBucket(path) && (method === 'HEAD' || method === 'PUT') ? [403, 'AccessDenied'] : undefined,
    );
    await using used = await scene.openAt(strict.url);
    await used.put('p/01h/large.jpg', await scene.fileOf('x'), 'image/jpeg');
    expect(await used.stat('p/01h/large.jpg')).to.include({ sizeBytes: 1 });
  });

  it('is not opened where it may not write', async () => {
    await using readOnly = await endpoint((method) => (method === 'PUT' ? [403, 'AccessDenied'] : undefined));
    const error = (await scene.openAt(readOnly.url).catch((thrown: unknown) => thrown)) as ObjectStoreError;
    expect(error.message).to.contain('AccessDenied').and.contain(scene.bucket.name);
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
    await using used = await scene.openAt(busy.url);
    await used.put('p/01h/large.jpg', await scene.fileOf('x'), 'image/jpeg');
    expect(await used.stat('p/01h/large.jpg')).to.include({ sizeBytes: 1 });
    expect(await text((await used.get('p/01h/large.jpg'))?.stream as Readable)).to.equal('x');
    await used.remove('p/01h/large.jpg');

    const large = await scene.largeFile(40 * megabyte);
    isBusy = (method) => method === 'POST';
    await expectAway(used.put('o/1/export.zip', large, 'application/zip'));
    await expectAway(used.put('o/1/export.zip', large, 'application/zip'));
    expect(await scene.uploadsOf('o/1/export.zip')).to.deep.equal([]);
    await used.put('o/1/export.zip', large, 'application/zip');
    expect((await used.stat('o/1/export.zip'))?.sizeBytes).to.equal(40 * megabyte);
  });
});
