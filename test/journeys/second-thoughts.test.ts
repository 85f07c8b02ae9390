/** What was done is undone: a story, a highlight, a request, and what admins take down. */
import { expect } from 'chai';
import { joinAdmin } from '../tools/admins.ts';
import { type App, appOf, at, dataOf, done, imageFile, joinApp, refusalOf, share } from '../tools/app.ts';
import { listen } from '../tools/listen.ts';
import { photo } from '../tools/photos.ts';
import { until, type World, world } from '../tools/world.ts';

describe('second thoughts', () => {
  let w: World;
  let alice: App;
  let bob: App;
  let image: Buffer;
  before(async () => {
    w = await world();
    alice = await joinApp(w.base, 'alice');
    bob = await joinApp(w.base, 'bob');
    image = await photo({ width: 90, height: 160 });
  });
  after(() => w[Symbol.asyncDispose]());

  const tell = (who: App) => dataOf(who.POST('/v1/stories', { body: { image: imageFile(image) } }));
  const storiesOf = async (whom: App) =>
    (await dataOf(bob.GET('/v1/users/{user_id}/stories', at({ user_id: whom.userId })))).stories.map(
      ({ story_id }) => story_id,
    );
  const pictureOf = async (url: string) => (await fetch(url.replace(w.config.CDN_BASE_URL, w.base))).status;

  it('take a story back, and a highlight apart, without its picture staying behind', async () => {
    const [first, second] = [await tell(alice), await tell(alice)];
    expect(await storiesOf(alice)).to.eql([first.story_id, second.story_id]);
    const body = { title: 'Both', story_ids: [first.story_id, second.story_id] };
    const highlight = await dataOf(alice.POST('/v1/users/me/highlights', { body }));
    await done(alice.DELETE('/v1/stories/{story_id}', at({ story_id: first.story_id })));
    expect(await storiesOf(alice)).to.eql([second.story_id]);
    const ofAlice = at({ user_id: alice.userId });
    const { highlights } = await dataOf(bob.GET('/v1/users/{user_id}/highlights', ofAlice));
    expect(highlights[0]?.stories.map(({ story_id }) => story_id)).to.eql([second.story_id]);
    await done(
      alice.DELETE('/v1/users/me/highlights/{highlight_id}', at({ highlight_id: highlight.highlight_id })),
    );
    expect((await dataOf(bob.GET('/v1/users/{user_id}/highlights', ofAlice))).highlights).to.eql([]);
    expect(await storiesOf(alice), 'its day goes on').to.eql([second.story_id]);
    await w.settle();
    expect(await pictureOf(first.media_url)).to.equal(404);
    expect(await pictureOf(second.media_url)).to.equal(200);
  });

  it('decline a request, and mute without a word', async () => {
    const carol = await joinApp(w.base, 'carol');
    await dataOf(carol.PATCH('/v1/users/me', { body: { is_private: true } }));
    const toCarol = at({ user_id: carol.userId });
    expect(await dataOf(bob.POST('/v1/users/{user_id}/follow', toCarol))).to.include({ is_requested: true });
    const { users } = await dataOf(carol.GET('/v1/users/me/follow-requests'));
    expect(users.map(({ username }) => username)).to.eql(['bob']);
    const fromBob = at({ user_id: bob.userId });
    await dataOf(carol.DELETE('/v1/users/me/follow-requests/{user_id}', fromBob));
    expect(await dataOf(bob.GET('/v1/users/{user_id}', toCarol))).to.include({
      is_following: false,
      is_requested: false,
    });

    await dataOf(bob.POST('/v1/users/{user_id}/mute', at({ user_id: alice.userId })));
    const { users: muted } = await dataOf(bob.GET('/v1/users/me/muted'));
    expect(muted.map(({ username }) => username)).to.eql(['alice']);
    await dataOf(bob.DELETE('/v1/users/{user_id}/mute', at({ user_id: alice.userId })));
    expect((await dataOf(bob.GET('/v1/users/me/muted'))).users).to.eql([]);
  });

  it('hear of what is new with a ticket, as a browser does', async () => {
    const { ticket } = await dataOf(bob.POST('/v1/live/ticket'));
    await using ear = await listen(w.base, undefined, `?ticket=${ticket}`);
    const post = await share(bob, image, { caption: 'Heard at once' });
    await dataOf(alice.POST('/v1/posts/{post_id}/like', at({ post_id: post.post_id })));
    await until('bob hears that his post is ready, and that it is liked', () => {
      const types = ear.types();
      return types.includes('post.ready') && types.includes('notification');
    });
  });

  it('are had by admins, too: a comment and a story go, an account is marked', async () => {
    const admin = appOf(w.base, await joinAdmin(w, 'dora'));
    const post = await share(alice, image, { caption: 'Say what you like' });
    const thePost = at({ post_id: post.post_id });
    const body = { text: 'Something nasty' };
    const comment = await dataOf(bob.POST('/v1/posts/{post_id}/comment', { ...thePost, body }));
    await done(admin.DELETE('/v1/admin/comments/{comment_id}', at({ comment_id: comment.comment_id })));
    expect((await dataOf(alice.GET('/v1/posts/{post_id}/comments', thePost))).comments).to.eql([]);
    const story = await tell(bob);
    const theStory = at({ story_id: story.story_id });
    await done(admin.DELETE('/v1/admin/stories/{story_id}', theStory));
    const { status } = await refusalOf(alice.POST('/v1/stories/{story_id}/view', theStory));
    expect(status).to.equal(404);
    const change = { ...at({ user_id: '@alice' }), body: { is_verified: true, tier: 'pro' as const } };
    expect(await dataOf(admin.PATCH('/v1/admin/users/{user_id}', change))).to.include(change.body);
    expect(await dataOf(bob.GET('/v1/users/{user_id}', at({ user_id: '@alice' })))).to.include({
      is_verified: true,
    });
  });
});
