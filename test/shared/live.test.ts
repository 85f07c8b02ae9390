import { expect } from 'chai';
import { newId } from '../../shared/ids.ts';
import { keys } from '../../shared/keys.ts';
import { type Live, type LiveMessage, openLive } from '../../shared/live/index.ts';
import { openLog } from '../../shared/log.ts';
import { openRedis, type Redis, whenReady } from '../../shared/redis/index.ts';
import { layLine } from '../tools/line.ts';

const log = openLog('test', 'silent');
const redisUrl = process.env.TEST_REDIS_URL ?? '';

/** What stands for one process: its own connections to the one Redis. */
type Process = { live: Live; cache: Redis; end(): Promise<void> };

type Lines = { url?: string; subscriberUrl?: string; checkEveryMs?: number };

async function startProcess(lines: Lines = {}): Promise<Process> {
  const { url = redisUrl, checkEveryMs = 10_000 } = lines;
  const subscriberUrl = lines.subscriberUrl ?? url;
  const cache = openRedis(url, 'request', log);
  await whenReady(cache);
  const live = openLive(cache, subscriberUrl, log, { checkEveryMs });
  return {
    live,
    cache,
    async end() {
      await live.close();
      cache.disconnect();
    },
  };
}

/** Everything a listener hears. */
async function listener(live: Live, userId: string, resumeFrom?: string) {
  const heard: LiveMessage[] = [];
  const stop = await live.listen(userId, resumeFrom, (text) => heard.push(JSON.parse(text) as LiveMessage));
  return { heard, stop, numbers: () => heard.map((message) => message.data?.n) };
}

async function until(what: string, condition: () => boolean | Promise<boolean>) {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`it did not come to pass: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('the live channel between processes', () => {
  let teller: Process;
  let hearer: Process;

  const tell = (userId: string, n: number) => teller.live.tell([userId], 'notification', { n });
  const tellAll = async (userId: string, from: number, to: number) => {
    for (const n of range(from, to)) await tell(userId, n);
  };

  before(async () => {
    [teller, hearer] = await Promise.all([startProcess(), startProcess()]);
  });
  after(() => Promise.all([teller.end(), hearer.end()]));

  it('carries a message to a listener in another process', async () => {
    const alice = newId('user');
    const { heard, stop } = await listener(hearer.live, alice);
    const before = Date.now();
    await teller.live.tell([alice], 'post.ready', { post_id: 'post_1', text: 'a "quoted" word — and more' });
    await until('alice hears of it', () => heard.length === 1);
    const [message] = heard as [LiveMessage];
    expect(Object.keys(message)).to.deep.equal(['id', 'type', 'created_at', 'data']);
    expect(message.type).to.equal('post.ready');
    expect(message.data).to.deep.equal({ post_id: 'post_1', text: 'a "quoted" word — and more' });
    expect(Date.parse(message.created_at)).to.be.within(before - 1, Date.now() + 1);
    stop();
  });

  it('gives ids that rise, as text too', async () => {
    const alice = newId('user');
    const { heard, stop } = await listener(hearer.live, alice);
    await Promise.all(range(1, 300).map((n) => tell(alice, n)));
    await until('alice hears all', () => heard.length === 300);
    const ids = heard.map(({ id }) => id);
    expect([...ids].sort()).to.deep.equal(ids);
    expect(new Set(ids).size).to.equal(300);
    stop();
  });

  it('keeps nothing for a user who was never connected', async () => {
    const alice = newId('user');
    await tell(alice, 1);
    expect(await teller.cache.exists(keys.live(alice))).to.equal(0);
  });

  it('keeps what is told to somebody who is away, for 24 hours', async () => {
    const alice = newId('user');
    const first = await listener(hearer.live, alice);
    await tell(alice, 1);
    await until('alice hears 1', () => first.heard.length === 1);
    first.stop();
    expect(await teller.cache.ttl(keys.live(alice))).to.be.within(86_300, 86_400);

    await tellAll(alice, 2, 5);
    const second = await listener(hearer.live, alice, first.heard[0]?.id);
    expect(second.numbers()).to.deep.equal([2, 3, 4, 5]);
    await tell(alice, 6);
    await until('alice hears 6', () => second.heard.length === 5);
    expect(second.numbers()).to.deep.equal([2, 3, 4, 5, 6]);
    second.stop();
  });

  it('leaves no hole and no double between what was missed and what comes', async () => {
    const alice = newId('user');
    const first = await listener(hearer.live, alice);
    await tell(alice, 0);
    await until('alice hears 0', () => first.heard.length === 1);
    const from = first.heard[0]?.id;
    const telling = tellAll(alice, 1, 400);
    const resumed = await Promise.all(
      range(1, 40).map(async (n) => {
        // Half of them join one who already listens in the same process.
        const process = n % 2 === 0 ? hearer : await startProcess();
        return { process, ...(await listener(process.live, alice, from)) };
      }),
    );
    await telling;
    for (const { process, heard, numbers, stop } of resumed) {
      await until('a listener hears all', () => heard.length >= 400);
      expect(numbers()).to.deep.equal(range(1, 400));
      stop();
      if (process !== hearer) await process.end();
    }
    expect(first.numbers()).to.deep.equal(range(0, 400));
    first.stop();
  });

  it('says "gap" when what follows an id is no longer kept', async () => {
    const alice = newId('user');
    const first = await listener(hearer.live, alice);
    for (const from of [1, 501, 1001]) {
      await Promise.all(range(from, from + 499).map((n) => tell(alice, n)));
    }
    await until('alice hears all', () => first.heard.length === 1500);
    const late = await listener(hearer.live, alice, first.heard[0]?.id);
    expect(late.heard).to.deep.equal([{ type: 'gap' }]);
    const kept = await listener(hearer.live, alice, first.heard[600]?.id);
    expect(kept.heard).to.have.length(899);
    await tell(alice, 1501);
    await until('both hear what comes', () => late.heard.length === 2 && kept.heard.length === 900);
    expect(late.numbers()).to.deep.equal([undefined, 1501]);
    for (const { stop } of [first, late, kept]) stop();
  });

  it('says "gap" for an id of a stream that was lost, and for one that is yet to come', async () => {
    const alice = newId('user');
    const first = await listener(hearer.live, alice);
    await tell(alice, 1);
    await until('alice hears 1', () => first.heard.length === 1);
    first.stop();
    await teller.cache.del(keys.live(alice));
    const second = await listener(hearer.live, alice, first.heard[0]?.id);
    expect(second.heard).to.deep.equal([{ type: 'gap' }]);
    const third = await listener(hearer.live, alice, '9999999999999-0');
    expect(third.heard).to.deep.equal([{ type: 'gap' }]);
    await tell(alice, 2);
    await until('both hear 2', () => second.heard.length === 2 && third.heard.length === 2);
    for (const { stop } of [second, third]) stop();
  });

  it('tells thousands, each once', async () => {
    const crowd = range(1, 2_500).map(() => newId('user'));
    const ears = await Promise.all(crowd.map((userId) => listener(hearer.live, userId)));
    await teller.live.tell([...crowd, newId('user')], 'feed.new_post', { n: 1 });
    await until('everybody hears', () => ears.every(({ heard }) => heard.length === 1));
    for (const { stop } of ears) stop();
  });

  it('stops hearing for a user whose last listener left', async () => {
    const alice = newId('user');
    const [one, two] = [await listener(hearer.live, alice), await listener(hearer.live, alice)];
    one.stop();
    one.stop();
    await tell(alice, 1);
    await until('the other hears', () => two.heard.length === 1);
    expect(one.heard).to.have.length(0);
    two.stop();
    await until('the channel has no subscriber', async () => {
      const [, subscribers] = await teller.cache.pubsub('NUMSUB', keys.live(alice));
      return subscribers === 0;
    });
  });

  describe('when Redis cannot be trusted', () => {
    it('delivers after an outage what was told meanwhile', async () => {
      await using line = await layLine(redisUrl);
      const process = await startProcess({ url: line.url, checkEveryMs: 60_000 });
      const crowd = range(1, 50).map(() => newId('user'));
      const ears = await Promise.all(crowd.map((userId) => listener(process.live, userId)));
      line.cut();
      for (const n of range(1, 3)) await teller.live.tell(crowd, 'notification', { n });
      line.mend();
      await until('everybody hears', () => ears.every(({ heard }) => heard.length >= 3));
      for (const { numbers } of ears) expect(numbers()).to.deep.equal([1, 2, 3]);
      await process.end();
    });

    it('delivers what was told while only the subscription was away', async () => {
      await using line = await layLine(redisUrl);
      const process = await startProcess({ subscriberUrl: line.url, checkEveryMs: 60_000 });
      const alice = newId('user');
      const { numbers } = await listener(process.live, alice);
      line.cut();
      await tellAll(alice, 1, 3);
      line.mend();
      await until('alice hears', () => numbers().length >= 3);
      expect(numbers()).to.deep.equal([1, 2, 3]);
      await process.end();
    });

    it('loses, doubles and disorders nothing while the connection keeps breaking', async () => {
      await using line = await layLine(redisUrl);
      const process = await startProcess({ url: line.url, checkEveryMs: 60_000 });
      const crowd = range(1, 200).map(() => newId('user'));
      const ears = await Promise.all(crowd.map((userId) => listener(process.live, userId)));
      let told = 0;
      const tellSome = async () => {
        for (const _ of range(1, 10)) {
          told += 1;
          await teller.live.tell(crowd, 'notification', { n: told });
        }
      };
      for (const _ of range(1, 8)) {
        // Each break comes while what the last one cost is being made good.
        await whenReady(process.cache);
        await tellSome();
        line.cut();
        await tellSome();
        line.mend();
      }
      await until('everybody hears all', () => ears.every(({ heard }) => heard.length >= told));
      for (const { numbers } of ears) expect(numbers()).to.deep.equal(range(1, told));
      await process.end();
    });

    it('refuses new listeners during an outage, and takes them again after it', async () => {
      await using line = await layLine(redisUrl);
      const process = await startProcess({ url: line.url, checkEveryMs: 60_000 });
      const alice = newId('user');
      line.cut();
      await until('the outage is noticed', () => process.cache.status !== 'ready');
      const refused = await process.live.listen(alice, undefined, () => {}).catch((error: unknown) => error);
      expect(refused).to.be.instanceOf(Error);
      line.mend();
      await whenReady(process.cache);
      const { heard } = await listener(process.live, alice);
      await tell(alice, 1);
      await until('alice hears', () => heard.length === 1);
      await process.end();
    });

    it('notices a lost stream, says "gap" and goes on', async () => {
      const process = await startProcess({ checkEveryMs: 100 });
      const alice = newId('user');
      const { heard } = await listener(process.live, alice);
      await teller.cache.del(keys.live(alice));
      await tell(alice, 1);
      await until('alice hears of the gap', () => heard.length === 1);
      await tell(alice, 2);
      await until('alice hears 2', () => heard.length === 2);
      expect(heard.map(({ type }) => String(type))).to.deep.equal(['gap', 'notification']);
      await process.end();
    });

    it('notices with the next message that another process has opened a lost stream anew', async () => {
      const alice = newId('user');
      const one = await listener(hearer.live, alice);
      await teller.cache.del(keys.live(alice));
      const other = await startProcess();
      const two = await listener(other.live, alice);
      await tell(alice, 1);
      await until('both hear', () => one.heard.length === 1 && two.heard.length === 1);
      expect(one.heard).to.deep.equal([{ type: 'gap' }]);
      expect(two.numbers()).to.deep.equal([1]);
      await tell(alice, 2);
      await until('both hear 2', () => one.heard.length === 2 && two.heard.length === 2);
      one.stop();
      await other.end();
    });
  });
});
