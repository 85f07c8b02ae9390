import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import sharp from 'sharp';
import { keyOf } from '../../shared/ids.ts';
import { startWorker } from '../../workers/worker.ts';
import { type Client, send } from '../tools/client.ts';
import { queuedJobs } from '../tools/owed.ts';
import { photo } from '../tools/photos.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { until, type World, world } from '../tools/world.ts';

const quotaHeaders = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'ratelimit', 'ratelimit-policy'];

/** Gets bytes; `path` is also taken as a URL with the CDN's address. */
async function fetchImage(w: World, path: string, headers: Record<string, string> = {}, method = 'GET') {
  const response = await fetch(w.base + path.replace(w.config.CDN_BASE_URL, ''), { headers, method });
  return {
    status: response.status,
    headers: response.headers,
    bytes: Buffer.from(await response.arrayBuffer()),
  };
}

describe('images of posts', () => {
  let w: World;
  let alice: Client;
  let url: string;
  let key: string;
  let postId: string;
  before(async () => {
    w = await world();
    alice = await w.join('alice');
    const { body } = await alice.upload(await photo({ width: 1400, height: 900 }));
    postId = body.post_id;
    key = keyOf(postId);
    url = body.images.large;
  });
  after(() => w[Symbol.asyncDispose]());

  it('answer at once after an upload, in each size', async () => {
    const { body } = await alice.upload(await photo({ width: 1300, height: 1300, seed: 7 }));
    const sizes = await Promise.all(
      [body.images.large, body.images.medium, body.images.thumbnail].map(async (each: string) => {
        const { status, headers, bytes } = await fetchImage(w, each);
        expect(status, each).to.equal(200);
        expect(headers.get('content-type')).to.equal('image/jpeg');
        return (await sharp(bytes).metadata()).width;
      }),
    );
    expect(sizes).to.eql([1_080, 640, 150]);
  });

  it('may be kept by everybody, and spend no quota', async () => {
    const { headers, bytes } = await fetchImage(w, url);
    expect(headers.get('cache-control')).to.equal('public, max-age=31536000, s-maxage=60, immutable');
    expect(headers.get('etag')).to.match(/^"[^"]+"$/);
    expect(Date.parse(headers.get('last-modified') ?? '')).to.be.within(Date.now() - 60_000, Date.now());
    expect(headers.get('content-length')).to.equal(String(bytes.length));
    expect(headers.get('accept-ranges')).to.equal('bytes');
    expect(headers.get('cross-origin-resource-policy')).to.equal('cross-origin');
    expect(headers.get('x-content-type-options')).to.equal('nosniff');
    expect(headers.get('x-request-id')).to.match(/^req_/);
    for (const name of quotaHeaders) expect(headers.get(name), name).to.equal(null);
  });

  it('answer 304 to who has them', async () => {
    const first = await fetchImage(w, url);
    const etag = first.headers.get('etag') ?? '';
    const lastModified = first.headers.get('last-modified') ?? '';
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const reply = await fetchImage(w, url, { 'If-None-Match': known });
      expect(reply.status, known).to.equal(304);
      expect(reply.bytes).to.have.length(0);
      expect(reply.headers.get('etag')).to.equal(etag);
      expect(reply.headers.get('cache-control')).to.contain('immutable');
    }
    expect((await fetchImage(w, url, { 'If-Modified-Since': lastModified })).status).to.equal(304);
    expect((await fetchImage(w, url, { 'If-Modified-Since': new Date(0).toUTCString() })).status).to.equal(
      200,
    );
    expect((await fetchImage(w, url, { 'If-None-Match': '"other"' })).bytes).to.eql(first.bytes);
    const both = await fetchImage(w, url, { 'If-None-Match': '"other"', 'If-Modified-Since': lastModified });
    expect(both.status, 'an ETag outweighs a date').to.equal(200);
  });

  it('answer HEAD like GET, without the body', async () => {
    const get = await fetchImage(w, url);
    const head = await fetchImage(w, url, {}, 'HEAD');
    expect(head.status).to.equal(200);
    expect(head.bytes).to.have.length(0);
    for (const name of ['etag', 'content-length', 'content-type', 'cache-control', 'last-modified']) {
      expect(head.headers.get(name), name).to.equal(get.headers.get(name));
    }
  });

  it('answer the range that was asked for', async () => {
    const { bytes, headers } = await fetchImage(w, url);
    const { length } = bytes;
    const ranges: [asked: string, from: number, to: number][] = [
      ['bytes=0-99', 0, 99],
      ['bytes=100-', 100, length - 1],
      ['bytes=-50', length - 50, length - 1],
      [`bytes=-${length + 1_000}`, 0, length - 1],
      [`bytes=10-${length + 1_000}`, 10, length - 1],
      ['bytes=0-0', 0, 0],
    ];
    for (const [asked, from, to] of ranges) {
      const part = await fetchImage(w, url, { Range: asked });
      expect(part.status, asked).to.equal(206);
      expect(part.headers.get('content-range')).to.equal(`bytes ${from}-${to}/${length}`);
      expect(part.headers.get('content-length')).to.equal(String(to - from + 1));
      expect(part.bytes.equals(bytes.subarray(from, to + 1)), asked).to.equal(true);
    }
    const beyond = await fetchImage(w, url, { Range: `bytes=${length}-` });
    expect(beyond.status).to.equal(416);
    expect(beyond.headers.get('content-range')).to.equal(`bytes */${length}`);
    for (const whole of ['bytes=0-1,5-9', 'pages=1-2', 'bytes=z-']) {
      expect((await fetchImage(w, url, { Range: whole })).status, whole).to.equal(200);
    }
    const etag = headers.get('etag') ?? '';
    const resumed = (condition: string) => fetchImage(w, url, { Range: 'bytes=5-', 'If-Range': condition });
    expect((await resumed(etag)).status).to.equal(206);
    expect((await resumed(headers.get('last-modified') ?? '')).status).to.equal(206);
    expect((await resumed('"another version"')).status, 'the file has changed').to.equal(200);
  });

  it('answer 404 for what there is not, without a quota', async () => {
    const paths = [
      `/p/${key}/huge.jpg`,
      `/p/${key}_2/large.jpg`,
      `/p/${key.slice(0, -1)}/large.jpg`,
      '/p/01j8z3k4m5n6p7q8r9s0t1v2w3/large.jpg',
      '/p/..%2f..%2fsecrets/large.jpg',
      `/p/${key}%00/large.jpg`,
    ];
    for (const path of paths) {
      const reply = await send(w.base, 'GET', path);
      expectRefusal(reply, 'NOT_FOUND', {
        field: path.includes('huge') ? 'size' : 'key',
        message: 'Image not found',
      });
      expect(reply.headers.get('cache-control'), path).to.equal('private, no-store');
      expect(reply.headers.get('x-ratelimit-limit'), path).to.equal(null);
    }
  });

  it('are made again when their files are lost', async () => {
    await w.settle();
    const before = await fetchImage(w, url);
    await w.tools.images.removeAll(`p/${key}/`);
    const again = await Promise.all(
      ['large', 'medium', 'thumb'].map((size) => fetchImage(w, `/p/${key}/${size}.jpg`)),
    );
    expect(again.map(({ status }) => status)).to.eql([200, 200, 200]);
    expect(again[0]?.bytes.equals(before.bytes)).to.equal(true);
  });

  it('outlive a client that stops reading', async () => {
    await new Promise<void>((resolve) => {
      const asked = request(`${w.base}/p/${key}/large.jpg`, (response) => {
        response.once('data', () => asked.destroy());
      });
      asked.once('close', () => resolve());
      asked.on('error', () => {});
      asked.end();
    });
    expect((await fetchImage(w, url)).status).to.equal(200);
  });

  it('are gone with their post, from the next request on', async () => {
    expect((await alice.delete(`/v1/posts/${postId}`)).status).to.equal(204);
    expectRefusal(await send(w.base, 'GET', `/p/${key}/large.jpg`), 'NOT_FOUND', {
      field: 'key',
      message: 'Image not found',
    });
  });
});

describe('images that are not made yet', () => {
  let w: World;
  let alice: Client;
  beforeEach(async () => {
    w = await world({ serves: [] });
    alice = await w.join('alice');
  });
  afterEach(() => w[Symbol.asyncDispose]());

  const upload = async (seed: number) => {
    const { body } = await alice.upload(await photo({ width: 300, height: 300, seed }));
    return { postId: body.post_id as string, url: body.images.thumbnail as string };
  };

  it('are waited for by all who ask, made first, and made once', async () => {
    const posts = await Promise.all([1, 2, 3].map(upload));
    const [, , wanted] = posts as [unknown, unknown, { postId: string; url: string }];
    // The relay brings all jobs; nobody does them yet.
    const relay = await startWorker(w.config, ['relay']);
    await until('three jobs wait', async () => (await w.tools.queues.counts('media')).waiting === 3);
    await relay.stop();

    const waiting = Promise.all(Array.from({ length: 20 }, () => fetchImage(w, wanted.url)));
    const media = w.tools.queues.all.find((queue) => queue.name === 'media');
    await until('the job is at the front', async () => {
      const jobs = (await media?.getJobs(['waiting'])) ?? [];
      return jobs.some((job) => job.data.postId === wanted.postId);
    });
    expect((await media?.getJobs(['prioritized']))?.length).to.equal(2);
    const worker = await startWorker(w.config, ['media']);
    try {
      expect((await waiting).map(({ status }) => status)).to.eql(Array(20).fill(200));
      await until('all are made', async () => (await w.tools.queues.counts('media')).waiting === 0);
    } finally {
      await worker.stop();
    }
  });

  it('need not wait for the relay', async () => {
    const { postId, url } = await upload(1);
    const waiting = fetchImage(w, url);
    await until('the job waits', async () => (await queuedJobs(w.tools)).length > 0);
    const worker = await startWorker(w.config, ['media']);
    try {
      expect((await waiting).status).to.equal(200);
      await until('the effect is done', async () => {
        const { body } = await alice.get(`/v1/posts/${postId}/status`);
        return body.effects.some(
          (effect: { name: string; state: string }) =>
            effect.name === 'make-renditions' && effect.state === 'done',
        );
      });
    } finally {
      await worker.stop();
    }
  });

  it('are waited for ten seconds at the most, then 503', async () => {
    const { url } = await upload(1);
    const started = performance.now();
    const reply = await send(w.base, 'GET', url.replace(w.config.CDN_BASE_URL, ''));
    expectRefusal(reply, 'SERVICE_UNAVAILABLE', { field: 'size', reason: /still being made/ });
    expect(reply.headers.get('retry-after')).to.equal('2');
    expect(reply.headers.get('cache-control')).to.equal('private, no-store');
    expect(performance.now() - started).to.be.within(9_900, 13_000);
  });

  it('are not waited for when making them failed a moment ago', async () => {
    const { postId, url } = await upload(1);
    const image = await w.tools.db
      .selectFrom('post_images')
      .select(['original_key', 'content_type'])
      .executeTakeFirstOrThrow();
    const junk = join(w.config.DATA_DIR, 'junk');
    await writeFile(junk, 'this is no photo');
    await w.tools.images.put(image.original_key, junk, image.content_type);
    const worker = await startWorker(w.config, ['media', 'relay']);
    try {
      const path = url.replace(w.config.CDN_BASE_URL, '');
      const first = await send(w.base, 'GET', path);
      expectRefusal(first, 'SERVICE_UNAVAILABLE', { field: 'size', reason: /./ });
      expect(first.headers.get('retry-after')).to.equal('60');
      const attempts = async () => {
        const { body } = await alice.get(`/v1/posts/${postId}/status`);
        return body.effects.find((effect: { name: string }) => effect.name === 'make-renditions').attempts;
      };
      const before = await attempts();
      await Promise.all([1, 2, 3].map(() => send(w.base, 'GET', path)));
      expect(await attempts(), 'it is not tried for each viewer').to.equal(before);
    } finally {
      await worker.stop();
    }
  });

  it('are 404 as soon as their post is deleted, for those who wait too', async () => {
    const { postId, url } = await upload(1);
    const waiting = send(w.base, 'GET', url.replace(w.config.CDN_BASE_URL, ''));
    await until('it is waited for', async () => (await queuedJobs(w.tools)).length > 0);
    await alice.delete(`/v1/posts/${postId}`);
    expectRefusal(await waiting, 'NOT_FOUND', { field: 'key', message: 'Image not found' });
  });
});

describe('avatars', () => {
  let w: World;
  let alice: Client;
  before(async () => {
    w = await world({ serves: [] });
    alice = await w.join('alice');
  });
  after(() => w[Symbol.asyncDispose]());

  const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

  it('are drawn for those who have chosen none, in each size', async () => {
    const { body } = await alice.get('/v1/users/me');
    const shown = await fetchImage(w, body.profile_pic_url);
    expect(shown.status).to.equal(200);
    expect(shown.headers.get('content-type')).to.equal('image/jpeg');
    expect(shown.headers.get('cache-control')).to.equal('public, max-age=31536000, s-maxage=60, immutable');
    for (const name of quotaHeaders) expect(shown.headers.get(name), name).to.equal(null);
    for (const side of [150, 320, 640]) {
      const { bytes, status } = await fetchImage(w, `/avatars/${alice.userId}/${side}.jpg`);
      expect(status).to.equal(200);
      expect(await sharp(bytes).metadata()).to.deep.include({ format: 'jpeg', width: side, height: side });
    }
  });

  it('are the same for the same user, and another for another', async () => {
    const anna = await w.join('anna');
    const path = `/avatars/${anna.userId}/640.jpg`;
    const first = await Promise.all([1, 2, 3, 4].map(() => fetchImage(w, path)));
    expect(new Set(first.map(({ bytes }) => digest(bytes))).size).to.equal(1);
    await w.tools.images.removeAll(`avatars/${anna.userId}/`);
    const drawnAnew = await fetchImage(w, path);
    expect(digest(drawnAnew.bytes)).to.equal(digest(first[0]?.bytes as Buffer));
    const other = await fetchImage(w, `/avatars/${alice.userId}/640.jpg`);
    expect(digest(other.bytes)).not.to.equal(digest(drawnAnew.bytes));
    const { headers } = await fetchImage(w, path);
    expect((await fetchImage(w, path, { 'If-None-Match': headers.get('etag') ?? '' })).status).to.equal(304);
  });

  it('are 404 for a user or a size there is not', async () => {
    for (const userId of ['user_01j8z3k4m5n6p7q8r9s0t1v2w3', 'nobody', '..%2fx']) {
      expectRefusal(await send(w.base, 'GET', `/avatars/${userId}/320.jpg`), 'NOT_FOUND', {
        field: 'user_id',
        message: 'User not found',
      });
    }
    for (const size of ['321', '0150', 'large', '1e2']) {
      expectRefusal(await send(w.base, 'GET', `/avatars/${alice.userId}/${size}.jpg`), 'NOT_FOUND', {
        field: 'size',
        message: 'Image not found',
      });
    }
  });
});
