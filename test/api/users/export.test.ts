import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { sql } from 'kysely';
import { archiveKey, archivePath } from '../../../shared/exports/index.ts';
import { keyOf } from '../../../shared/ids.ts';
import { openSignedUrls } from '../../../shared/images/signed-urls.ts';
import { removeExpiredExports } from '../../../workers/sweep-accounts.ts';
import { type Client, photoForm, send } from '../../tools/client.ts';
import { filesBelow } from '../../tools/files.ts';
import { listen } from '../../tools/listen.ts';
import { effectsOn, jobsOwed } from '../../tools/owed.ts';
import { photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { unzip } from '../../tools/unzip.ts';
import { until, type World, world } from '../../tools/world.ts';

const path = '/v1/users/me/export';

describe('POST and GET /v1/users/me/export', () => {
  let w: World;
  let count = 0;
  before(async () => {
    // Nobody makes anything: what is asked for waits.
    w = await world({ serves: [] });
  });
  after(() => w[Symbol.asyncDispose]());

  async function joined(): Promise<Client> {
    count += 1;
    return w.join(`alice${count}`);
  }
  const fail = (exportId: string) =>
    w.tools.db
      .updateTable('effects')
      .set({ state: 'failed', finished_at: new Date() })
      .where('subject', '=', exportId)
      .execute();

  it('answers 202 with what is to come, and owes it', async () => {
    const alice = await joined();
    expectRefusal(await alice.get(path), 'NOT_FOUND', { field: 'export', message: 'Export not found' });
    const asked = await alice.post(path);
    expect(asked.status, asked.text).to.equal(202);
    const { export_id: exportId, created_at: createdAt, ...rest } = asked.body;
    expect(exportId).to.match(/^export_[0-9a-z]{26}$/);
    expect(Date.parse(createdAt)).to.be.within(Date.now() - 60_000, Date.now());
    expect(rest).to.eql({
      state: 'pending',
      progress: 0,
      finished_at: null,
      size_bytes: null,
      url: null,
      expires_at: null,
    });
    expect((await alice.get(path)).body).to.eql(asked.body);
    expect(await effectsOn(w.tools, exportId)).to.eql([
      {
        event: 'exportRequested',
        job: 'build-export',
        state: 'pending',
        payload: { exportId, requestId: asked.headers.get('x-request-id') },
      },
    ]);
  });

  it('makes one at a time, however often it is asked for', async () => {
    const alice = await joined();
    const replies = await Promise.all([1, 2, 3, 4].map(() => alice.post(path)));
    expect(replies.map(({ status }) => status)).to.eql([202, 202, 202, 202]);
    const ids = new Set(replies.map(({ body }) => body.export_id));
    expect(ids.size).to.equal(1);
    const [exportId = ''] = ids;
    expect(await jobsOwed(w.tools, exportId, 'exportRequested')).to.eql(['build-export']);
    const key = { 'Idempotency-Key': 'my-data' };
    const first = await alice.post(path, undefined, key);
    expect((await alice.post(path, undefined, key)).text).to.equal(first.text);
    const bob = await joined();
    expect((await bob.post(path)).body.export_id, 'each their own').not.to.equal(exportId);
  });

  it('says that it failed, and makes another one then', async () => {
    const alice = await joined();
    const first = (await alice.post(path)).body.export_id;
    await sql`UPDATE exports SET started_at = now(), progress = 0.5 WHERE export_id = ${first}`.execute(
      w.tools.db,
    );
    expect((await alice.get(path)).body).to.include({ state: 'running', progress: 0.5 });
    await fail(first);
    expect((await alice.get(path)).body).to.include({ export_id: first, state: 'failed', url: null });
    const second = (await alice.post(path)).body;
    expect(second).to.include({ state: 'pending' });
    expect(second.export_id).not.to.equal(first);
    expect((await alice.get(path)).body).to.eql(second);
  });

  it('is for those who are signed in', async () => {
    expectRefusal(await send(w.base, 'POST', path), 'UNAUTHORIZED');
    expectRefusal(await send(w.base, 'GET', path), 'UNAUTHORIZED');
  });
});

describe('an archive', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let url: string;
  let exportId: string;
  let archive: Buffer;
  before(async () => {
    w = await world();
    [alice, bob] = [await w.join('alice'), await w.join('bob')];
    await alice.upload(await photo({ width: 90, height: 60 }));
    await alice.form('PUT', '/v1/users/me/avatar', photoForm(await photo({ seed: 4 })));
    await alice.post(path);
    await w.settle();
    ({ url, export_id: exportId } = (await alice.get(path)).body);
    archive = (await fetched(url)).bytes;
  });
  after(() => w[Symbol.asyncDispose]());

  async function fetched(from: string, headers: Record<string, string> = {}, method = 'GET') {
    const response = await fetch(from.replace(w.config.PUBLIC_URL, w.base), { headers, method });
    return {
      status: response.status,
      headers: response.headers,
      bytes: Buffer.from(await response.arrayBuffer()),
    };
  }

  it('is there for a week when it is done, by a URL that soon lapses', async () => {
    const { body } = await alice.get(path);
    expect(body).to.include({ state: 'done', progress: 1, size_bytes: archive.length });
    const [created, finished, expires] = [body.created_at, body.finished_at, body.expires_at].map(Date.parse);
    expect(finished).to.be.within(created as number, Date.now());
    expect(((expires as number) - (finished as number)) / 86_400_000).to.be.closeTo(7, 0.001);
    const prefix = `${w.config.PUBLIC_URL}/exports/${keyOf(exportId)}.zip?e=`;
    expect(url.startsWith(prefix), url).to.equal(true);
    const lapsesInS = Number(new URL(url).searchParams.get('e')) - Date.now() / 1_000;
    expect(lapsesInS).to.be.within(60, 600);
    expect([...unzip(archive).keys()]).to.include.members(['README.txt', 'index.json', 'profile.json']);
  });

  it('is sent as a file to keep, to nobody else, whole or in parts', async () => {
    const whole = await fetched(url);
    expect(whole.status).to.equal(200);
    expect(whole.headers.get('content-type')).to.equal('application/zip');
    expect(whole.headers.get('cache-control')).to.equal('private, no-store');
    expect(whole.headers.get('content-disposition')).to.match(
      /^attachment; filename="emulsion-alice-\d{4}-\d\d-\d\d\.zip"$/,
    );
    expect(whole.headers.get('cross-origin-resource-policy')).to.equal('same-origin');
    expect(whole.headers.get('x-content-type-options')).to.equal('nosniff');
    expect(whole.headers.get('x-request-id')).to.match(/^req_/);
    expect(whole.headers.get('x-ratelimit-limit')).to.equal(null);
    const rest = await fetched(url, { Range: 'bytes=100-' });
    expect(rest.status).to.equal(206);
    expect(rest.bytes.equals(archive.subarray(100))).to.equal(true);
    expect(rest.headers.get('content-disposition')).to.equal(whole.headers.get('content-disposition'));
    const etag = whole.headers.get('etag') as string;
    const resumed = await fetched((await alice.get(path)).body.url, {
      Range: 'bytes=5-9',
      'If-Range': etag,
    });
    expect([resumed.status, resumed.bytes.length], 'by another URL of it').to.eql([206, 5]);
    const head = await fetched(url, {}, 'HEAD');
    expect([head.status, head.bytes.length]).to.eql([200, 0]);
    expect(head.headers.get('content-length')).to.equal(String(archive.length));
  });

  it('is not there for a URL that is not signed for it, or has lapsed', async () => {
    const { signedUrls } = w.tools;
    const query = new URL(url).search;
    const own = archivePath(exportId);
    const strangers = openSignedUrls('another secret that signs nothing here');
    const refused = [
      own,
      `${own}?e=9999999999&s=${new URL(url).searchParams.get('s')}`,
      own + query.replace(/s=(.)/, (_, first) => (first === 'A' ? 's=B' : 's=A')),
      own + signedUrls.sign(own, Date.now() - 3_600_000),
      own + signedUrls.sign(`p/${keyOf(exportId)}`),
      own + strangers.sign(own),
      `/exports/${keyOf(bob.userId)}.zip${query}`,
      `/exports/..%2f${keyOf(exportId)}.zip${query}`,
    ];
    for (const each of refused) {
      const reply = await send(w.base, 'GET', each);
      expectRefusal(reply, 'NOT_FOUND', { field: 'key', message: 'Export not found' });
      expect(reply.headers.get('cache-control')).to.equal('private, no-store');
    }
  });

  it('is answered again for a day, and then made anew', async () => {
    expect((await alice.post(path)).body).to.include({ export_id: exportId, state: 'done' });
    const age = (hours: number) =>
      sql`UPDATE exports SET finished_at = now() - make_interval(hours => ${hours})
        WHERE export_id = ${exportId}`.execute(w.tools.db);
    await age(25);
    const next = (await alice.post(path)).body;
    expect(next.export_id).not.to.equal(exportId);
    expect((await fetched(url)).status, 'the older one stays its week').to.equal(200);
    await w.settle();
    expect((await alice.get(path)).body).to.include({ export_id: next.export_id, state: 'done' });
    await w.tools.db.deleteFrom('exports').where('export_id', '=', next.export_id).execute();
    await age(0);
  });

  it('is told of live', async () => {
    await using ear = await listen(w.base, bob);
    const { export_id } = (await bob.post(path)).body;
    await until('bob hears of it', () => ear.types().includes('export.ready'));
    const message = ear.messages.find(({ type }) => type === 'export.ready');
    expect(message?.data).to.eql({ export_id });
  });

  it('is all that is left of making it', async () => {
    for (const folder of ['archives', 'uploads']) {
      expect(await filesBelow(`${w.config.DATA_DIR}/${folder}`)).to.eql([]);
    }
  });

  it('goes when its week is over, and with a store that lost it is not there', async () => {
    const carol = await w.join('carol');
    await carol.post(path);
    await w.settle();
    const { url: hers, export_id: herId } = (await carol.get(path)).body;
    expect((await fetched(hers)).status).to.equal(200);
    expect(await removeExpiredExports(w.tools)).to.equal(0);
    await sql`UPDATE exports SET expires_at = now() - interval '1 second' WHERE export_id = ${herId}`.execute(
      w.tools.db,
    );
    expect((await fetched(hers)).status).to.equal(404);
    expectRefusal(await carol.get(path), 'NOT_FOUND', { field: 'export', message: 'Export not found' });
    expect(await removeExpiredExports(w.tools)).to.equal(1);
    expect(await w.tools.images.stat(archiveKey(carol.userId, herId))).to.equal(undefined);
    const rows = await w.tools.db.selectFrom('exports').select('id').where('export_id', '=', herId).execute();
    expect(rows).to.eql([]);
    expect((await carol.post(path)).body).to.include({ state: 'pending' });
    await w.settle();
    const again = (await carol.get(path)).body;
    await w.tools.images.remove(archiveKey(carol.userId, again.export_id));
    expect((await fetched(again.url)).status).to.equal(404);
  });

  it('is not there while its account is suspended', async () => {
    const set = (at: Date | null) =>
      w.tools.db.updateTable('users').set({ suspended_at: at }).where('user_id', '=', alice.userId).execute();
    await set(new Date());
    expect((await fetched(url)).status).to.equal(404);
    await set(null);
    expect((await fetched(url)).status).to.equal(200);
  });

  it('is the same in every byte, however it is fetched', async () => {
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    const half = Math.floor(archive.length / 2);
    const [first, second] = await Promise.all([
      fetched(url, { Range: `bytes=0-${half - 1}` }),
      fetched(url, { Range: `bytes=${half}-` }),
    ]);
    expect(digest(Buffer.concat([first.bytes, second.bytes]))).to.equal(digest(archive));
  });
});
