import { expect } from 'chai';
import { encodeCursor } from '../../../api/cursor.ts';
import { keyOf } from '../../../shared/ids.ts';
import { type Client, send } from '../../tools/client.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { endStories, postStory, storyOf } from '../../tools/stories.ts';
import { type World, world } from '../../tools/world.ts';

describe('what stays of stories', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  before(async () => {
    w = await world();
    [alice, bob] = [await w.join('alice'), await w.join('bob')];
  });
  after(() => w[Symbol.asyncDispose]());

  const idsOf = (stories: { story_id: string }[]) => stories.map((story) => story.story_id);

  describe('GET /v1/users/me/story-archive', () => {
    const archive = (who: Client, query = '') => who.get(`/v1/users/me/story-archive${query}`);

    it('answers 200 with one’s own stories that are over, newest first, and how often each was viewed', async () => {
      const anna = await w.join('anna');
      expect((await archive(anna)).body).to.eql({ stories: [], next_cursor: null, has_more: false });
      const first = (await postStory(anna, { duration_seconds: 12 })).body;
      const [second, live] = [await storyOf(anna), await storyOf(anna)];
      await bob.post(`/v1/stories/${first.story_id}/view`);
      await w.settle();
      await endStories(w, first.story_id, second);
      const { status, body } = await archive(anna);
      expect(status).to.equal(200);
      expect(idsOf(body.stories)).to.eql([second, first.story_id]);
      const { media_url, thumbnail_url, expires_at, ...rest } = body.stories[1];
      expect(rest).to.eql({
        story_id: first.story_id,
        media_type: 'image',
        duration_seconds: 12,
        created_at: first.created_at,
        view_count: 1,
      });
      const key = keyOf(first.story_id);
      expect(media_url).to.match(new RegExp(`/stories/${key}/full\\.jpg\\?e=\\d+&s=[\\w-]+$`));
      expect(thumbnail_url).to.match(new RegExp(`/stories/${key}/thumb\\.jpg\\?e=`));
      expect(Date.parse(expires_at)).to.be.below(Date.now());

      const counts = (body_: { stories: { view_count: number }[] }) => body_.stories.map((s) => s.view_count);
      expect(counts(body)).to.eql([0, 1]);
      const queue = w.tools.queues.all.find(({ name }) => name === 'stories');
      for (const id of [first.story_id, second]) await (await queue?.getJob(`${id}-expire-story`))?.promote();
      await w.settle();
      const rolledUp = (await archive(anna)).body;
      expect(counts(rolledUp), 'rolled up').to.eql([0, 1]);
      expect(rolledUp.stories.map((each: { duration_seconds: number }) => each.duration_seconds)).to.eql([
        5, 12,
      ]);
      const viewers = (await anna.get(`/v1/stories/${first.story_id}/viewers`)).body;
      expect(viewers).to.eql({ viewers: [], view_count: 1, next_cursor: null, has_more: false });
      expect(idsOf((await anna.get('/v1/users/me/stories')).body.stories)).to.eql([live]);
      expect((await archive(bob)).body.stories).to.eql([]);
    });

    it('pages through all of them', async () => {
      const ida = await w.join('ida');
      const ids: string[] = [];
      for (let n = 0; n < 5; n += 1) ids.unshift(await storyOf(ida));
      await endStories(w, ...ids);
      for (const limit of [1, 2, 4, 5, 6]) {
        const seen: string[] = [];
        for (let query = `?limit=${limit}`; ; ) {
          const { body } = await archive(ida, query);
          seen.push(...idsOf(body.stories));
          if (!body.next_cursor) break;
          query = `?limit=${limit}&cursor=${body.next_cursor}`;
        }
        expect(seen, `limit ${limit}`).to.eql(ids);
      }
      for (const cursor of ['x', encodeCursor('story-archive', ['post_x'])]) {
        expectRefusal(await archive(ida, `?cursor=${cursor}`), 'INVALID_INPUT', { field: 'cursor' });
      }
      expectRefusal(await send(w.base, 'GET', '/v1/users/me/story-archive'), 'UNAUTHORIZED');
    });
  });

  describe('highlights', () => {
    const make = (who: Client, body: unknown, headers?: Record<string, string>) =>
      who.post('/v1/users/me/highlights', body, headers);
    const list = (who: Client, whom: string, query = '') => who.get(`/v1/users/${whom}/highlights${query}`);
    const remove = (who: Client, id: string) => who.delete(`/v1/users/me/highlights/${id}`);

    it('answers 201 with the stories in the order they were given, over or not', async () => {
      const [over, live] = [await storyOf(alice), await storyOf(alice)];
      await w.settle();
      await endStories(w, over);
      const { status, body, text } = await make(alice, { title: '  夏 🌻 ', story_ids: [live, over, live] });
      expect(status, text).to.equal(201);
      expect(body.highlight_id).to.match(/^highlight_[0-9a-z]{26}$/);
      expect(body.title).to.equal('夏 🌻');
      expect(idsOf(body.stories)).to.eql([live, over]);
      expect(body.stories[1]).to.have.all.keys(
        'story_id',
        'media_type',
        'media_url',
        'thumbnail_url',
        'duration_seconds',
        'created_at',
        'expires_at',
      );
      expect((await list(bob, alice.userId)).body).to.eql({
        highlights: [body],
        next_cursor: null,
        has_more: false,
      });
      await endStories(w, live);
      const [later] = (await list(bob, '@alice')).body.highlights;
      expect(idsOf(later.stories), 'past its day').to.eql([live, over]);
      const key = { 'Idempotency-Key': 'one-highlight' };
      const made = await make(alice, { title: 'Again', story_ids: [live] }, key);
      expect((await make(alice, { title: 'Again', story_ids: [live] }, key)).text).to.equal(made.text);
    });

    it('are listed newest first, page by page', async () => {
      const ivy = await w.join('ivy');
      const storyId = await storyOf(ivy);
      const made: string[] = [];
      for (const title of ['a', 'b', 'c', 'd']) {
        made.unshift((await make(ivy, { title, story_ids: [storyId] })).body.highlight_id);
      }
      for (const limit of [1, 3, 4]) {
        const seen: string[] = [];
        for (let query = `?limit=${limit}`; ; ) {
          const { body } = await list(bob, ivy.userId, query);
          seen.push(...body.highlights.map((each: { highlight_id: string }) => each.highlight_id));
          if (!body.next_cursor) break;
          query = `?limit=${limit}&cursor=${body.next_cursor}`;
        }
        expect(seen, `limit ${limit}`).to.eql(made);
      }
      expectRefusal(await list(bob, ivy.userId, '?cursor=x'), 'INVALID_INPUT', { field: 'cursor' });
    });

    it('are shown to those who may see their owner', async () => {
      const [shy, blocker] = [await w.join('shy'), await w.join('blocker')];
      for (const each of [shy, blocker])
        await make(each, { title: 'Mine', story_ids: [await storyOf(each)] });
      await shy.patch('/v1/users/me', { is_private: true });
      await blocker.post(`/v1/users/${bob.userId}/block`);
      expectRefusal(await list(bob, shy.userId), 'FORBIDDEN', { field: 'user_id' });
      for (const name of [blocker.userId, '@nobody', '%00']) {
        expectRefusal(await list(bob, name), 'NOT_FOUND', { field: 'user_id', message: 'User not found' });
      }
      expect((await list(shy, 'me')).body.highlights).to.have.length(1);
      expectRefusal(await send(w.base, 'GET', `/v1/users/${alice.userId}/highlights`), 'UNAUTHORIZED');
    });

    it('refuse titles and stories that cannot be', async () => {
      const [own, bobs] = [await storyOf(alice), await storyOf(bob)];
      const refusals: [body: unknown, field: string][] = [
        [{ story_ids: [own] }, 'title'],
        [{ title: '  ', story_ids: [own] }, 'title'],
        [{ title: 'x'.repeat(51), story_ids: [own] }, 'title'],
        [{ title: 'a\0b', story_ids: [own] }, 'title'],
        [{ title: 7, story_ids: [own] }, 'title'],
        [{ title: 'x' }, 'story_ids'],
        [{ title: 'x', story_ids: [] }, 'story_ids'],
        [{ title: 'x', story_ids: own }, 'story_ids'],
        [{ title: 'x', story_ids: Array.from({ length: 101 }, () => own) }, 'story_ids'],
        [{ title: 'x', story_ids: [own, 'nonsense'] }, 'story_ids.1'],
        [{ title: 'x', story_ids: [own, bobs] }, 'story_ids'],
        [{ title: 'x', story_ids: ['story_01j8z3k4m5n6p7q8r9s0t1v2w3'] }, 'story_ids'],
        [{ title: 'x', story_ids: [own], cover: 'y' }, 'cover'],
      ];
      for (const [body, field] of refusals) {
        expectRefusal(await make(alice, body), 'INVALID_INPUT', { field });
      }
      const longest = '🌻'.repeat(50);
      expect((await make(alice, { title: longest, story_ids: [own] })).body.title).to.equal(longest);
      expectRefusal(await send(w.base, 'POST', '/v1/users/me/highlights', '{}'), 'UNAUTHORIZED');
    });

    it('are taken down with 204, also twice, by their owner alone', async () => {
      const ann = await w.join('ann');
      const { highlight_id: id } = (await make(ann, { title: 'x', story_ids: [await storyOf(ann)] })).body;
      expectRefusal(await remove(bob, id), 'NOT_FOUND', {
        field: 'highlight_id',
        message: 'Highlight not found',
      });
      for (let time = 0; time < 2; time += 1) expect((await remove(ann, id)).status).to.equal(204);
      expect((await list(bob, ann.userId)).body.highlights).to.eql([]);
      for (const unknown of ['highlight_01j8z3k4m5n6p7q8r9s0t1v2w3', 'x', '%00']) {
        expectRefusal(await remove(ann, unknown), 'NOT_FOUND', {
          field: 'highlight_id',
          message: 'Highlight not found',
        });
      }
      expectRefusal(await send(w.base, 'DELETE', `/v1/users/me/highlights/${id}`), 'UNAUTHORIZED');
    });
  });
});
