/** Who is tagged in the posts of a feed, which are kept ready for everybody. */
import { expect } from 'chai';
import { sql } from 'kysely';
import type { Client } from '../../tools/client.ts';
import { photo } from '../../tools/photos.ts';
import { type World, world } from '../../tools/world.ts';

describe('tagged users in GET /v1/feed', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let carol: Client;
  let dave: Client;
  before(async () => {
    w = await world();
    [alice, bob, carol, dave] = [
      await w.join('alice'),
      await w.join('bob'),
      await w.join('carol'),
      await w.join('dave'),
    ];
    for (const reader of [bob, carol]) await reader.post('/v1/users/@alice/follow');
    const tagged_users = [carol.userId, dave.userId];
    await alice.upload(await photo({ width: 8, height: 8 }), { tagged_users });
    await w.settle();
  });
  after(() => w[Symbol.asyncDispose]());

  async function taggedFor(reader: Client): Promise<string[]> {
    const [post] = (await reader.get('/v1/feed')).body.posts;
    expect(post, 'the same as by itself').to.eql((await reader.get(`/v1/posts/${post.post_id}`)).body);
    return post.tagged_users.map(({ username }: { username: string }) => username);
  }

  it('leave out who blocked the viewer, also in feeds and bodies that are cached', async () => {
    expect(await taggedFor(bob)).to.eql(['carol', 'dave']);
    await dave.post('/v1/users/@bob/block');
    expect(await taggedFor(bob)).to.eql(['carol']);
    expect(await taggedFor(carol), 'others see them').to.eql(['carol', 'dave']);
    await bob.post(`/v1/posts/${(await bob.get('/v1/feed')).body.posts[0].post_id}/like`);
    expect(await taggedFor(bob), 'in a post that one likes').to.eql(['carol']);
    await dave.delete('/v1/users/@bob/block');
    expect(await taggedFor(bob)).to.eql(['carol', 'dave']);
  });

  it('leave out who is hidden', async () => {
    await sql`UPDATE users SET suspended_at = now() WHERE user_id = ${dave.userId}`.execute(w.tools.db);
    await w.tools.profiles.forget(dave.userId);
    expect(await taggedFor(bob)).to.eql(['carol']);
    expect(await taggedFor(carol)).to.eql(['carol']);
  });
});
