import { expect } from 'chai';
import { sql } from 'kysely';
import { notify, tellUntold, withdraw } from '../../shared/notifications/index.ts';
import type { Client } from '../tools/client.ts';
import { crowd } from '../tools/crowd.ts';
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
    expect(like).to.have.all.keys('notification_id', 'group_id', 'type', 'actor', 'post_id', 'created_at');
    expect(like).to.include({ type: 'like', post_id: postId });
    expect(like?.notification_id).to.match(/^notification_/);
    expect(like?.actor).to.include({ user_id: bob.userId, username: 'bob' });
    expect(like?.actor).to.have.all.keys(Object.keys(user));
    expect(follow).to.have.all.keys('notification_id', 'group_id', 'type', 'actor', 'created_at');
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

  it('of one user are made one transaction after the other, so that ids rise as they are committed', async () => {
    const [first, second] = await crowd(w, 'orderly', 2);
    const follow = (actorId = 0) => ({ userId: ids.alice, actorId, type: 'follow' }) as const;
    let later: Promise<boolean> | undefined;
    await inTx(async (tx) => {
      await notify(tx, follow(first));
      later = inTx((other) => notify(other, follow(second)));
      await until('the second waits for the first', async () => {
        const { rows } = await sql`SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`.execute(
          w.tools.db,
        );
        return rows.length === 1;
      });
    });
    expect(await later).to.equal(true);
    const rows = await w.tools.db
      .selectFrom('notifications')
      .select(['actor_id', 'group_id'])
      .orderBy('id')
      .execute();
    expect(rows.map((row) => row.actor_id)).to.eql([first, second]);
    expect(rows[0]?.group_id, 'the second found the group of the first').to.equal(rows[1]?.group_id);
  });

  it('are not told live once a block or a suspension has come between', async () => {
    await inTx((tx) => notify(tx, { userId: ids.alice, actorId: ids.bob, type: 'follow' }));
    const bobs = w.tools.db.updateTable('users').where('id', '=', ids.bob);
    await bobs.set({ suspended_at: new Date() }).execute();
    await tellUntold(w.tools, { userId: ids.alice });
    await w.tools.live.tell([alice.userId], 'post.ready', {});
    await until('alice hears what came after', () => ear.types().includes('post.ready'));
    expect(ear.types()).to.eql(['post.ready']);
    expect(
      await inTx((tx) => notify(tx, { userId: ids.alice, actorId: ids.bob, type: 'follow_request' })),
    ).to.equal(false);
    await bobs.set({ suspended_at: null }).execute();
  });

  it('are told batch by batch, and shared between two who tell at once', async () => {
    const people = await crowd(w, 'crowd', 250);
    await inTx(async (tx) => {
      for (const id of people) await notify(tx, { userId: ids.alice, actorId: id, type: 'follow' });
    });
    const told = await Promise.all([1, 2].map(() => tellUntold(w.tools, { userId: ids.alice })));
    await until('nothing is untold', async () => (await untold()) === 0);
    expect((told[0] as number) + (told[1] as number)).to.equal(250);
    await until('alice hears all', () => ear.messages.length >= 250);
    expect(new Set(ear.messages.map(({ data }) => data?.notification_id)).size).to.equal(250);
    expect(ear.messages).to.have.length(250);
  });
});
