/** A private account: its posts reach the followers it accepted, and nobody else anywhere. */
import { expect } from 'chai';
import { type App, asking, at, dataOf, joinApp, refusalOf, share as sharePhoto } from '../tools/app.ts';
import { listen } from '../tools/listen.ts';
import { photo } from '../tools/photos.ts';
import { everywhere, sightings } from '../tools/sightings.ts';
import { until, type World, world } from '../tools/world.ts';

describe('a private account', () => {
  let w: World;
  before(async () => {
    w = await world();
  });
  after(() => w[Symbol.asyncDispose]());

  const join = (...names: string[]) => Promise.all(names.map((name) => joinApp(w.base, name)));
  const to = (whom: App) => at({ user_id: whom.userId });
  const follow = (who: App, whom: App) => dataOf(who.POST('/v1/users/{user_id}/follow', to(whom)));
  const accept = (who: App, whom: App) =>
    dataOf(who.POST('/v1/users/me/follow-requests/{user_id}', to(whom)));
  const setPrivate = (who: App, isPrivate: boolean) =>
    dataOf(who.PATCH('/v1/users/me', { body: { is_private: isPrivate } }));
  const followersOf = async (who: App) => (await dataOf(who.GET('/v1/users/me'))).follower_count;
  const notices = async (who: App) =>
    (await dataOf(who.GET('/v1/notifications'))).notifications.map(({ type }) => type);
  async function share(author: App, word: string) {
    const image = await photo({ width: 80, height: 60 });
    const { post_id: postId } = await sharePhoto(author, image, { caption: `Here #${word}` });
    await w.settle();
    return { postId, authorId: author.userId, word };
  }
  const inFeed = ['feed', ...everywhere];

  it('is seen by whom it accepts, from the next request on', async () => {
    const [alice, bob, carol] = (await join('alice', 'bob', 'carol')) as [App, App, App];
    await follow(carol, alice);
    expect((await setPrivate(alice, true)).is_private).to.equal(true);
    const post = await share(alice, 'quietplace');

    expect(await sightings(alice, post)).to.eql(inFeed);
    expect(await sightings(carol, post), 'a follower from before').to.eql(inFeed);
    expect(await sightings(bob, post)).to.eql([]);
    const lists = ['posts', 'followers', 'following', 'stories', 'highlights'] as const;
    for (const list of lists) {
      const refusal = await refusalOf(bob.GET(`/v1/users/{user_id}/${list}`, to(alice)));
      expect(refusal, list).to.include({ status: 403, code: 'FORBIDDEN' });
    }

    const { results } = await dataOf(bob.GET('/v1/search', asking({ type: 'user', q: 'alice' })));
    expect(
      results.map((hit) => hit.type === 'user' && hit.user.username),
      'can be found',
    ).to.eql(['alice']);

    await using aliceHears = await listen(w.base, alice);
    await using bobHears = await listen(w.base, bob);
    expect(await follow(bob, alice)).to.include({ is_requested: true, is_following: false });
    expect(await sightings(bob, post), 'asking opens nothing').to.eql([]);
    await until('alice hears who asks', () =>
      aliceHears.messages.some(({ data }) => data?.type === 'follow_request'),
    );
    expect(await notices(alice)).to.include('follow_request');

    expect(await accept(alice, bob)).to.include({ is_followed_by: true, follower_count: 2 });
    expect(await sightings(bob, post)).to.eql(inFeed);
    expect(await notices(alice), 'answered').not.to.include('follow_request');
    await until('bob hears that he was accepted', () =>
      bobHears.messages.some(({ data }) => data?.type === 'follow_accepted'),
    );
    await w.settle();
    expect(await notices(bob)).to.eql(['follow_accepted']);
    expect(await notices(alice), 'alice was not told of a follow she made').not.to.include('follow_request');

    const next = await share(alice, 'nextplace');
    expect(await sightings(bob, next), 'fan-out reaches him').to.eql(inFeed);

    await dataOf(bob.DELETE('/v1/users/{user_id}/follow', to(alice)));
    expect(await sightings(bob, post), 'gone with the follow').to.eql([]);
    expect(await sightings(bob, next)).to.eql([]);
    await w.settle();
    expect(await notices(bob)).to.eql([]);
    expect(await sightings(bob, next), 'and when the jobs are done').to.eql([]);
    expect(await followersOf(alice)).to.equal(1);
  });

  it('shows itself to everybody when it becomes public, and to no stranger when it is private again', async () => {
    const [dora, erin, frank] = (await join('dora', 'erin', 'frank')) as [App, App, App];
    await setPrivate(dora, true);
    const post = await share(dora, 'openplace');
    await follow(erin, dora);
    await w.settle();
    expect(await sightings(erin, post)).to.eql([]);

    await setPrivate(dora, false);
    expect(await sightings(frank, post)).to.eql(everywhere);
    expect(await sightings(erin, post), 'her request became a follow').to.eql(inFeed);
    await w.settle();
    expect(await notices(erin)).to.eql(['follow_accepted']);
    expect(await notices(dora)).to.eql([]);

    await setPrivate(dora, true);
    expect(await sightings(frank, post)).to.eql([]);
    expect(await sightings(erin, post)).to.eql(inFeed);
  });

  it('accepts a crowd by a job', async () => {
    const greta = await joinApp(w.base, 'greta');
    await setPrivate(greta, true);
    const post = await share(greta, 'crowdplace');
    const crowd: App[] = [];
    for (let n = 0; n < 30; n += 1) crowd.push(await joinApp(w.base, `crowd${n}`));
    for (const who of crowd) await follow(who, greta);
    const last = crowd.at(-1) as App;
    expect(await sightings(last, post)).to.eql([]);
    await setPrivate(greta, false);
    expect(await sightings(last, post)).to.include.members([...everywhere]);
    await w.settle();
    expect(await sightings(last, post)).to.eql(inFeed);
    expect(await followersOf(greta)).to.equal(30);
    expect((await dataOf(greta.GET('/v1/users/me/follow-requests'))).users).to.eql([]);
    expect(await notices(last)).to.eql(['follow_accepted']);
  });
});
