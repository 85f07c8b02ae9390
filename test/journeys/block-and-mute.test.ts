/** A block takes two people out of each other's sight; a mute only keeps posts and stories out of feed and trays. */
import { expect } from 'chai';
import {
  type App,
  asking,
  at,
  dataOf,
  imageFile,
  joinApp,
  share as sharePhoto,
  statusOf,
} from '../tools/app.ts';
import { photo } from '../tools/photos.ts';
import { everywhere, sightings } from '../tools/sightings.ts';
import { type World, world } from '../tools/world.ts';

describe('blocking and muting', () => {
  let w: World;
  before(async () => {
    w = await world();
  });
  after(() => w[Symbol.asyncDispose]());

  const join = (...names: string[]) => Promise.all(names.map((name) => joinApp(w.base, name)));
  const to = (whom: App) => at({ user_id: whom.userId });
  const follow = (who: App, whom: App) => dataOf(who.POST('/v1/users/{user_id}/follow', to(whom)));
  const block = (who: App, whom: App) => dataOf(who.POST('/v1/users/{user_id}/block', to(whom)));
  const unblock = (who: App, whom: App) => dataOf(who.DELETE('/v1/users/{user_id}/block', to(whom)));
  async function share(author: App, word: string, caption = `Here #${word}`) {
    const { post_id: postId } = await sharePhoto(author, await photo({ width: 80, height: 60 }), { caption });
    return { postId, authorId: author.userId, word };
  }
  const inFeed = ['feed', ...everywhere];
  const tell = async (who: App) => {
    const image = imageFile(await photo({ width: 80, height: 60 }));
    await dataOf(who.POST('/v1/stories', { body: { image } }));
  };
  const trays = async (who: App) =>
    (await dataOf(who.GET('/v1/stories'))).story_trays.map(({ user }) => user.username);
  const saved = async (who: App) =>
    (await dataOf(who.GET('/v1/users/me/saved'))).posts.map((post) => post.post_id);
  const findsUser = async (who: App, whom: App) => {
    const { results } = await dataOf(who.GET('/v1/search', asking({ type: 'user', q: whom.username })));
    return results.some((hit) => hit.type === 'user' && hit.user.user_id === whom.userId);
  };
  const notices = async (who: App) => (await dataOf(who.GET('/v1/notifications'))).notifications;
  /** Whether the notices of somebody are of somebody. */
  const noticesNaming = async (who: App, whom: App) =>
    JSON.stringify(await notices(who)).includes(`"${whom.userId}"`);
  const countsOf = async (who: App) => {
    const { follower_count, following_count } = await dataOf(who.GET('/v1/users/me'));
    return { follower_count, following_count };
  };

  it('a block hides each from the other everywhere at once, and lifting it brings them back', async () => {
    const [alice, bob, carol] = (await join('alice', 'bob', 'carol')) as [App, App, App];
    await follow(alice, bob);
    await follow(bob, alice);
    await follow(carol, alice);
    await follow(carol, bob);
    const hers = await share(alice, 'herplace');
    const his = await share(bob, 'hisplace');
    const herPost = at({ post_id: hers.postId });
    await dataOf(alice.POST('/v1/posts/{post_id}/like', at({ post_id: his.postId })));
    await dataOf(bob.POST('/v1/posts/{post_id}/comment', { ...herPost, body: { text: 'So quiet there' } }));
    await dataOf(bob.POST('/v1/posts/{post_id}/save', herPost));
    await tell(alice);
    await w.settle();
    expect(await sightings(bob, hers)).to.eql(inFeed);
    expect(await trays(bob)).to.eql(['alice']);
    expect(await saved(bob)).to.eql([hers.postId]);
    expect(await sightings(alice, his)).to.eql(inFeed);
    expect(await noticesNaming(alice, bob)).to.equal(true);
    expect(await noticesNaming(bob, alice)).to.equal(true);
    expect(await findsUser(bob, alice)).to.equal(true);

    expect((await block(alice, bob)).is_blocked).to.equal(true);
    const hidden = async (when: string) => {
      expect(await sightings(bob, hers), when).to.eql([]);
      expect(await sightings(alice, his), when).to.eql([]);
      expect(await trays(bob), when).to.eql([]);
      expect(await saved(bob), when).to.eql([]);
      expect(await findsUser(bob, alice), when).to.equal(false);
      expect(await statusOf(bob.GET('/v1/users/{user_id}', to(alice))), when).to.equal(404);
      expect(await noticesNaming(alice, bob), when).to.equal(false);
      expect(await noticesNaming(bob, alice), when).to.equal(false);
      const { users } = await dataOf(bob.GET('/v1/users/{user_id}/following', to(carol)));
      expect(
        users.map(({ username }) => username),
        when,
      ).to.eql(['bob']);
      const { comments } = await dataOf(alice.GET('/v1/posts/{post_id}/comments', herPost));
      expect(comments, when).to.eql([]);
    };
    await hidden('at once');
    await w.settle();
    await hidden('when the jobs are done');
    expect(await findsUser(alice, bob), 'to lift the block').to.equal(true);
    const { users: blocked } = await dataOf(alice.GET('/v1/users/me/blocked'));
    expect(blocked.map(({ username }) => username)).to.eql(['bob']);
    expect(await sightings(carol, hers), 'nobody else notices').to.eql(inFeed);
    expect(await sightings(carol, his)).to.eql(inFeed);

    // What either does while the block stands reaches the other on no path.
    const tagged = await share(bob, 'tagplace', 'With @alice #tagplace');
    const next = await share(alice, 'latplace', 'Without @bob #latplace');
    await w.settle();
    expect(await sightings(alice, tagged)).to.eql([]);
    expect(await sightings(bob, next)).to.eql([]);
    expect(await noticesNaming(alice, bob)).to.equal(false);
    expect(await noticesNaming(bob, alice)).to.equal(false);

    await unblock(alice, bob);
    expect(await sightings(bob, hers), 'visible, but followed no longer').to.eql(everywhere);
    expect(await sightings(alice, his)).to.eql(everywhere);
    expect(await saved(bob)).to.eql([hers.postId]);
    expect(await trays(bob)).to.eql([]);
    await follow(bob, alice);
    expect(await trays(bob)).to.eql(['alice']);
    expect(await sightings(bob, hers)).to.eql(inFeed);
    expect(await sightings(bob, next)).to.eql(inFeed);
    await w.settle();
    expect(await countsOf(alice)).to.eql({ follower_count: 2, following_count: 0 });
    expect(await countsOf(bob)).to.eql({ follower_count: 1, following_count: 1 });
  });

  it('a mute keeps posts and stories out of the feed and trays of the muter alone', async () => {
    const [dora, erin, frank] = (await join('dora', 'erin', 'frank')) as [App, App, App];
    await follow(dora, erin);
    await follow(frank, erin);
    const post = await share(erin, 'loudplace');
    await tell(erin);
    await w.settle();
    expect(await sightings(dora, post)).to.eql(inFeed);
    expect(await trays(dora)).to.eql(['erin']);
    await dataOf(dora.POST('/v1/users/{user_id}/mute', to(erin)));
    expect(await trays(dora)).to.eql([]);
    expect(await sightings(dora, post)).to.eql(everywhere);
    const next = await share(erin, 'louder');
    await w.settle();
    expect(await sightings(dora, next), 'fan-out leaves her out').to.eql(everywhere);
    expect(await sightings(frank, next)).to.eql(inFeed);
    await dataOf(dora.DELETE('/v1/users/{user_id}/mute', to(erin)));
    expect(await trays(dora)).to.eql(['erin']);
    expect(await sightings(dora, next)).to.eql(inFeed);
    expect(await sightings(dora, post)).to.eql(inFeed);
  });

  it('a rename leaves the old name to nobody', async () => {
    const [greta, henry] = (await join('greta', 'henry')) as [App, App];
    await dataOf(greta.PATCH('/v1/users/me', { body: { username: 'greta.new' } }));
    expect(await statusOf(henry.GET('/v1/users/{user_id}', at({ user_id: '@greta' })))).to.equal(404);
    await share(henry, 'oldname', 'With @greta #oldname');
    await w.settle();
    expect(await notices(greta)).to.eql([]);
    await share(henry, 'newname', 'With @greta.new #newname');
    await w.settle();
    expect((await notices(greta)).map(({ type }) => type)).to.eql(['mention']);
    const { results } = await dataOf(henry.GET('/v1/search', asking({ type: 'user', q: 'greta.new' })));
    expect(results.map((hit) => hit.type === 'user' && hit.user.username)).to.eql(['greta.new']);
  });
});
