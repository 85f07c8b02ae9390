/**
 * Whatever people do, in whatever order, and whatever Redis loses: every page of every feed is what the definition
 * says. `FEED_SEED=… npm test -- test/journeys/feed-property.test.ts` repeats a run and looks for the shortest
 * sequence that fails; FEED_RUNS is the number of sequences.
 */
import { inspect } from 'node:util';
import fc from 'fast-check';
import type { Client } from '../tools/client.ts';
import { type Act, openPlay, type Play, type Setting } from '../tools/feed-play.ts';
import { photo } from '../tools/photos.ts';
import { testRedis, type World, world } from '../tools/world.ts';

const runs = Number(process.env.FEED_RUNS ?? (process.env.CI ? 500 : 50));
const names = ['alice', 'bob', 'carol', 'dave', 'erin'];

const who = fc.nat(names.length - 1);
/** Often one of the newest, so that much happens to the same post. */
const nth = fc.oneof(fc.nat(2), fc.nat(200));
const act = <Name extends string>(...acts: Name[]) => fc.constantFrom(...acts);
/** Around every border there is: one post, the cached depth, what a feed is built and trimmed to. */
const limit = fc.constantFrom(5, 7, 10, 19, 20, 21, 22, 23, 24, 25, 30, 100);
/** The limits of one walk through a feed, page by page in turn. The smallest only beside large ones: they take long. */
const anyLimits = fc.oneof(
  fc.array(limit, { minLength: 1, maxLength: 3 }),
  fc.tuple(fc.constantFrom(1, 2, 3), limit),
);

const anyAct: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 7,
    arbitrary: fc.record({ act: act('post'), who, count: fc.constantFrom(1, 1, 1, 2, 4, 9) }),
  },
  { weight: 5, arbitrary: fc.record({ act: act('follow', 'follow', 'unfollow'), who, whom: who }) },
  { weight: 3, arbitrary: fc.record({ act: act('mute', 'unmute', 'block', 'unblock'), who, whom: who }) },
  { weight: 6, arbitrary: fc.record({ act: act('delete', 'archive', 'unarchive'), nth }) },
  { weight: 5, arbitrary: fc.record({ act: act('like', 'like', 'unlike', 'save', 'unsave'), who, nth }) },
  { weight: 1, arbitrary: fc.record({ act: act('return'), who, nth }) },
  { weight: 2, arbitrary: fc.record({ act: act('read'), who, limit }) },
  { weight: 1, arbitrary: fc.record({ act: act('lose'), what: act('feed', 'marks', 'cache'), who }) },
);

/** Acts of one step happen at the same time. Then a feed is looked at, perhaps before the jobs are done. */
const anyStep = fc.record({
  acts: fc.array(anyAct, { minLength: 1, maxLength: 3 }),
  /** Meanwhile the feed of the reader, which Redis has lost, is read. */
  isCold: fc.boolean(),
  settles: fc.boolean(),
  reader: who,
  limits: anyLimits,
});

const anySetting: fc.Arbitrary<Setting> = fc.record({
  fanOutMax: fc.constantFrom(0, 1, 2, 3, 100, 100),
  /** Feeds that are deeper than the cache, and shallower. */
  oldPosts: fc.array(fc.oneof(fc.nat(5), fc.integer({ min: 6, max: 30 })), {
    minLength: names.length,
    maxLength: names.length,
  }),
  delaysMs: fc.array(fc.constantFrom(0, 0, 3, 30), { minLength: 1, maxLength: 7 }),
});

const anySequence = fc.record({
  setting: anySetting,
  /** Who follows whom at first. */
  follows: fc.uniqueArray(fc.tuple(who, who), { minLength: 4, maxLength: 20, selector: String }),
  steps: fc.array(anyStep, { minLength: 5, maxLength: 20 }),
  limits: anyLimits,
});

describe('the feeds of five people', function () {
  // 500 sequences take a quarter of an hour where other tests run beside them.
  this.timeout(60 * 60_000);
  let w: World;
  let play: Play;
  before(async () => {
    w = await world({
      env: { FEED_DEPTH: '20', CACHE_REDIS_URL: await testRedis() },
      serves: ['relay', 'feeds'],
    });
    const people: Client[] = [];
    for (const name of names) people.push(await w.join(name));
    play = await openPlay(w, people, await photo({ width: 8, height: 8 }));
  });
  after(() => w[Symbol.asyncDispose]());

  it('equal their definition, page by page, after whatever was done', async () => {
    const seed = process.env.FEED_SEED ? Number(process.env.FEED_SEED) : Date.now() % 2 ** 31;
    const property = fc.asyncProperty(anySequence, async ({ setting, follows, steps, limits }) => {
      await play.begin(setting);
      await Promise.all(
        follows.map(([one, other]) => play.perform({ act: 'follow', who: one, whom: other })),
      );
      for (const { acts, isCold, settles, reader, limits: ofStep } of steps) {
        const cold: Act[] = isCold ? [{ act: 'reread', who: reader, times: 3 }] : [];
        await Promise.all([...acts, ...cold].map(play.perform));
        if (settles) await play.settle();
        await play.expectFeed(reader, ofStep);
      }
      await play.settle();
      for (const reader of names.keys()) {
        await play.expectFeed(reader, limits);
        await play.expectExplained(reader, steps.length * 7 + reader);
      }
    });
    try {
      await fc.assert(property, { numRuns: runs, seed, endOnFailure: !process.env.FEED_SEED });
    } catch (error) {
      const { message, cause } = error as Error;
      throw new Error(`FEED_SEED=${seed} repeats this.\n${message}\n${inspect(cause)}`, { cause });
    }
  });
});
