import { expect } from 'chai';
import { keyOf, timeOf } from '../../../shared/ids.ts';
import { type Client, photoForm, send } from '../../tools/client.ts';
import { filesBelow } from '../../tools/files.ts';
import { jobsOwed, queuedJobs } from '../../tools/owed.ts';
import { photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { postStory, storyRow } from '../../tools/stories.ts';
import { type World, world } from '../../tools/world.ts';

describe('POST /v1/stories', () => {
  let w: World;
  let alice: Client;
  before(async () => {
    w = await world({ serves: [] });
    alice = await w.join('alice');
  });
  after(() => w[Symbol.asyncDispose]());

  it('answers 201 with the story, over in a day, and who posted it', async () => {
    const before = Date.now();
    const { status, body, text } = await postStory(alice, { duration_seconds: 7 });
    expect(status, text).to.equal(201);
    const { story_id, created_at, expires_at, ...story } = body;
    expect(story_id).to.match(/^story_[0-9a-z]{26}$/);
    const url = `${w.config.CDN_BASE_URL}/stories/${keyOf(story_id)}`;
    expect(story).to.eql({
      media_type: 'image',
      media_url: `${url}/full.jpg`,
      thumbnail_url: `${url}/thumb.jpg`,
      duration_seconds: 7,
      is_seen: true,
      user: {
        user_id: alice.userId,
        username: 'alice',
        profile_pic_url: (await alice.get('/v1/users/me')).body.profile_pic_url,
        is_verified: false,
      },
    });
    expect(Date.parse(created_at)).to.be.within(before - 1_000, Date.now() + 1_000);
    expect(timeOf(story_id), 'the id tells the same time').to.equal(Date.parse(created_at));
    expect(Date.parse(expires_at) - Date.parse(created_at)).to.equal(86_400_000);
  });

  it('shows a story for 5 seconds unless told otherwise', async () => {
    expect((await postStory(alice)).body.duration_seconds).to.equal(5);
    expect((await postStory(alice, { duration_seconds: '1' })).body.duration_seconds).to.equal(1);
    expect((await postStory(alice, { duration_seconds: '15' })).body.duration_seconds).to.equal(15);
  });

  it('keeps the fact, the content and the original, owes its jobs, and has it ended in a day', async () => {
    const { body, headers } = await postStory(alice, { duration_seconds: 9 });
    const storyId = body.story_id as string;
    const row = await storyRow(w, storyId);
    expect(row).to.deep.include({
      original_key: `originals/${keyOf(storyId)}/1.jpg`,
      rendered_at: null,
      view_count: null,
      rolled_up_at: null,
    });
    expect(row?.expires_at.toISOString()).to.equal(body.expires_at);
    expect(await w.tools.images.stat(row?.original_key as string)).to.include({ contentType: 'image/jpeg' });
    const [content] = await w.tools.stories.get([{ userId: alice.userId, storyId }]);
    expect(content).to.deep.include({ durationSeconds: 9, expiresAt: row?.expires_at });
    expect(await jobsOwed(w.tools, storyId, 'storyCreated')).to.eql([
      'fan-out-story',
      'make-story-renditions',
    ]);
    const ends = (await queuedJobs(w.tools)).filter(({ payload }) => payload.storyId === storyId);
    expect(ends).to.eql([{ queue: 'stories', name: 'expire-story', payload: { storyId } }]);
    const job = await w.tools.queues.all
      .find(({ name }) => name === 'stories')
      ?.getJob(`${storyId}-expire-story`);
    expect(job?.delay).to.be.within(86_400_000, 86_410_000);
    expect(headers.get('idempotent-replayed')).to.equal(null);
  });

  it('posts once for one Idempotency-Key', async () => {
    const key = { 'Idempotency-Key': 'story-of-today' };
    const first = await postStory(alice, { duration_seconds: 3 }, key);
    const again = await postStory(alice, { duration_seconds: 3 }, key);
    expect([again.status, again.text]).to.eql([201, first.text]);
    expect(again.headers.get('idempotent-replayed')).to.equal('true');
    expectRefusal(await postStory(alice, { duration_seconds: 4 }, key), 'UNPROCESSABLE', {
      field: 'Idempotency-Key',
    });
    const { body } = await alice.get('/v1/stories');
    const ids = body.story_trays[0].stories.map((story: { story_id: string }) => story.story_id);
    expect(ids.filter((id: string) => id === first.body.story_id)).to.have.length(1);
  });

  it('refuses what it does not know, and keeps nothing of it', async () => {
    const files = () => filesBelow(`${w.config.DATA_DIR}/images/objects`);
    const kept = await files();
    const durations = ['0', '16', '1.5', 'abc', '', '-1', '1e1', '0x5', '[5]'];
    for (const duration_seconds of durations) {
      expectRefusal(await postStory(alice, { duration_seconds }), 'INVALID_INPUT', {
        field: 'duration_seconds',
        reason: /^Must be (a whole number|at (least 1|most 15))$/,
      });
    }
    const twice = photoForm(await photo({ width: 60, height: 60 }), { duration_seconds: '5' });
    twice.append('duration_seconds', '6');
    expectRefusal(await alice.form('POST', '/v1/stories', twice), 'INVALID_INPUT', {
      field: 'duration_seconds',
    });
    expectRefusal(await postStory(alice, { caption: 'hello' }), 'INVALID_INPUT', { field: 'caption' });

    const empty = new FormData();
    empty.set('duration_seconds', '5');
    expectRefusal(await alice.form('POST', '/v1/stories', empty), 'INVALID_INPUT', {
      field: 'image',
      reason: 'An image is required',
    });
    const two = photoForm(await photo({ width: 60, height: 60 }));
    two.append('image', new Blob([new Uint8Array(await photo())]), 'two.jpg');
    expectRefusal(await alice.form('POST', '/v1/stories', two), 'INVALID_INPUT', {
      field: 'image',
      reason: 'Send at most one image',
    });
    const broken = (await photo({ width: 200, height: 200 })).subarray(0, 2_000);
    const bad: [Uint8Array, 'INVALID_FORMAT' | 'INVALID_INPUT'][] = [
      [Buffer.from('no image at all'), 'INVALID_FORMAT'],
      [broken, 'INVALID_FORMAT'],
      [await photo({ width: 1_100, height: 60 }), 'INVALID_INPUT'],
    ];
    for (const [bytes, code] of bad) {
      expectRefusal(await alice.form('POST', '/v1/stories', photoForm(bytes)), code, { field: 'image' });
    }
    expectRefusal(await alice.post('/v1/stories', {}), 'INVALID_INPUT', { field: 'content-type' });
    expectRefusal(await send(w.base, 'POST', '/v1/stories', photoForm(await photo())), 'UNAUTHORIZED');
    expect(await files()).to.eql(kept);
  });

  it('lives as long as is configured', async () => {
    await using short = await world({ serves: [], env: { STORY_LIFETIME_S: '90' } });
    const { body } = await postStory(await short.join('bob'));
    expect(Date.parse(body.expires_at) - Date.parse(body.created_at)).to.equal(90_000);
  });
});
