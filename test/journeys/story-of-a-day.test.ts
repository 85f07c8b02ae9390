/** A story lives for its day, to the second, and leaves what its owner keeps. */
import { expect } from 'chai';
import { type App, at, dataOf, done, imageFile, joinApp, refusalOf } from '../tools/app.ts';
import { listen } from '../tools/listen.ts';
import { photo } from '../tools/photos.ts';
import { storyRow } from '../tools/stories.ts';
import { until, type World, world } from '../tools/world.ts';

/** Long enough for all that happens in a story's day, also on a busy machine. */
const lifetimeS = 8;

describe('the day of a story', function () {
  this.timeout(60_000);
  let w: World;
  before(async () => {
    w = await world({ env: { STORY_LIFETIME_S: String(lifetimeS) } });
  });
  after(() => w[Symbol.asyncDispose]());

  it('is seen in trays, counted, over to the second, rolled up, and kept by a highlight', async () => {
    const [alice, bob, carol] = [
      await joinApp(w.base, 'alice'),
      await joinApp(w.base, 'bob'),
      await joinApp(w.base, 'carol'),
    ];
    for (const { userId } of [alice, bob]) {
      await dataOf(carol.POST('/v1/users/{user_id}/follow', at({ user_id: userId })));
    }
    await w.settle();
    const picture = imageFile(await photo({ width: 60, height: 80 }));
    const tell = (who: App, fields: { duration_seconds?: number } = {}) =>
      dataOf(who.POST('/v1/stories', { body: { image: picture, ...fields } }));
    const trays = async () => (await dataOf(carol.GET('/v1/stories'))).story_trays;
    const shown = async () =>
      (await trays()).map((tray) => [tray.user.user_id, tray.has_unseen, tray.stories.length]);
    expect(await shown()).to.eql([]);
    await using ear = await listen(w.base, carol);

    const first = await tell(alice, { duration_seconds: 10 });
    const second = await tell(alice);
    const bobs = await tell(bob);
    await until('carol hears of three stories', () => {
      return ear.types().filter((type) => type === 'story.new').length === 3;
    });
    expect(await shown()).to.eql([
      [bob.userId, true, 1],
      [alice.userId, true, 2],
    ]);
    const image = (story: { media_url: string }) => story.media_url.replace(w.config.CDN_BASE_URL, w.base);
    for (const story of [first, bobs]) {
      const { status, headers } = await fetch(image(story));
      expect(status).to.equal(200);
      expect(Number(/max-age=(\d+)/.exec(headers.get('cache-control') ?? '')?.[1])).to.be.below(lifetimeS);
    }

    type Story = { story_id: string };
    const view = (who: App, { story_id }: Story) => who.POST('/v1/stories/{story_id}/view', at({ story_id }));
    for (const story of [bobs, bobs, first]) await done(view(carol, story));
    await done(view(bob, first));
    expect(await shown(), 'what is unseen comes first').to.eql([
      [alice.userId, true, 2],
      [bob.userId, false, 1],
    ]);
    const viewersOf = (who: App, { story_id }: Story) =>
      dataOf(who.GET('/v1/stories/{story_id}/viewers', at({ story_id })));
    const { viewers, view_count: views } = await viewersOf(alice, first);
    expect(viewers.map((each) => each.username)).to.eql(['bob', 'carol']);
    expect(views).to.equal(2);
    const highlight = { title: 'The first', story_ids: [first.story_id] };
    await dataOf(alice.POST('/v1/users/me/highlights', { body: highlight }));

    // Whoever asks before the end sees it, whoever asks after it does not.
    const end = Date.parse(bobs.expires_at);
    expect(Date.now(), 'the day was long enough').to.be.below(end);
    for (let isOver = false; !isOver; ) {
      const asked = Date.now();
      const [tray] = await trays().then((all) => all.filter(({ user }) => user.user_id === bob.userId));
      const answered = Date.now();
      if (answered < end) expect(tray, `${end - answered} ms before the end`).to.be.an('object');
      if (asked > end) expect(tray, `${asked - end} ms after the end`).to.equal(undefined);
      isOver = asked > end;
    }
    expect(await trays()).to.eql([]);
    expect(await refusalOf(view(carol, second))).to.include({ status: 410, code: 'GONE' });
    expect((await fetch(image(bobs))).status).to.equal(410);
    expect((await fetch(image(second))).status).to.equal(410);

    const rowOf = (story: Story) => storyRow(w, story.story_id);
    await until('all three are ended by their jobs', async () => {
      const rows = await Promise.all([first, second, bobs].map(rowOf));
      return rows.every((row) => row?.closed_at);
    });
    expect(await rowOf(first)).to.deep.include({ view_count: 2, duration_seconds: 10 });
    const kept = { viewers: [], view_count: 2, next_cursor: null, has_more: false };
    expect(await viewersOf(alice, first)).to.eql(kept);
    expect((await viewersOf(bob, bobs)).view_count).to.equal(1);
    expect(await w.tools.stories.countViews(first.story_id)).to.equal(0);
    const originals = (await w.objects()).filter((key) => key.startsWith('originals/'));
    expect(originals, 'no original is left').to.eql([]);
    expect((await fetch(image(bobs))).status).to.equal(410);

    const toAlice = at({ user_id: alice.userId });
    const { highlights } = await dataOf(carol.GET('/v1/users/{user_id}/highlights', toAlice));
    const [highlighted, ...others] = highlights[0]?.stories ?? [];
    expect(others).to.eql([]);
    expect(highlighted).to.deep.include({ story_id: first.story_id, duration_seconds: 10 });
    expect((await fetch(image(highlighted as typeof first))).status, 'the highlight stays').to.equal(200);
    const { stories: archive } = await dataOf(alice.GET('/v1/users/me/story-archive'));
    expect(archive.map((each) => [each.story_id, each.view_count])).to.eql([
      [second.story_id, 0],
      [first.story_id, 2],
    ]);
    expect(
      (await fetch(image(archive[0] as (typeof archive)[0]))).status,
      'the owner has the picture',
    ).to.equal(200);
  });
});
