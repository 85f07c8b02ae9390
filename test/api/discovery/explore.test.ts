import { expect } from 'chai';
import { encodeCursor } from '../../../api/cursor.ts';
import { keys } from '../../../shared/keys.ts';
import type { Client } from '../../tools/client.ts';
import { photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { type World, world } from '../../tools/world.ts';

describe('GET /v1/explore', () => {
  let w: World;
  let [alice, bob, carol] = [] as unknown as [Client, Client, Client];
  before(async () => {
    w = await world();
    const image = await photo({ width: 40, height: 40 });
    [alice, bob, carol] = [await w.join('alice'), await w.join('bob'), await w.join('carol')];
    for (const [who, captions] of [
      [alice, ['plain', 'liked', 'loved']],
      [bob, ['of bob']],
    ] as const) {
      for (const caption of captions) {
        const { post_id: postId } = (await who.upload(image, { caption })).body;
        if (caption === 'liked' || caption === 'loved') await bob.post(`/v1/posts/${postId}/like`);
        if (caption === 'loved') await carol.post(`/v1/posts/${postId}/like`);
      }
    }
    await w.settle();
  });
  after(() => w[Symbol.asyncDispose]());

  /** As if the latest ranking were a minute old. */
  const age = () => w.tools.cache.del(keys.exploreLatest);
  const seenBy = async (who: Client, query = '') => {
    const reply = await who.get(`/v1/explore${query}`);
    expect(reply.status, reply.text).to.equal(200);
    return reply.body.posts.map((post: { caption: string }) => post.caption);
  };

  it('shows what others like, the most liked first, page by page', async () => {
    expect(await seenBy(carol)).to.eql(['loved', 'liked', 'of bob', 'plain']);
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await carol.get(`/v1/explore?limit=1${cursor}`);
      seen.push(...body.posts.map((post: { caption: string }) => post.caption));
      // A new ranking does not disturb whoever reads the old one.
      await age();
      await carol.get('/v1/explore?limit=1');
      if (!body.has_more) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(seen).to.eql(['loved', 'liked', 'of bob', 'plain']);
  });

  it("leaves out one's own, and those one follows, mutes or has a block with", async () => {
    expect(await seenBy(bob)).to.eql(['loved', 'liked', 'plain']);
    for (const act of ['follow', 'mute', 'block']) {
      await carol.post(`/v1/users/${alice.userId}/${act}`);
      expect(await seenBy(carol), act).to.eql(['of bob']);
      if (act === 'block') expect(await seenBy(alice), 'both ways').to.eql(['of bob']);
      await carol.delete(`/v1/users/${alice.userId}/${act}`);
      expect(await seenBy(carol), act).to.have.length(4);
    }
  });

  it('shows nothing of private accounts, from the next request on', async () => {
    await alice.patch('/v1/users/me', { is_private: true });
    expect(await seenBy(carol)).to.eql(['of bob']);
    await alice.patch('/v1/users/me', { is_private: false });
    expect(await seenBy(carol)).to.have.length(4);
  });

  it('refuses cursors that have lapsed or lead nowhere', async () => {
    const nowhere = encodeCursor('explore', ['0b0f2a3c-3d0a-4a8e-9c3e-0d5c0f0a1b2c', 3]);
    expectRefusal(await carol.get(`/v1/explore?cursor=${nowhere}`), 'GONE', { field: 'cursor' });
    for (const cursor of ['x', encodeCursor('explore', ['no-id', 3]), encodeCursor('feed', ['x'])]) {
      expectRefusal(await carol.get(`/v1/explore?cursor=${cursor}`), 'INVALID_INPUT', { field: 'cursor' });
    }
  });
});
