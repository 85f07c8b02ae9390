/** The log of changes between processes. */
import { expect } from 'chai';
import { type Changes, openChanges } from '../../shared/changes/index.ts';
import { openLog } from '../../shared/log.ts';
import { openRedis, type Redis, whenReady } from '../../shared/redis/index.ts';
import { emptyRedis } from '../tools/redis.ts';
import { testRedis } from '../tools/world.ts';

describe('the log of changes', () => {
  const log = openLog('test', 'silent');
  let redis: Redis;
  let writer: Changes;
  let reader: Changes;
  let forgotten: (string | undefined)[];
  before(async () => {
    redis = openRedis(await testRedis(), 'request', log);
    await whenReady(redis);
  });
  after(() => redis.disconnect());
  beforeEach(async () => {
    await emptyRedis(redis);
    writer = openChanges(redis, log);
    reader = openChanges(redis, log);
    forgotten = [];
    await reader.catchUp();
    reader.on('post', (postId) => forgotten.push(postId));
  });

  it('tells each change once, to whoever listens for its kind', async () => {
    await writer.announce('post', 'post_1');
    await writer.announce('user', 'user_1');
    await reader.catchUp();
    await reader.catchUp();
    expect(forgotten).to.eql(['post_1']);
  });

  it('tells a caller what was announced before it called, also while another one reads', async () => {
    const early = reader.catchUp();
    await writer.announce('post', 'post_2');
    await Promise.all([early, reader.catchUp()]);
    expect(forgotten).to.eql(['post_2']);
  });

  it('has everything forgotten when Redis has lost the log', async () => {
    await writer.announce('post', 'post_3');
    await emptyRedis(redis);
    await reader.catchUp();
    expect(forgotten).to.eql([undefined]);
    await writer.announce('post', 'post_4');
    await reader.catchUp();
    expect(forgotten).to.eql([undefined, 'post_4']);
  });

  it('has everything forgotten when a process is too far behind', async () => {
    for (let count = 0; count < 1_001; count += 1) void writer.announce('post', `post_${count}`);
    await writer.announce('post', 'post_last');
    await reader.catchUp();
    expect(forgotten).to.eql([undefined]);
  });
});
