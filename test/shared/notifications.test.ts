import { expect } from 'chai';
import { notify, tellUntold, withdraw } from '../../shared/notifications/index.ts';
import type { Client } from '../tools/client.ts';
import { type Ear, listen } from '../tools/listen.ts';
import { photo } from '../tools/photos.ts';
import { internalId } from '../tools/rows.ts';
import { until, type World, world } from '../tools/world.ts';

describe('notices', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let ids: { alice: number; bob: number; post: number };
  let postId: string;
  let ear: Ear;

  const inTx = <T>(work: (tx: Parameters<typeof notify>[0]) => Promise<T>) =>
    w.tools.db.transaction().execute(work);
  const untold = async () => {
    const rows = await w.tools.db
      .selectFrom('notifications')
      .select('told_at')
      .where('told_at', 'is', null)
      .execute();
    return rows.length;
  };

  before(async () => {
    w = await world({ serves: [] });
    [alice, bob] = [await w.join('alice'), await w.join('bob')];
    postId = (await alice.upload(await photo({ width: 100, height: 100 }))).body.post_id;
    ids = {
      alice: await internalId(w, 'users', alice.userId),
      bob: await internalId(w, 'users', bob.userId),
      post: await internalId(w, 'posts', postId),
    };
  });
  beforeEach(async () => {
    await w.tools.db.deleteFrom('notifications').execute();
    ear = await listen(w.base, alice);
  });
  afterEach(() => ear[Symbol.asyncDispose]());
  after(() => w[Symbol.asyncDispose]());

  it('are made once for one cause, and never for oneself', async () => {
    const like = { userId: ids.alice, actorId: ids.bob, type: 'like', postId: ids.post } as const;
    expect(await inTx((tx) => notify(tx, like))).to.equal(true);
    expect(await inTx((tx) => notify(tx, like))).to.equal(false);
    expect(await inTx((tx) => notify(tx, { ...like, type: 'mention' }))).to.equal(true);
    const follow = { userId: ids.alice, actorId: ids.bob, type: 'follow' } as const;
    expect(await inTx((tx) => notify(tx, follow))).to.equal(true);
    expect(await inTx((tx) => notify(tx, follow))).to.equal(false);
    expect(await inTx((tx) => notify(tx, { ...like, actorId: ids.alice }))).to.equal(false);
    expect(await untold()).to.equal(3);
  });

  it('are withdrawn with their cause, and no others', async () => {
    const like = { userId: ids.alice, actorId: ids.bob, type: 'like', postId: ids.post } as const;
    const follow = { userId: ids.alice, actorId: ids.bob, type: 'follow' } as const;
    await inTx(async (tx) => [await notify(tx, like), await notify(tx, follow)]);
    expect(await inTx((tx) => withdraw(tx, like))).to.equal(true);
    expect(await inTx((tx) => withdraw(tx, like))).to.equal(false);
    expect(await untold()).to.equal(1);
    expect(await inTx((tx) => withdraw(tx, follow))).to.equal(true);
    expect(await untold()).to.equal(0);
  });

  it('are told live once, with who did what, where', async () => {
    await inTx((tx) => notify(tx, { userId: ids.alice, actorId: ids.bob, type: 'like', postId: ids.post }));
    await inTx((tx) => notify(tx, { userId: ids.alice, actorId: ids.bob, type: 'follow' }));
    expect(await tellUntold(w.tools, { postId: ids.post })).to.equal(1);
    expect(await tellUntold(w.tools, { postId: ids.post })).to.equal(0);
    expect(await tellUntold(w.tools, { userId: ids.bob })).to.equal(0);
    expect(await tellUntold(w.tools, { userId: ids.alice, olderThanS: 60 })).to.equal(0);
    expect(await tellUntold(w.tools, { userId: ids.alice })).to.equal(1);
    await until('alice hears both', () => ear.messages.length === 2);
    const { user } = (await alice.get(`/v1/posts/${postId}`)).body;
    const [like, follow] = ear.messages.map(({ data }) => data);
    expect(like).to.have.all.keys('notification_id', 'type', 'actor', 'post_id', 'created_at');
    expect(like).to.include({ type: 'like', post_id: postId });
    expect(like?.notification_id).to.match(/^notification_/);
    expect(like?.actor).to.include({ user_id: bob.userId, username: 'bob' });
    expect(like?.actor).to.have.all.keys(Object.keys(user));
    expect(follow).to.have.all.keys('notification_id', 'type', 'actor', 'created_at');
  });

  it('stay untold if telling fails, and are told by the next attempt', async () => {
    await inTx((tx) => notify(tx, { userId: ids.alice, actorId: ids.bob, type: 'follow' }));
    // A connection that is closed is what a Redis that is away looks like.
    const other = await world({ serves: [] });
    await other.tools.live.close();
    other.tools.cache.disconnect();
    const failed = await tellUntold({ ...w.tools, live: other.tools.live }, { userId: ids.alice }).catch(
      (error: unknown) => error,
    );
    expect(failed).to.be.instanceOf(Error);
    expect(await untold()).to.equal(1);
    expect(await tellUntold(w.tools, { userId: ids.alice })).to.equal(1);
    await until('alice hears', () => ear.messages.length === 1);
    await other[Symbol.asyncDispose]();
  });

  it('are told batch by batch, and shared between two who tell at once', async () => {
    const crowd = await w.tools.db
      .insertInto('users')
      .values(Array.from({ length: 250 }, (_, n) => ({ user_id: `user_crowd${n}`, username: `crowd${n}` })))
      .returning('id')
      .execute();
    await inTx(async (tx) => {
      for (const { id } of crowd) await notify(tx, { userId: ids.alice, actorId: id, type: 'follow' });
    });
    const told = await Promise.all([1, 2].map(() => tellUntold(w.tools, { userId: ids.alice })));
    await until('nothing is untold', async () => (await untold()) === 0);
    expect((told[0] as number) + (told[1] as number)).to.equal(250);
    await until('alice hears all', () => ear.messages.length >= 250);
    expect(new Set(ear.messages.map(({ data }) => data?.notification_id)).size).to.equal(250);
    expect(ear.messages).to.have.length(250);
  });
});
