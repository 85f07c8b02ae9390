/** A block takes two people out of each other's sight; a mute only keeps posts and stories out of feed and trays. */
import { expect } from 'chai';
import { appOf, dataOf } from '../tools/app.ts';
import { type Client, photoForm } from '../tools/client.ts';
import { photo } from '../tools/photos.ts';
import { everywhere, sightings } from '../tools/sightings.ts';
import { type World, world } from '../tools/world.ts';

describe('blocking and muting', () => {
  let w: World;
  before(async () => {
    w = await world();
  });
  after(() => w[Symbol.asyncDispose]());

  const follow = (who: Client, whom: Client) => who.post(`/v1/users/${whom.userId}/follow`);
  const block = (who: Client, whom: Client) => who.post(`/v1/users/${whom.userId}/block`);
  const unblock = (who: Client, whom: Client) => who.delete(`/v1/users/${whom.userId}/block`);
  async function share(author: Client, word: string, fields: Record<string, unknown> = {}) {
    const image = await photo({ width: 80, height: 60 });
    const { body, text, status } = await author.upload(image, { caption: `Here #${word}`, ...fields });
    expect(status, text).to.equal(201);
    return { postId: body.post_id as string, authorId: author.userId, word };
  }
  const inFeed = ['feed', ...everywhere];
  const tell = async (who: Client) => {
    const form = photoForm(await photo({ width: 80, height: 60 }));
    const { status, text } = await who.form('POST', '/v1/stories', form);
    expect(status, text).to.equal(201);
  };
  const trays = async (who: Client) =>
    (await dataOf(appOf(w.base, who).GET('/v1/stories'))).story_trays.map(({ user }) => user.username);
  const saved = async (who: Client) =>
    (await dataOf(appOf(w.base, who).GET('/v1/users/me/saved'))).posts.map((post) => post.post_id);
  const people = async (who: Client, path: string) =>
    (await who.get(path)).body.users.map((user: { username: string }) => user.username);
  const findsUser = async (who: Client, whom: Client) => {
    const { results } = (await who.get(`/v1/search?type=user&q=${whom.username}`)).body;
    return results.some((hit: { user: { user_id: string } }) => hit.user.user_id === whom.userId);
  };
  /** Who the notices of somebody are of. */
  const noticesNaming = async (who: Client, whom: Client) =>
    (await who.get('/v1/notifications')).text.includes(`"${whom.userId}"`);

  it('a block hides each from the other everywhere at once, and lifting it brings them back', async () => {
    const [alice, bob, carol] = [await w.join('alice'), await w.join('bob'), await w.join('carol')];
    await follow(alice, bob);
    await follow(bob, alice);
    await follow(carol, alice);
    await follow(carol, bob);
    const hers = await share(alice, 'herplace');
    const his = await share(bob, 'hisplace');
    await alice.post(`/v1/posts/${his.postId}/like`);
    await bob.post(`/v1/posts/${hers.postId}/comment`, { text: 'So quiet there' });
    await bob.post(`/v1/posts/${hers.postId}/save`);
    await tell(alice);
    await w.settle();
    expect(await sightings(bob, hers)).to.eql(inFeed);
    expect(await trays(bob)).to.eql(['alice']);
    expect(await saved(bob)).to.eql([hers.postId]);
    expect(await sightings(alice, his)).to.eql(inFeed);
    expect(await noticesNaming(alice, bob)).to.equal(true);
    expect(await noticesNaming(bob, alice)).to.equal(true);
    expect(await findsUser(bob, alice)).to.equal(true);

    expect((await block(alice, bob)).body.is_blocked).to.equal(true);
    const hidden = async (when: string) => {
      expect(await sightings(bob, hers), when).to.eql([]);
      expect(await sightings(alice, his), when).to.eql([]);
      expect(await trays(bob), when).to.eql([]);
      expect(await saved(bob), when).to.eql([]);
      expect(await findsUser(bob, alice), when).to.equal(false);
      expect((await bob.get(`/v1/users/${alice.userId}`)).status, when).to.equal(404);
      expect(await noticesNaming(alice, bob), when).to.equal(false);
      expect(await noticesNaming(bob, alice), when).to.equal(false);
      expect(await people(bob, `/v1/users/${carol.userId}/following`), when).to.eql(['bob']);
      expect((await alice.get(`/v1/posts/${hers.postId}/comments`)).text, when).not.to.include('So quiet');
    };
    await hidden('at once');
    await w.settle();
    await hidden('when the jobs are done');
    expect(await findsUser(alice, bob), 'to lift the block').to.equal(true);
    expect(await people(alice, '/v1/users/me/blocked')).to.eql(['bob']);
    expect(await sightings(carol, hers), 'nobody else notices').to.eql(inFeed);
    expect(await sightings(carol, his)).to.eql(inFeed);

    // What either does while the block stands reaches the other on no path.
    const tagged = await share(bob, 'tagplace', { caption: 'With @alice #tagplace' });
    const next = await share(alice, 'latplace', { caption: 'Without @bob #latplace' });
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
    expect((await alice.get('/v1/users/me')).body).to.include({ follower_count: 2, following_count: 0 });
    expect((await bob.get('/v1/users/me')).body).to.include({ follower_count: 1, following_count: 1 });
  });

  it('a mute keeps posts and stories out of the feed and trays of the muter alone', async () => {
    const [dora, erin, frank] = [await w.join('dora'), await w.join('erin'), await w.join('frank')];
    await follow(dora, erin);
    await follow(frank, erin);
    const post = await share(erin, 'loudplace');
    await tell(erin);
    await w.settle();
    expect(await sightings(dora, post)).to.eql(inFeed);
    expect(await trays(dora)).to.eql(['erin']);
    await dora.post(`/v1/users/${erin.userId}/mute`);
    expect(await trays(dora)).to.eql([]);
    expect(await sightings(dora, post)).to.eql(everywhere);
    const next = await share(erin, 'louder');
    await w.settle();
    expect(await sightings(dora, next), 'fan-out leaves her out').to.eql(everywhere);
    expect(await sightings(frank, next)).to.eql(inFeed);
    await dora.delete(`/v1/users/${erin.userId}/mute`);
    expect(await trays(dora)).to.eql(['erin']);
    expect(await sightings(dora, next)).to.eql(inFeed);
    expect(await sightings(dora, post)).to.eql(inFeed);
  });

  it('a rename leaves the old name to nobody', async () => {
    const [greta, henry] = [await w.join('greta'), await w.join('henry')];
    await greta.patch('/v1/users/me', { username: 'greta.new' });
    expect((await henry.get('/v1/users/@greta')).status).to.equal(404);
    await share(henry, 'oldname', { caption: 'With @greta #oldname' });
    await w.settle();
    expect((await greta.get('/v1/notifications')).body.notifications).to.eql([]);
    await share(henry, 'newname', { caption: 'With @greta.new #newname' });
    await w.settle();
    const { notifications } = (await greta.get('/v1/notifications')).body;
    expect(notifications.map((notice: { type: string }) => notice.type)).to.eql(['mention']);
    const found = (await henry.get('/v1/search?type=user&q=greta.new')).body.results;
    expect(found.map((hit: { user: { username: string } }) => hit.user.username)).to.eql(['greta.new']);
  });
});
