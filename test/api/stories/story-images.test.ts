import { expect } from 'chai';
import sharp from 'sharp';
import { keyOf } from '../../../shared/ids.ts';
import { startWorker } from '../../../workers/worker.ts';
import { type Client, photoForm, send } from '../../tools/client.ts';
import { queuedJobs } from '../../tools/owed.ts';
import { hiddenTexts, photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { endStories, storyOf } from '../../tools/stories.ts';
import { until, type World, world } from '../../tools/world.ts';

describe('pictures of stories', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  before(async () => {
    w = await world();
    [alice, bob] = [await w.join('alice'), await w.join('bob')];
  });
  after(() => w[Symbol.asyncDispose]());

  const path = (url: string) => url.replace(w.config.CDN_BASE_URL, '');
  async function get(url: string, method = 'GET') {
    const response = await fetch(w.base + path(url), { method });
    const bytes = Buffer.from(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, bytes };
  }
  const plain = (storyId: string, size = 'full') => `/stories/${keyOf(storyId)}/${size}.jpg`;
  const maxAge = (headers: Headers) => Number(/max-age=(\d+)/.exec(headers.get('cache-control') ?? '')?.[1]);
  const refused = async (url: string, code: 'GONE' | 'NOT_FOUND') => {
    const reply = await send(w.base, 'GET', path(url));
    expectRefusal(
      reply,
      code,
      code === 'GONE' ? { field: 'key' } : { field: 'key', message: 'Image not found' },
    );
    expect(reply.headers.get('cache-control')).to.equal('private, no-store');
    expect(reply.headers.get('x-ratelimit-limit')).to.equal(null);
  };

  it('answer at once: a thumb and a picture at most 1080 wide, upright and without metadata', async () => {
    const original = await photo({ width: 1_400, height: 2_000, orientation: 6, metadata: true });
    const { body, text } = await alice.form('POST', '/v1/stories', photoForm(original));
    expect(body.media_url, text).to.be.a('string');
    const [full, thumb] = await Promise.all([get(body.media_url), get(body.thumbnail_url)]);
    expect([full.status, thumb.status]).to.eql([200, 200]);
    expect(full.headers.get('content-type')).to.equal('image/jpeg');
    const size = async (bytes: Buffer) => {
      const { width, height } = await sharp(bytes).metadata();
      return [width, height];
    };
    expect(await size(full.bytes)).to.eql([1_080, Math.round((1_080 * 2_000) / 1_400)]);
    expect(await size(thumb.bytes)).to.eql([150, 150]);
    for (const hidden of hiddenTexts) expect(full.bytes.includes(hidden), hidden).to.equal(false);
    expect((await get(body.media_url, 'HEAD')).headers.get('content-length')).to.equal(
      String(full.bytes.length),
    );
  });

  it('may be kept no longer than the story lives', async () => {
    const storyId = await storyOf(alice);
    const { headers } = await get(plain(storyId));
    expect(headers.get('cache-control')).to.match(/^public, max-age=\d+, s-maxage=60$/);
    expect(maxAge(headers)).to.be.within(86_390, 86_400);
    await w.tools.db
      .updateTable('stories')
      .set({ expires_at: new Date(Date.now() + 20_000) })
      .where('story_id', '=', storyId)
      .execute();
    const late = (await get(plain(storyId))).headers;
    expect(maxAge(late)).to.be.within(18, 20);
    expect(late.get('cache-control')).to.equal(`public, max-age=${maxAge(late)}, s-maxage=${maxAge(late)}`);
  });

  it('are 410 from the second on in which the story is over', async () => {
    const storyId = await storyOf(alice);
    expect((await get(plain(storyId))).status).to.equal(200);
    await endStories(w, storyId);
    for (const size of ['full', 'thumb']) await refused(plain(storyId, size), 'GONE');
  });

  it('stay in the owner’s archive, by URLs that only the owner is given', async () => {
    const storyId = await storyOf(alice);
    await w.settle();
    await endStories(w, storyId);
    const [archived] = (await alice.get('/v1/users/me/story-archive')).body.stories;
    expect(archived.story_id).to.equal(storyId);
    for (const url of [archived.media_url, archived.thumbnail_url]) {
      const { status, headers } = await get(url);
      expect(status).to.equal(200);
      expect(headers.get('cache-control')).to.match(/^private, max-age=\d+$/);
      expect(maxAge(headers)).to.be.within(1, 600);
      await refused(url.replace(/s=...../, 's=AAAAA'), 'GONE');
    }
  });

  it('are shown to everybody again by a highlight of a public account, until it is taken down', async () => {
    const storyId = await storyOf(alice);
    await w.settle();
    await endStories(w, storyId);
    await refused(plain(storyId), 'GONE');
    const highlight = (await alice.post('/v1/users/me/highlights', { title: 'Sea', story_ids: [storyId] }))
      .body;
    expect(path(highlight.stories[0].media_url)).to.equal(plain(storyId));
    const { status, headers } = await get(plain(storyId));
    expect([status, headers.get('cache-control')]).to.eql([200, 'public, max-age=3600, s-maxage=60']);
    await alice.delete(`/v1/users/me/highlights/${highlight.highlight_id}`);
    await refused(plain(storyId), 'GONE');
  });

  it('of a private account are given to its followers only, by URLs that end with the story', async () => {
    const shy = await w.join('shy');
    const storyId = await storyOf(shy);
    await bob.post('/v1/users/@shy/follow');
    expect((await get(plain(storyId))).status, 'public so far').to.equal(200);
    await shy.patch('/v1/users/me', { is_private: true });
    await refused(plain(storyId), 'NOT_FOUND');
    const [story] = (await bob.get(`/v1/users/${shy.userId}/stories`)).body.stories;
    const { status, headers } = await get(story.media_url);
    expect(status).to.equal(200);
    expect(headers.get('cache-control')).to.match(/^private, max-age=\d+$/);
    expect(maxAge(headers)).to.be.within(1, 600);
    await endStories(w, storyId);
    await refused(story.media_url, 'GONE');
    await shy.post('/v1/users/me/highlights', { title: 'Kept', story_ids: [storyId] });
    await refused(story.media_url, 'GONE');
    const [{ stories }] = (await bob.get(`/v1/users/${shy.userId}/highlights`)).body.highlights;
    expect((await get(stories[0].media_url)).status).to.equal(200);
    await refused(plain(storyId), 'GONE');
  });

  it('of hidden accounts, deleted stories and sizes there are none of are 404', async () => {
    const storyId = await storyOf(alice);
    expectRefusal(await send(w.base, 'GET', plain(storyId, 'large')), 'NOT_FOUND', {
      field: 'size',
      message: 'Image not found',
    });
    for (const key of ['01j8z3k4m5n6p7q8r9s0t1v2w3', 'x', '..%2fx', `${keyOf(storyId)}_2`]) {
      await refused(`/stories/${key}/full.jpg`, 'NOT_FOUND');
    }
    await alice.delete(`/v1/stories/${storyId}`);
    await refused(plain(storyId), 'NOT_FOUND');
    const ghost = await w.join('ghost');
    const ghostly = await storyOf(ghost);
    await w.tools.db
      .updateTable('users')
      .set({ suspended_at: new Date() })
      .where('user_id', '=', ghost.userId)
      .execute();
    await refused(plain(ghostly), 'NOT_FOUND');
  });

  it('are made again when their files are lost', async () => {
    const storyId = await storyOf(alice);
    await w.settle();
    const before = await get(plain(storyId));
    await w.tools.images.removeAll(`stories/${keyOf(storyId)}/`);
    const again = await get(plain(storyId));
    expect([again.status, again.bytes.equals(before.bytes)]).to.eql([200, true]);
  });

  it('are waited for while they are made, and the job comes first', async () => {
    await using lazy = await world({ serves: [] });
    const carol = await lazy.join('carol');
    const storyId = await storyOf(carol);
    const waiting = fetch(lazy.base + plain(storyId));
    await until('the job waits', async () =>
      (await queuedJobs(lazy.tools)).some(({ name }) => name === 'make-story-renditions'),
    );
    const worker = await startWorker(lazy.config, ['media']);
    try {
      expect((await waiting).status).to.equal(200);
    } finally {
      await worker.stop();
    }
  });
});
