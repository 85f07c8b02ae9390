/** Who is connected to the live channel, as every process sees it. */
import { expect } from 'chai';
import { keys } from '../../shared/keys.ts';
import { connectedUsers, forgetUnseen, sawConnected } from '../../shared/live/connected.ts';
import { openLog } from '../../shared/log.ts';
import { openRedis, type Redis, whenReady } from '../../shared/redis/index.ts';
import { emptyRedis } from '../tools/redis.ts';
import { testRedis } from '../tools/world.ts';

describe('the connected users', () => {
  let redis: Redis;
  before(async () => {
    redis = openRedis(await testRedis(), 'request', openLog('test', 'silent'));
    await whenReady(redis);
  });
  after(() => redis.disconnect());
  beforeEach(() => emptyRedis(redis));

  async function connected(): Promise<string[]> {
    const all: string[] = [];
    for await (const userIds of connectedUsers(redis)) all.push(...userIds);
    return all.sort();
  }

  it('are told each once, however many there are', async () => {
    const users = Array.from({ length: 3_500 }, (_, n) => `user_${String(n).padStart(5, '0')}`);
    await sawConnected(redis, users);
    await sawConnected(redis, users.slice(0, 10));
    expect(await connected()).to.eql(users);
  });

  it('are those who were seen of late', async () => {
    await sawConnected(redis, ['user_new']);
    await redis.zadd(keys.connected, Date.now() - 60_000, 'user_old');
    expect(await connected()).to.eql(['user_new']);
    await forgetUnseen(redis);
    expect(await redis.zrange(keys.connected, '0', '-1')).to.eql(['user_new']);
  });

  it('may be none', async () => {
    expect(await connected()).to.eql([]);
  });
});
