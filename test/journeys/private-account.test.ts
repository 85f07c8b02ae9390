/** A private account: its posts reach the followers it accepted, and nobody else anywhere. */
import { expect } from 'chai';
import { appOf, dataOf } from '../tools/app.ts';
import type { Client } from '../tools/client.ts';
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

  const follow = (who: Client, whom: Client) => who.post(`/v1/users/${whom.userId}/follow`);
  const answer = (who: Client, whom: Client) => who.post(`/v1/users/me/follow-requests/${whom.userId}`);
  const notices = async (who: Client) =>
    (await dataOf(appOf(w.base, who).GET('/v1/notifications'))).notifications.map(({ type }) => type);
  async function share(author: Client, word: string) {
    const image = await photo({ width: 80, height: 60 });
    const { body, text, status } = await author.upload(image, { caption: `Here #${word}` });
    expect(status, text).to.equal(201);
    await w.settle();
    return { postId: body.post_id as string, authorId: author.userId, word };
  }
  const inFeed = ['feed', ...everywhere];

  it('is seen by whom it accepts, from the next request on', async () => {
    const [alice, bob, carol] = [await w.join('alice'), await w.join('bob'), await w.join('carol')];
    await follow(carol, alice);
    expect((await alice.patch('/v1/users/me', { is_private: true })).body.is_private).to.equal(true);
    const post = await share(alice, 'quietplace');

    expect(await sightings(alice, post)).to.eql(inFeed);
    expect(await sightings(carol, post), 'a follower from before').to.eql(inFeed);
    expect(await sightings(bob, post)).to.eql([]);
    expect((await bob.get(`/v1/users/${alice.userId}/posts`)).status).to.equal(403);
    for (const list of ['followers', 'following', 'stories', 'highlights']) {
      expect((await bob.get(`/v1/users/${alice.userId}/${list}`)).status, list).to.equal(403);
    }

    const found = (await bob.get('/v1/search?type=user&q=alice')).body.results;
    expect(
      found.map((hit: { user: { username: string } }) => hit.user.username),
      'can be found',
    ).to.eql(['alice']);

    await using aliceHears = await listen(w.base, alice);
    await using bobHears = await listen(w.base, bob);
    expect((await follow(bob, alice)).body).to.include({ is_requested: true, is_following: false });
    expect(await sightings(bob, post), 'asking opens nothing').to.eql([]);
    await until('alice hears who asks', () =>
      aliceHears.messages.some(({ data }) => data?.type === 'follow_request'),
    );
    expect(await notices(alice)).to.include('follow_request');

    expect((await answer(alice, bob)).body).to.include({ is_followed_by: true, follower_count: 2 });
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

    await bob.delete(`/v1/users/${alice.userId}/follow`);
    expect(await sightings(bob, post), 'gone with the follow').to.eql([]);
    expect(await sightings(bob, next)).to.eql([]);
    await w.settle();
    expect(await notices(bob)).to.eql([]);
    expect(await sightings(bob, next), 'and when the jobs are done').to.eql([]);
    expect((await alice.get('/v1/users/me')).body.follower_count).to.equal(1);
  });

  it('shows itself to everybody when it becomes public, and to no stranger when it is private again', async () => {
    const [dora, erin, frank] = [await w.join('dora'), await w.join('erin'), await w.join('frank')];
    await dora.patch('/v1/users/me', { is_private: true });
    const post = await share(dora, 'openplace');
    await follow(erin, dora);
    await w.settle();
    expect(await sightings(erin, post)).to.eql([]);

    await dora.patch('/v1/users/me', { is_private: false });
    expect(await sightings(frank, post)).to.eql(everywhere);
    expect(await sightings(erin, post), 'her request became a follow').to.eql(inFeed);
    await w.settle();
    expect(await notices(erin)).to.eql(['follow_accepted']);
    expect(await notices(dora)).to.eql([]);

    await dora.patch('/v1/users/me', { is_private: true });
    expect(await sightings(frank, post)).to.eql([]);
    expect(await sightings(erin, post)).to.eql(inFeed);
  });

  it('accepts a crowd by a job', async () => {
    const greta = await w.join('greta');
    await greta.patch('/v1/users/me', { is_private: true });
    const post = await share(greta, 'crowdplace');
    const crowd: Client[] = [];
    for (let n = 0; n < 30; n += 1) crowd.push(await w.join(`crowd${n}`));
    for (const who of crowd) await follow(who, greta);
    const last = crowd.at(-1) as Client;
    expect(await sightings(last, post)).to.eql([]);
    await greta.patch('/v1/users/me', { is_private: false });
    expect(await sightings(last, post)).to.include.members([...everywhere]);
    await w.settle();
    expect(await sightings(last, post)).to.eql(inFeed);
    expect((await greta.get('/v1/users/me')).body.follower_count).to.equal(30);
    expect((await greta.get('/v1/users/me/follow-requests')).body.users).to.eql([]);
    expect(await notices(last)).to.eql(['follow_accepted']);
  });
});
