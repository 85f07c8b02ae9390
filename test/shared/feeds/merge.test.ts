/** Merging lists of posts, against sorting them. */
import { expect } from 'chai';
import fc from 'fast-check';
import { mergeNewest, type Newest } from '../../../shared/feeds/merge.ts';

/** Short ids that sort like post ids. */
const id = fc.integer({ min: 0, max: 60 }).map((number) => `p${String(number).padStart(2, '0')}`);
const newestFirst = (ids: Iterable<string>) => [...new Set(ids)].sort().reverse();

describe('mergeNewest', () => {
  it('replies each post once, and none of which it cannot know', () => {
    // What each source holds altogether, and how much of it is in the list.
    const source = fc.record({ has: fc.array(id, { maxLength: 20 }).map(newestFirst), known: fc.nat(20) });
    const property = fc.property(
      fc.array(source, { maxLength: 4 }),
      fc.option(id, { nil: undefined }),
      fc.integer({ min: 1, max: 12 }),
      (all, before, count) => {
        const lists = all.map(
          ({ has, known }): Newest => ({ postIds: has.slice(0, known), isWhole: known >= has.length }),
        );
        const truth = newestFirst(all.flatMap(({ has }) => has)).filter((postId) => postId < (before ?? '~'));
        const { postIds, sources, isWhole } = mergeNewest(lists, before, count);
        const sourceOf = (postId: string) => lists.findLastIndex((list) => list.postIds.includes(postId));
        expect(sources).to.eql(postIds.map(sourceOf));
        expect(postIds).to.eql(truth.slice(0, postIds.length));
        expect(postIds.length).to.be.at.most(count);
        if (isWhole) expect(postIds).to.eql(truth);
        if (lists.every((list) => list.isWhole)) {
          expect(postIds).to.eql(truth.slice(0, count));
          expect(isWhole).to.equal(truth.length < count);
        }
      },
    );
    fc.assert(property, { numRuns: 2_000 });
  });

  it('goes down to the end of the list that ends first', () => {
    const lists = [
      { postIds: ['p9', 'p7', 'p2'], isWhole: true },
      { postIds: ['p8', 'p5'], isWhole: false },
    ];
    expect(mergeNewest(lists, undefined, 9)).to.eql({
      postIds: ['p9', 'p8', 'p7', 'p5'],
      sources: [0, 1, 0, 1],
      isWhole: false,
    });
    expect(mergeNewest(lists, 'p5', 9), 'below it').to.eql({ postIds: [], sources: [], isWhole: false });
    expect(mergeNewest(lists.slice(0, 1), undefined, 9).isWhole).to.equal(true);
  });
});
