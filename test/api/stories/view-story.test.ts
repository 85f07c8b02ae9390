import { expect } from 'chai';
import { encodeCursor } from '../../../api/cursor.ts';
import { type Client, send } from '../../tools/client.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { endStories, storyOf } from '../../tools/stories.ts';
import { type World, world } from '../../tools/world.ts';

const unknownStory = 'story_01j8z3k4m5n6p7q8r9s0t1v2w3';
const notStories = [unknownStory, 'post_01j8z3k4m5n6p7q8r9s0t1v2w3', 'x', '%00', 'story_%F0%9F%98%80'];

describe('stories and who views them', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let carol: Client;
  before(async () => {
    w = await world({ serves: [] });
    [alice, bob, carol] = [await w.join('alice'), await w.join('bob'), await w.join('carol')];
  });
  after(() => w[Symbol.asyncDispose]());

  const view = (who: Client, storyId: string, headers?: Record<string, string>) =>
    who.post(`/v1/stories/${storyId}/view`, undefined, headers);
  const viewers = (who: Client, storyId: string, query = '') =>
    who.get(`/v1/stories/${storyId}/viewers${query}`);

  describe('POST /v1/stories/{story_id}/view', () => {
    it('answers 204, and counts each viewer once, the owner never', async () => {
      const storyId = await storyOf(alice);
      const first = await view(bob, storyId);
      expect([first.status, first.text]).to.eql([204, '']);
      expect((await view(bob, storyId)).status, 'as often as one likes').to.equal(204);
      expect((await view(carol, storyId)).status).to.equal(204);
      expect((await view(alice, storyId)).status).to.equal(204);
      expect((await viewers(alice, storyId)).body.view_count).to.equal(2);
    });

    it('shows at once as seen, to the viewer only', async () => {
      const storyId = await storyOf(alice);
      const isSeen = async (who: Client) => {
        const { body } = await who.get(`/v1/users/${alice.userId}/stories`);
        return body.stories.find((story: { story_id: string }) => story.story_id === storyId).is_seen;
      };
      expect(await isSeen(bob)).to.equal(false);
      await view(bob, storyId);
      expect([await isSeen(bob), await isSeen(carol), await isSeen(alice)]).to.eql([true, false, true]);
    });

    it('counts a crowd that views at once, and one who does so on ten devices', async () => {
      const storyId = await storyOf(alice);
      const replies = await Promise.all(Array.from({ length: 10 }, () => view(bob, storyId)));
      expect(new Set(replies.map(({ status }) => status))).to.eql(new Set([204]));
      expect((await viewers(alice, storyId)).body.view_count).to.equal(1);
    });

    it('repeats its answer for one Idempotency-Key', async () => {
      const storyId = await storyOf(alice);
      const key = { 'Idempotency-Key': 'seen-once' };
      await view(bob, storyId, key);
      const again = await view(bob, storyId, key);
      expect([again.status, again.headers.get('idempotent-replayed')]).to.eql([204, 'true']);
    });

    it('answers 410 once the story is over, to those who might have seen it', async () => {
      const storyId = await storyOf(alice);
      await endStories(w, storyId);
      for (const who of [bob, alice]) {
        expectRefusal(await view(who, storyId), 'GONE', { field: 'story_id', reason: 'This story is over' });
      }
    });

    it('answers 404 for a story there is none of, and one that may not be seen', async () => {
      for (const storyId of notStories) {
        expectRefusal(await view(bob, storyId), 'NOT_FOUND', {
          field: 'story_id',
          message: 'Story not found',
        });
      }
      const [private_, blocker] = [await w.join('private1'), await w.join('blocker1')];
      const hidden = [await storyOf(private_), await storyOf(blocker)] as const;
      await private_.patch('/v1/users/me', { is_private: true });
      await blocker.post(`/v1/users/${bob.userId}/block`);
      for (const over of [false, true]) {
        if (over) await endStories(w, ...hidden);
        for (const storyId of hidden) {
          expectRefusal(await view(bob, storyId), 'NOT_FOUND', {
            field: 'story_id',
            message: 'Story not found',
          });
        }
      }
      expectRefusal(await send(w.base, 'POST', `/v1/stories/${unknownStory}/view`), 'UNAUTHORIZED');
    });
  });

  describe('GET /v1/stories/{story_id}/viewers', () => {
    it('answers the owner with cards, when each viewed, and the count', async () => {
      const storyId = await storyOf(alice);
      expect((await viewers(alice, storyId)).body).to.eql({
        viewers: [],
        view_count: 0,
        next_cursor: null,
        has_more: false,
      });
      const before = Date.now();
      await view(carol, storyId);
      await view(bob, storyId);
      const { status, body } = await viewers(alice, storyId);
      expect(status).to.equal(200);
      expect(body).to.deep.include({ view_count: 2, next_cursor: null, has_more: false });
      expect(body.viewers.map((each: { username: string }) => each.username)).to.eql(['bob', 'carol']);
      const { viewed_at, ...card } = body.viewers[0];
      expect(card).to.have.all.keys('user_id', 'username', 'profile_pic_url', 'is_verified');
      expect(Date.parse(viewed_at)).to.be.within(before, Date.now());
    });

    it('pages through all of them, without those the owner may not know', async () => {
      const storyId = await storyOf(alice);
      const crowd: Client[] = [];
      for (let n = 0; n < 7; n += 1) crowd.push(await w.join(`fan${n}`));
      for (const fan of crowd) await view(fan, storyId);
      await crowd[2]?.post(`/v1/users/${alice.userId}/block`);
      const expected = crowd.filter((_, n) => n !== 2).map((fan) => fan.username);
      for (const limit of [1, 2, 3, 6, 7]) {
        const seen: string[] = [];
        for (let query = `?limit=${limit}`; ; ) {
          const { body } = await viewers(alice, storyId, query);
          expect(body.view_count, 'who has blocked since is counted').to.equal(7);
          seen.push(...body.viewers.map((each: { username: string }) => each.username));
          expect(body.has_more).to.equal(body.next_cursor !== null);
          if (!body.has_more) break;
          expect(body.viewers).to.have.length(limit);
          query = `?limit=${limit}&cursor=${body.next_cursor}`;
        }
        expect(seen, `limit ${limit}`).to.eql(expected);
      }
    });

    it('answers 403 to those who see the story, 404 to those who do not', async () => {
      const storyId = await storyOf(alice);
      expectRefusal(await viewers(bob, storyId), 'FORBIDDEN', { field: 'story_id' });
      for (const each of notStories) {
        expectRefusal(await viewers(alice, each), 'NOT_FOUND', {
          field: 'story_id',
          message: 'Story not found',
        });
      }
      const private_ = await w.join('private2');
      const hidden = await storyOf(private_);
      await private_.patch('/v1/users/me', { is_private: true });
      expectRefusal(await viewers(bob, hidden), 'NOT_FOUND', {
        field: 'story_id',
        message: 'Story not found',
      });
      expectRefusal(await send(w.base, 'GET', `/v1/stories/${storyId}/viewers`), 'UNAUTHORIZED');
    });

    it('refuses cursors of other lists and limits out of range', async () => {
      const storyId = await storyOf(alice);
      for (const cursor of ['x', encodeCursor('story-viewers', [5]), encodeCursor('feed', [bob.userId])]) {
        expectRefusal(await viewers(alice, storyId, `?cursor=${cursor}`), 'INVALID_INPUT', {
          field: 'cursor',
        });
      }
      expectRefusal(await viewers(alice, storyId, '?limit=0'), 'INVALID_INPUT', { field: 'limit' });
    });
  });
});
