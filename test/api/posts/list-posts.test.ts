import { expect } from 'chai';
import { type Client, type Reply, send } from '../../tools/client.ts';
import { photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { type World, world } from '../../tools/world.ts';

const lists = ['saved', 'liked', 'archived'] as const;

describe('GET /v1/users/me/saved, /liked and /archived, and GET /v1/posts/{post_id}/likes', () => {
  let w: World;
  let image: Buffer;
  let count = 0;
  before(async () => {
    w = await world({ serves: [] });
    image = await photo({ width: 40, height: 40 });
  });
  after(() => w[Symbol.asyncDispose]());

  /** Two people nobody knows yet, and posts of the first, the oldest first. */
  async function people(posts: number) {
    count += 1;
    const [alice, bob] = [await w.join(`alice${count}`), await w.join(`bob${count}`)];
    const ids: string[] = [];
    for (let n = 0; n < posts; n += 1) ids.push((await alice.upload(image)).body.post_id);
    return { alice, bob, ids };
  }
  const idsIn = (reply: Reply) => reply.body.posts.map((post: { post_id: string }) => post.post_id);
  const listed = async (client: Client, list: string) => idsIn(await client.get(`/v1/users/me/${list}`));
  const acts = { saved: 'save', liked: 'like' } as const;

  for (const list of ['saved', 'liked'] as const) {
    const act = acts[list];

    it(`lists what was ${list}, the newest act first, as it is now`, async () => {
      const { alice, bob, ids } = await people(3);
      const [one, two, three] = ids as [string, string, string];
      for (const id of [two, three, one]) await bob.post(`/v1/posts/${id}/${act}`);
      expect(await listed(bob, list)).to.eql([one, three, two]);
      expect(await listed(alice, list), 'it is of nobody else').to.eql([]);
      const reply = await bob.get(`/v1/users/me/${list}`);
      expect(reply.body).to.deep.include({ next_cursor: null, has_more: false });
      expect(reply.body.posts[0]).to.eql((await bob.get(`/v1/posts/${one}`)).body);
      expect(reply.body.posts[0][`is_${list}`]).to.equal(true);

      await bob.delete(`/v1/posts/${three}/${act}`);
      expect(await listed(bob, list)).to.eql([one, two]);
      await bob.delete(`/v1/posts/${two}/${act}`);
      await bob.post(`/v1/posts/${two}/${act}`);
      expect(await listed(bob, list), 'again is anew').to.eql([two, one]);
      await bob.post(`/v1/posts/${one}/${act}`);
      expect(await listed(bob, list), 'twice is once').to.eql([two, one]);
      await alice.delete(`/v1/posts/${one}`);
      expect(await listed(bob, list)).to.eql([two]);
    });

    it(`leaves out of the ${list} what may not be seen any more, and shows it again when it may`, async () => {
      const { alice, bob, ids } = await people(2);
      const [one, two] = ids as [string, string];
      for (const id of ids) await bob.post(`/v1/posts/${id}/${act}`);
      await alice.post(`/v1/posts/${one}/${act}`);
      await alice.put(`/v1/posts/${one}`, { is_archived: true });
      expect(await listed(bob, list)).to.eql([two]);
      expect(await listed(alice, list), 'its author still sees it').to.eql([one]);
      await alice.put(`/v1/posts/${one}`, { is_archived: false });
      expect(await listed(bob, list)).to.eql([two, one]);
      await alice.patch('/v1/users/me', { is_private: true });
      expect(await listed(bob, list)).to.eql([]);
      await alice.patch('/v1/users/me', { is_private: false });
      await alice.post(`/v1/users/${bob.userId}/block`);
      expect(await listed(bob, list)).to.eql([]);
      await alice.delete(`/v1/users/${bob.userId}/block`);
      expect(await listed(bob, list)).to.eql([two, one]);
    });

    it(`pages through the ${list} without a repeat or a hole while more is ${list}`, async () => {
      const { bob, ids } = await people(7);
      for (const id of ids.slice(0, 5)) await bob.post(`/v1/posts/${id}/${act}`);
      const path = `/v1/users/me/${list}?limit=2`;
      const first = await bob.get(path);
      expect(first.body.has_more).to.equal(true);
      for (const id of ids.slice(5)) await bob.post(`/v1/posts/${id}/${act}`);
      await bob.delete(`/v1/posts/${ids[4]}/${act}`);
      const second = await bob.get(`${path}&cursor=${first.body.next_cursor}`);
      const third = await bob.get(`${path}&cursor=${second.body.next_cursor}`);
      expect([first, second, third].flatMap(idsIn)).to.eql(ids.slice(0, 5).toReversed());
      expect(third.body).to.deep.include({ next_cursor: null, has_more: false });
    });
  }

  it('lists what one archived, the newest post first, and of nobody else', async () => {
    const { alice, bob, ids } = await people(4);
    const [one, two, three, four] = ids as [string, string, string, string];
    for (const id of [three, one, four]) await alice.put(`/v1/posts/${id}`, { is_archived: true });
    expect(await listed(alice, 'archived')).to.eql([four, three, one]);
    expect(await listed(bob, 'archived')).to.eql([]);
    const first = await alice.get('/v1/users/me/archived?limit=2');
    await alice.put(`/v1/posts/${two}`, { is_archived: true });
    await alice.put(`/v1/posts/${four}`, { is_archived: false });
    const rest = await alice.get(`/v1/users/me/archived?limit=2&cursor=${first.body.next_cursor}`);
    expect([...idsIn(first), ...idsIn(rest)]).to.eql([four, three, two, one]);
    expect(await listed(alice, 'archived')).to.eql([three, two, one]);
    expect(rest.body.posts[0]).to.deep.include({ is_archived: true });
  });

  it('lists who likes a post, the newest first, with whom one follows of them', async () => {
    const { alice, bob, ids } = await people(1);
    const carol = await w.join(`carol${count}`);
    const likes = `/v1/posts/${ids[0]}/likes`;
    expect((await bob.get(likes)).body).to.eql({ users: [], next_cursor: null, has_more: false });
    for (const client of [carol, alice, bob]) await client.post(`/v1/posts/${ids[0]}/like`);
    await bob.post(`/v1/users/${carol.userId}/follow`);
    const { body } = await bob.get(likes);
    expect(body.users.map((user: { username: string }) => user.username)).to.eql([
      bob.username,
      alice.username,
      carol.username,
    ]);
    expect(body.users[2]).to.eql({
      user_id: carol.userId,
      username: carol.username,
      profile_pic_url: (await bob.get(`/v1/users/${carol.userId}`)).body.profile_pic_url,
      is_verified: false,
      is_following: true,
    });
    const first = await alice.get(`${likes}?limit=1`);
    const second = await alice.get(`${likes}?limit=2&cursor=${first.body.next_cursor}`);
    const names = [...first.body.users, ...second.body.users].map((user) => user.user_id);
    expect(names).to.eql([bob.userId, alice.userId, carol.userId]);
    expect(second.body).to.deep.include({ next_cursor: null, has_more: false });
    await alice.delete(`/v1/posts/${ids[0]}/like`);
    expect((await bob.get(likes)).body.users).to.have.length(2);
  });

  it('leaves out of the likes whom the caller may not know, and refuses who may not see the post', async () => {
    const { alice, bob, ids } = await people(1);
    const carol = await w.join(`carol${count}`);
    const likes = `/v1/posts/${ids[0]}/likes`;
    for (const client of [bob, carol]) await client.post(`/v1/posts/${ids[0]}/like`);
    const likers = async (client: Client) =>
      (await client.get(likes)).body.users.map((user: { user_id: string }) => user.user_id);
    await bob.post(`/v1/users/${carol.userId}/block`);
    expect(await likers(carol), 'whoever blocked her does not exist').to.eql([carol.userId]);
    expect(await likers(bob), 'whom he blocked he may know').to.eql([carol.userId, bob.userId]);
    expect(await likers(alice)).to.eql([carol.userId, bob.userId]);
    await w.tools.db
      .updateTable('users')
      .set({ suspended_at: new Date() })
      .where('user_id', '=', bob.userId)
      .execute();
    expect(await likers(alice)).to.eql([carol.userId]);

    await alice.patch('/v1/users/me', { is_private: true });
    for (const path of [likes, '/v1/posts/post_01j8z3k4m5n6p7q8r9s0t1v2w3/likes', '/v1/posts/%00/likes']) {
      expectRefusal(await carol.get(path), 'NOT_FOUND', { field: 'post_id', message: 'Post not found' });
    }
    expect(await likers(alice)).to.eql([carol.userId]);
  });

  it('refuses cursors of other lists, limits out of range, and who is nobody', async () => {
    const { bob, ids } = await people(2);
    for (const id of ids) await bob.post(`/v1/posts/${id}/save`);
    const cursor = (await bob.get('/v1/users/me/saved?limit=1')).body.next_cursor;
    const paths = [...lists.map((list) => `/v1/users/me/${list}`), `/v1/posts/${ids[0]}/likes`];
    for (const path of paths) {
      for (const bad of ['x', '%00', 'W10', ...(path.endsWith('saved') ? [] : [cursor])]) {
        expectRefusal(await bob.get(`${path}?cursor=${bad}`), 'INVALID_INPUT', { field: 'cursor' });
      }
      for (const bad of ['0', '101', 'x', '1.5']) {
        expectRefusal(await bob.get(`${path}?limit=${bad}`), 'INVALID_INPUT', { field: 'limit' });
      }
      expectRefusal(await send(w.base, 'GET', path), 'UNAUTHORIZED');
    }
  });
});
