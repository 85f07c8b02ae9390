import { expect } from 'chai';
import { keys } from '../../../shared/keys.ts';
import { type Client, send } from '../../tools/client.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { internalId } from '../../tools/rows.ts';
import { endStories, postStory, storyOf } from '../../tools/stories.ts';
import { type World, world } from '../../tools/world.ts';

type Tray = {
  user: { username: string };
  has_unseen: boolean;
  latest_story_at: string;
  stories: { story_id: string; is_seen: boolean; created_at: string }[];
};

describe('GET /v1/stories', () => {
  let w: World;
  let count = 0;
  before(async () => {
    w = await world();
  });
  after(() => w[Symbol.asyncDispose]());

  /** People nobody knows yet; the first follows all others. */
  async function circle(...names: string[]): Promise<Client[]> {
    count += 1;
    const people = await Promise.all(names.map((name) => w.join(`${name}${count}`)));
    const [first, ...others] = people;
    for (const other of others) await first?.post(`/v1/users/${other.userId}/follow`);
    await w.settle();
    return people;
  }
  const traysOf = async (client: Client): Promise<Tray[]> => {
    const { status, body, text } = await client.get('/v1/stories');
    expect(status, text).to.equal(200);
    expect(Object.keys(body)).to.eql(['story_trays']);
    return body.story_trays;
  };
  const namesOf = (trays: Tray[]) => trays.map((tray) => tray.user.username.replace(/\d+$/, ''));
  const trayKey = (client: Client) => keys.tray(client.userId);

  it('answers 200 with the trays of those one follows, as the brief shows them', async () => {
    const [alice, bob] = (await circle('alice', 'bob')) as [Client, Client];
    expect(await traysOf(alice)).to.eql([]);
    const first = (await postStory(bob, { duration_seconds: 6 })).body;
    const second = (await postStory(bob)).body;
    await w.settle();
    const [tray, ...more] = await traysOf(alice);
    expect(more).to.eql([]);
    const { user, ...story } = first;
    const { user: _user, ...latest } = second;
    expect(tray).to.eql({
      user,
      has_unseen: true,
      latest_story_at: second.created_at,
      stories: [
        { ...story, is_seen: false },
        { ...latest, is_seen: false },
      ],
    });
  });

  it('shows one’s own first, then what is unseen, then the newest', async () => {
    const [alice, bob, carol, dave] = (await circle('alice', 'bob', 'carol', 'dave')) as Client[] & {
      length: 4;
    };
    const bobs = await storyOf(bob as Client);
    const carols = await storyOf(carol as Client);
    const daves = [await storyOf(dave as Client), await storyOf(dave as Client)];
    await storyOf(alice as Client);
    await w.settle();
    expect(namesOf(await traysOf(alice as Client))).to.eql(['alice', 'dave', 'carol', 'bob']);

    const seen = async (storyId: string) => {
      expect((await (alice as Client).post(`/v1/stories/${storyId}/view`)).status).to.equal(204);
      return traysOf(alice as Client);
    };
    const half = await seen(daves[0] as string);
    expect(namesOf(half)).to.eql(['alice', 'dave', 'carol', 'bob']);
    expect(half[1]?.stories.map((story) => story.is_seen)).to.eql([true, false]);
    const whole = await seen(daves[1] as string);
    expect(namesOf(whole)).to.eql(['alice', 'carol', 'bob', 'dave']);
    expect(whole.map((tray) => tray.has_unseen)).to.eql([false, true, true, false]);
    expect(namesOf(await seen(carols))).to.eql(['alice', 'bob', 'dave', 'carol']);
    expect(namesOf(await seen(bobs))).to.eql(['alice', 'dave', 'carol', 'bob']);
  });

  it('ends each story to the second, and a tray with its last', async () => {
    const [alice, bob] = (await circle('alice', 'bob')) as [Client, Client];
    const [one, other] = [await storyOf(bob), await storyOf(bob)];
    await w.settle();
    expect((await traysOf(alice))[0]?.stories).to.have.length(2);
    await endStories(w, other);
    const [tray] = await traysOf(alice);
    expect(tray?.stories.map((story) => story.story_id)).to.eql([one]);
    expect(tray?.latest_story_at).to.equal(tray?.stories[0]?.created_at);
    await endStories(w, one);
    expect(await traysOf(alice)).to.eql([]);
    expect(await w.tools.cache.zrevrange(trayKey(alice), 0, -1), 'nobody is left in the cache').to.eql([
      '!whole',
    ]);
    const next = await storyOf(bob);
    await w.settle();
    expect((await traysOf(alice))[0]?.stories.map((story) => story.story_id)).to.eql([next]);
  });

  it('keeps the owners in Redis by the time of their newest story, and rebuilds them when lost', async () => {
    const [alice, bob, carol] = (await circle('alice', 'bob', 'carol')) as [Client, Client, Client];
    await traysOf(alice);
    await storyOf(bob);
    const carols = (await postStory(carol)).body;
    const { created_at } = (await postStory(bob)).body;
    await w.settle();
    const cached = async () => {
      const flat = await w.tools.cache.zrevrange(trayKey(alice), 0, -1, 'WITHSCORES');
      return flat.map((text, at) => (at % 2 === 0 ? text : Number(text)));
    };
    const expected = [
      bob.userId,
      Date.parse(created_at) / 1_000,
      carol.userId,
      Date.parse(carols.created_at) / 1_000,
      '!whole',
      -1,
    ];
    expect(await cached()).to.eql(expected);
    expect(await w.tools.cache.ttl(trayKey(alice))).to.be.within(86_000, 86_400);
    const before = await traysOf(alice);
    await w.tools.cache.del(trayKey(alice));
    expect(await traysOf(alice)).to.eql(before);
    expect(await cached()).to.eql(expected);
    expect(await w.tools.cache.exists(trayKey(bob)), 'who reads no tray has none').to.equal(0);
  });

  it('loses no story that is posted while a tray is rebuilt', async () => {
    const [alice, bob, carol] = (await circle('alice', 'bob', 'carol')) as [Client, Client, Client];
    await storyOf(bob);
    await w.settle();
    const viewer = { id: await internalId(w, 'users', alice.userId), userId: alice.userId };
    for (let round = 0; round < 5; round += 1) {
      await w.tools.cache.del(trayKey(alice));
      const [, posted] = await Promise.all([w.tools.trays.owners(viewer, 10), storyOf(carol)]);
      await w.settle();
      const newest = (await traysOf(alice))[0]?.stories.at(-1)?.story_id;
      expect(newest).to.equal(posted);
    }
  });

  it('follows whom one follows, mutes, blocks and may see, from the next read on', async () => {
    const [alice, bob, carol] = (await circle('alice', 'bob', 'carol')) as [Client, Client, Client];
    await storyOf(bob);
    await storyOf(carol);
    await w.settle();
    const shown = async () => namesOf(await traysOf(alice)).sort();
    expect(await shown()).to.eql(['bob', 'carol']);
    await alice.delete(`/v1/users/${bob.userId}/follow`);
    expect(await shown()).to.eql(['carol']);
    await alice.post(`/v1/users/${bob.userId}/follow`);
    expect(await shown()).to.eql(['bob', 'carol']);
    await alice.post(`/v1/users/${bob.userId}/mute`);
    expect(await shown()).to.eql(['carol']);
    await storyOf(bob);
    await w.settle();
    expect(await shown()).to.eql(['carol']);
    await alice.delete(`/v1/users/${bob.userId}/mute`);
    expect(await shown()).to.eql(['bob', 'carol']);
    await carol.post(`/v1/users/${alice.userId}/block`);
    expect(await shown()).to.eql(['bob']);
    await bob.patch('/v1/users/me', { is_private: true });
    expect(await shown(), 'a follower of a private account').to.eql(['bob']);
    await w.tools.db
      .updateTable('users')
      .set({ suspended_at: new Date() })
      .where('user_id', '=', bob.userId)
      .execute();
    expect(await shown()).to.eql([]);
    await w.tools.db
      .updateTable('users')
      .set({ suspended_at: null })
      .where('user_id', '=', bob.userId)
      .execute();
    expect(await shown(), 'back again, though nobody told the tray').to.eql(['bob']);
  });

  it('shows nothing of strangers, and of a deleted story nothing to anybody', async () => {
    const [alice, bob] = (await circle('alice', 'bob')) as [Client, Client];
    const [stranger] = (await circle('stranger')) as [Client];
    const storyId = await storyOf(bob);
    await w.settle();
    expect(await traysOf(stranger)).to.eql([]);
    expect(await traysOf(alice)).to.have.length(1);
    await bob.delete(`/v1/stories/${storyId}`);
    expect(await traysOf(alice)).to.eql([]);
    expect(await traysOf(bob)).to.eql([]);
  });

  it('ignores content without its fact', async () => {
    const [alice, bob] = (await circle('alice', 'bob')) as [Client, Client];
    const storyId = await storyOf(bob);
    await w.settle();
    const [content] = await w.tools.stories.get([{ userId: bob.userId, storyId }]);
    if (!content) throw new Error('the content is missing');
    await w.tools.stories.put({ ...content, storyId: 'story_01j8z3k4m5n6p7q8r9s0t1v2w3' });
    const [tray] = await traysOf(alice);
    expect(tray?.stories.map((story) => story.story_id)).to.eql([storyId]);
  });

  it('wants to know who asks', async () => {
    expectRefusal(await send(w.base, 'GET', '/v1/stories'), 'UNAUTHORIZED');
  });
});
