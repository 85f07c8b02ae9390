/** A post goes out of everybody's sight and comes back. */
import { expect } from 'chai';
import { appOf, dataOf } from '../tools/app.ts';
import { photo } from '../tools/photos.ts';
import { type World, world } from '../tools/world.ts';

describe('archiving a post', () => {
  let w: World;
  before(async () => {
    w = await world();
  });
  after(() => w[Symbol.asyncDispose]());

  it('takes it out of every list of everybody but its author, and brings it back to each', async () => {
    const [alice, bob] = [await w.join('alice'), await w.join('bob')];
    await bob.post('/v1/users/@alice/follow');
    const { post_id: postId } = (
      await alice.upload(await photo({ width: 60, height: 60 }), { caption: 'A quiet harbour #harbour' })
    ).body;
    const path = `/v1/posts/${postId}`;
    await bob.post(`${path}/save`);
    await bob.post(`${path}/like`);
    await w.settle();

    /** Where bob comes across it. */
    async function places(): Promise<string[]> {
      const lists = {
        feed: '/v1/feed',
        profile: `/v1/users/${alice.userId}/posts`,
        hashtag: '/v1/hashtags/harbour/posts',
        saved: '/v1/users/me/saved',
        liked: '/v1/users/me/liked',
      };
      const found: string[] = [];
      for (const [name, list] of Object.entries(lists)) {
        const { body, status } = await bob.get(list);
        const posts: { post_id: string }[] = status === 200 ? body.posts : [];
        if (posts.some((post) => post.post_id === postId)) found.push(name);
      }
      const { results } = (await bob.get('/v1/search?q=harbour&type=post')).body;
      if (results.length > 0) found.push('search');
      if ((await bob.get(path)).status === 200) found.push('itself');
      const { post_count: count } = (await bob.get(`/v1/users/${alice.userId}`)).body;
      if (count === 1) found.push('count');
      return found;
    }
    const everywhere = ['feed', 'profile', 'hashtag', 'saved', 'liked', 'search', 'itself', 'count'];
    expect(await places()).to.eql(everywhere);

    await alice.put(path, { is_archived: true });
    expect(await places(), 'at once').to.eql([]);
    await w.settle();
    expect(await places(), 'and for good').to.eql([]);
    expect((await alice.get('/v1/search?q=harbour&type=hashtag')).body.results).to.eql([]);
    const app = appOf(w.base, alice);
    const archived = async () =>
      (await dataOf(app.GET('/v1/users/me/archived'))).posts.map((post) => post.post_id);
    expect(await archived()).to.eql([postId]);

    await alice.put(path, { is_archived: false });
    await w.settle();
    expect(await places()).to.eql(everywhere);
    const [back] = (await bob.get('/v1/feed')).body.posts;
    expect(back).to.deep.include({ is_liked: true, is_saved: true, like_count: 1, is_archived: false });
    expect(await archived()).to.eql([]);
  });
});
