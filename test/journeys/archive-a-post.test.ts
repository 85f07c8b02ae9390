/** A post goes out of everybody's sight and comes back. */
import { expect } from 'chai';
import { asking, at, dataOf, joinApp, type Post, share, statusOf } from '../tools/app.ts';
import { photo } from '../tools/photos.ts';
import { type World, world } from '../tools/world.ts';

describe('archiving a post', () => {
  let w: World;
  before(async () => {
    w = await world();
  });
  after(() => w[Symbol.asyncDispose]());

  it('takes it out of every list of everybody but its author, and brings it back to each', async () => {
    const [alice, bob] = [await joinApp(w.base, 'alice'), await joinApp(w.base, 'bob')];
    await dataOf(bob.POST('/v1/users/{user_id}/follow', at({ user_id: '@alice' })));
    const image = await photo({ width: 60, height: 60 });
    const { post_id: postId } = await share(alice, image, { caption: 'A quiet harbour #harbour' });
    const thePost = at({ post_id: postId });
    await dataOf(bob.POST('/v1/posts/{post_id}/save', thePost));
    await dataOf(bob.POST('/v1/posts/{post_id}/like', thePost));
    await w.settle();

    /** Where bob comes across it. A hashtag nobody uses is not found. */
    async function places(): Promise<string[]> {
      const toAlice = at({ user_id: alice.userId });
      const lists: Record<string, Promise<{ data?: { posts: Post[] } | undefined }>> = {
        feed: bob.GET('/v1/feed'),
        profile: bob.GET('/v1/users/{user_id}/posts', toAlice),
        hashtag: bob.GET('/v1/hashtags/{name}/posts', at({ name: 'harbour' })),
        saved: bob.GET('/v1/users/me/saved'),
        liked: bob.GET('/v1/users/me/liked'),
      };
      const found: string[] = [];
      for (const [name, list] of Object.entries(lists)) {
        const { data } = await list;
        if (data?.posts.some((post) => post.post_id === postId)) found.push(name);
      }
      const { results } = await dataOf(bob.GET('/v1/search', asking({ q: 'harbour', type: 'post' })));
      if (results.length > 0) found.push('search');
      if ((await statusOf(bob.GET('/v1/posts/{post_id}', thePost))) === 200) found.push('itself');
      const { post_count: count } = await dataOf(bob.GET('/v1/users/{user_id}', toAlice));
      if (count === 1) found.push('count');
      return found;
    }
    const everywhere = ['feed', 'profile', 'hashtag', 'saved', 'liked', 'search', 'itself', 'count'];
    expect(await places()).to.eql(everywhere);

    await dataOf(alice.PUT('/v1/posts/{post_id}', { ...thePost, body: { is_archived: true } }));
    expect(await places(), 'at once').to.eql([]);
    await w.settle();
    expect(await places(), 'and for good').to.eql([]);
    const hashtags = alice.GET('/v1/search', asking({ q: 'harbour', type: 'hashtag' }));
    expect((await dataOf(hashtags)).results).to.eql([]);
    const archived = async () =>
      (await dataOf(alice.GET('/v1/users/me/archived'))).posts.map((post) => post.post_id);
    expect(await archived()).to.eql([postId]);

    await dataOf(alice.PUT('/v1/posts/{post_id}', { ...thePost, body: { is_archived: false } }));
    await w.settle();
    expect(await places()).to.eql(everywhere);
    const [back] = (await dataOf(bob.GET('/v1/feed'))).posts;
    expect(back).to.deep.include({ is_liked: true, is_saved: true, like_count: 1, is_archived: false });
    expect(await archived()).to.eql([]);
  });
});
