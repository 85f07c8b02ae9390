/** What of a cluster can be known without one. */
import { expect } from 'chai';
import slotOf from 'cluster-key-slot';
import { keys } from '../../../shared/keys.ts';
import { openLog } from '../../../shared/log.ts';
import { openRedis, type Redis, script, whenReady } from '../../../shared/redis/index.ts';
import { batchesOf, spreadScript } from '../../../shared/redis/spread.ts';
import { expectOneSlotEach } from '../../tools/slots.ts';
import { testRedis } from '../../tools/world.ts';

describe('the slots of Redis keys', () => {
  let redis: Redis;
  before(async () => {
    redis = openRedis(await testRedis(), 'request', openLog('test', 'silent'));
    await whenReady(redis);
  });
  after(() => redis.disconnect());

  it('are one for what belongs together', () => {
    for (const together of [
      [keys.feed('user_1'), keys.marks('user_1')],
      [keys.user('user_1'), keys.fill(keys.user('user_1'))],
      [keys.following('user_1'), keys.fill(keys.following('user_1'))],
      [`${keys.queuePrefix('media')}:media:wait`, `${keys.queuePrefix('media')}:media:active`],
    ]) {
      expect(new Set(together.map(slotOf)), together.join(' ')).to.have.property('size', 1);
    }
  });

  it('are guarded: what a cluster would refuse fails a test on one server too', async () => {
    const several = script<number>('return #KEYS');
    for (const send of [
      () => several(redis, [keys.feed('user_1'), keys.feed('user_2')], []),
      () => redis.unlink(keys.user('user_1'), keys.user('user_2')),
      () => redis.mget(keys.user('user_1'), keys.tray('user_1')),
    ]) {
      const error = await send().then(
        () => undefined,
        (thrown: Error) => thrown,
      );
      expect(error?.message).to.contain('CROSSSLOT');
      expect(() => expectOneSlotEach()).to.throw('A Redis Cluster would refuse');
    }
    expect(await several(redis, [keys.feed('user_1'), keys.marks('user_1')], [])).to.equal(2);
    await redis.multi().set('{a}1', 1).set('{b}1', 1).exec();
    expect(() => expectOneSlotEach()).to.throw('A Redis Cluster would refuse');
    await redis.multi().set('{a}1', 1).set('{a}2', 1).exec();
    expectOneSlotEach();
  });

  const many = Array.from({ length: 25_000 }, (_, n) => keys.feed(`user_${n}`));

  it('group what is spread: a call has keys of one slot, and every key comes once', () => {
    const batches = batchesOf(many, true);
    const calls = batches.flat();
    expect(calls.flat().sort()).to.eql([...many].sort());
    for (const call of calls) {
      expect(call.length).to.be.within(1, 1_000);
      expect(new Set(call.map(slotOf))).to.have.property('size', 1);
    }
    for (const batch of batches) expect(batch.flat().length).to.be.within(1, 1_000);
    expect(batches.length, 'and what goes together is much').to.be.below(27);
    const hot = Array.from({ length: 2_500 }, (_, n) => `{user_1}:${n}`);
    expect(batchesOf(hot, true).map((batch) => batch.map((call) => call.length))).to.eql([
      [1_000],
      [1_000],
      [500],
    ]);
  });

  it('do not matter on one server: a thousand keys go into one call', async () => {
    expect(batchesOf(many, false).map((batch) => batch.map((call) => call.length))).to.eql(
      Array(25).fill([1_000]),
    );
    const counted = await spreadScript<number>('return #KEYS', 4)(redis, many, []);
    expect(counted.map(({ keys: called, reply }) => [called.length, reply])).to.eql(
      Array(25).fill([1_000, 1_000]),
    );
    expect(await spreadScript<number>('return 1', 4)(redis, [], [])).to.eql([]);
    expectOneSlotEach();
  });
});
