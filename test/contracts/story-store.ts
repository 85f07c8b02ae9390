/** What every story store has to do, whatever it is made of. */
import { expect } from 'chai';
import { newId } from '../../shared/ids.ts';
import { keptAfterExpiryS, type StoryContent, type StoryStore } from '../../shared/stories/index.ts';
import { until } from '../tools/world.ts';

/** @param open opens a store; it is closed by the suite. */
export function storyStoreContract(name: string, open: () => Promise<StoryStore>): void {
  describe(`the story store ${name}`, function () {
    this.timeout(30_000);
    let store: StoryStore;
    before(async () => {
      store = await open();
    });
    after(() => store.close());

    const hourMs = 3_600_000;
    const owner = () => newId('user');
    function content(more: Partial<StoryContent> = {}): StoryContent {
      const createdAt = new Date('2026-03-01T10:00:00.123Z');
      return {
        userId: owner(),
        storyId: newId('story'),
        mediaType: 'image',
        mediaPath: '/stories/a/full.jpg',
        thumbnailPath: '/stories/a/thumb.jpg',
        durationSeconds: 7,
        createdAt,
        expiresAt: new Date(Date.now() + hourMs),
        ...more,
      };
    }
    /** A story that the store forgets `ms` from now. */
    const lapsingIn = (ms: number, more: Partial<StoryContent> = {}) =>
      content({ expiresAt: new Date(Date.now() - keptAfterExpiryS * 1_000 + ms), ...more });
    const view = (viewerId: string, atMs = Date.now()) => ({ viewerId, viewedAt: new Date(atMs) });

    it('is usable', () => store.check());

    it('keeps a content as it was given, to the millisecond', async () => {
      const one = content();
      await store.put(one);
      expect(await store.get([one])).to.eql([one]);
      const { userId, storyId } = one;
      expect(await store.get([{ userId, storyId }])).to.eql([one]);
    });

    it('replaces a content that is put again', async () => {
      const one = content();
      await store.put(one);
      await store.put(one);
      const changed = { ...one, durationSeconds: 15, mediaPath: '/stories/b/full.jpg' };
      await store.put(changed);
      expect(await store.get([one])).to.eql([changed]);
    });

    it('gives those contents that are there, of any owners', async () => {
      const alice = owner();
      const [first, second, third] = [
        content({ userId: alice }),
        content({ userId: alice }),
        content(),
      ] as const;
      for (const each of [first, second, third]) await store.put(each);
      const found = await store.get([
        third,
        { userId: alice, storyId: newId('story') },
        { userId: owner(), storyId: first.storyId },
        first,
      ]);
      expect(found).to.have.deep.members([first, third]);
      expect(await store.get([])).to.eql([]);
    });

    it('gives many contents at once', async () => {
      const userIds = Array.from({ length: 30 }, owner);
      const stories = userIds.flatMap((userId) => [content({ userId }), content({ userId })]);
      await Promise.all(stories.map((each) => store.put(each)));
      expect(await store.get(stories)).to.have.deep.members(stories);
    });

    it('counts a viewer once, and lets the first view stand', async () => {
      const story = content();
      const [bob, carol] = [owner(), owner()].sort() as [string, string];
      await store.addView(story, view(bob, 1_772_000_000_123));
      await store.addView(story, view(bob, 1_772_000_009_999));
      await store.addView(story, view(carol, 1_772_000_005_000));
      expect(await store.countViews(story.storyId)).to.equal(2);
      expect(await store.views(story.storyId, undefined, 10)).to.eql([
        view(bob, 1_772_000_000_123),
        view(carol, 1_772_000_005_000),
      ]);
    });

    it('counts a viewer once who views many times at once', async () => {
      const story = content();
      const bob = owner();
      await Promise.all(Array.from({ length: 10 }, () => store.addView(story, view(bob))));
      expect(await store.countViews(story.storyId)).to.equal(1);
    });

    it('says what a viewer saw', async () => {
      const [one, other, third] = [content(), content(), content()];
      const [bob, carol] = [owner(), owner()];
      await store.addView(one, view(bob));
      await store.addView(third, view(bob));
      await store.addView(other, view(carol));
      const ids = [one.storyId, other.storyId, newId('story')];
      expect(await store.seen(bob, ids)).to.eql(new Set([one.storyId]));
      expect(await store.seen(carol, ids)).to.eql(new Set([other.storyId]));
      expect(await store.seen(bob, [])).to.eql(new Set());
    });

    it('pages through the views of a story in the order of the viewers, while others view', async () => {
      const story = content();
      const viewers = Array.from({ length: 11 }, owner).sort();
      await Promise.all(viewers.map((viewerId) => store.addView(story, view(viewerId))));
      await store.addView(content(), view(owner()));
      const seen: string[] = [];
      for (let after: string | undefined; ; after = seen.at(-1)) {
        const page = await store.views(story.storyId, after, 4);
        seen.push(...page.map(({ viewerId }) => viewerId));
        if (page.length < 4) break;
        // One who comes before all others is on no later page.
        await store.addView(story, view(newId('user', 1)));
      }
      expect(seen).to.eql(viewers);
    });

    it('removes all views of one viewer, and no other', async () => {
      const [one, other] = [content(), content()];
      const [bob, carol] = [owner(), owner()];
      for (const story of [one, other]) await store.addView(story, view(bob));
      await store.addView(one, view(carol));
      await store.removeViewsBy(bob);
      await store.removeViewsBy(bob);
      expect(await store.seen(bob, [one.storyId, other.storyId])).to.eql(new Set());
      expect(await store.countViews(other.storyId)).to.equal(0);
      expect((await store.views(one.storyId, undefined, 5)).map(({ viewerId }) => viewerId)).to.eql([carol]);
    });

    it('has no views of a story nobody viewed', async () => {
      const storyId = newId('story');
      expect(await store.countViews(storyId)).to.equal(0);
      expect(await store.views(storyId, undefined, 5)).to.eql([]);
    });

    it('removes a content with its views, and no other', async () => {
      const [one, other] = [content(), content()];
      for (const each of [one, other]) {
        await store.put(each);
        await store.addView(each, view(owner()));
      }
      await store.remove(one);
      await store.remove(one);
      expect(await store.get([one, other])).to.eql([other]);
      expect(await store.countViews(one.storyId)).to.equal(0);
      expect(await store.countViews(other.storyId)).to.equal(1);
      await store.put(one);
      expect(await store.get([one]), 'what was removed can be put again').to.eql([one]);
    });

    it('forgets by itself what belongs to a story some hours after its end', async () => {
      const [lapsing, over] = [lapsingIn(1_500), content({ expiresAt: new Date(Date.now() - hourMs) })];
      const bob = owner();
      for (const each of [lapsing, over]) {
        await store.put(each);
        await store.addView(each, view(bob));
      }
      const ids = [lapsing.storyId, over.storyId];
      expect(await store.get([lapsing, over])).to.have.deep.members([lapsing, over]);
      expect(await store.seen(bob, ids)).to.eql(new Set(ids));
      await until('the content lapses', async () => (await store.get([lapsing])).length === 0);
      await until('the view lapses', async () => (await store.countViews(lapsing.storyId)) === 0);
      expect(await store.seen(bob, ids)).to.eql(new Set([over.storyId]));
      expect(await store.views(lapsing.storyId, undefined, 5)).to.eql([]);
      expect(await store.get([lapsing, over]), 'what a late roll-up needs is there').to.eql([over]);
      expect(await store.countViews(over.storyId)).to.equal(1);
    });

    it('keeps nothing that has lapsed before it came', async () => {
      const past = lapsingIn(-1_000);
      await store.put(past);
      await store.addView(past, view(owner()));
      expect(await store.get([past])).to.eql([]);
      expect(await store.countViews(past.storyId)).to.equal(0);
    });
  });
}
