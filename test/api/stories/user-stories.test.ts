import { expect } from 'chai';
import { type Client, send } from '../../tools/client.ts';
import { effectsOn } from '../../tools/owed.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { endStories, postStory, storyOf, storyRow } from '../../tools/stories.ts';
import { type World, world } from '../../tools/world.ts';

describe('the stories of one user', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  before(async () => {
    w = await world({ serves: [] });
    [alice, bob] = [await w.join('alice'), await w.join('bob')];
  });
  after(() => w[Symbol.asyncDispose]());

  const stories = (who: Client, whom: string) => who.get(`/v1/users/${whom}/stories`);

  describe('GET /v1/users/{user_id}/stories', () => {
    it('answers 200 with what can be seen now, oldest first, to followers and strangers', async () => {
      const anna = await w.join('anna');
      const none = await stories(bob, anna.userId);
      expect(none.status).to.equal(200);
      expect(none.body).to.deep.include({ has_unseen: false, latest_story_at: null, stories: [] });
      expect(none.body.user.username).to.equal('anna');

      const over = await storyOf(anna);
      const first = (await postStory(anna)).body;
      const second = (await postStory(anna)).body;
      await endStories(w, over);
      const { body } = await stories(bob, '@anna');
      expect(body).to.deep.include({
        user: first.user,
        has_unseen: true,
        latest_story_at: second.created_at,
      });
      const ids = body.stories.map((story: { story_id: string }) => story.story_id);
      expect(ids).to.eql([first.story_id, second.story_id]);
      const own = (await anna.get('/v1/users/me/stories')).body;
      expect(own).to.deep.include({ has_unseen: false });
      expect(own.stories).to.have.length(2);
    });

    it('answers 403 for an account that shows the viewer nothing, 404 for one they may not know', async () => {
      const [shy, blocker, blocked] = [await w.join('shy'), await w.join('blocker'), await w.join('blocked')];
      for (const each of [shy, blocker, blocked]) await storyOf(each);
      await shy.patch('/v1/users/me', { is_private: true });
      await blocker.post(`/v1/users/${bob.userId}/block`);
      await bob.post(`/v1/users/${blocked.userId}/block`);
      expectRefusal(await stories(bob, shy.userId), 'FORBIDDEN', { field: 'user_id', reason: /private/ });
      expectRefusal(await stories(bob, blocked.userId), 'FORBIDDEN', { field: 'user_id', reason: /block/ });
      for (const name of [blocker.userId, 'user_01j8z3k4m5n6p7q8r9s0t1v2w3', '@nobody', '%00', 'x']) {
        expectRefusal(await stories(bob, name), 'NOT_FOUND', { field: 'user_id', message: 'User not found' });
      }
      expectRefusal(await send(w.base, 'GET', `/v1/users/${alice.userId}/stories`), 'UNAUTHORIZED');
      await bob.post(`/v1/users/${shy.userId}/follow`);
      await shy.post(`/v1/users/me/follow-requests/${bob.userId}`);
      expect((await stories(bob, shy.userId)).body.stories).to.have.length(1);
    });
  });

  describe('DELETE /v1/stories/{story_id}', () => {
    const remove = (who: Client, storyId: string) => who.delete(`/v1/stories/${storyId}`);

    it('answers 204, also when repeated, and owes what a deletion causes', async () => {
      const storyId = await storyOf(alice);
      const first = await remove(alice, storyId);
      expect([first.status, first.text]).to.eql([204, '']);
      expect(await storyRow(w, storyId)).to.equal(undefined);
      expect((await remove(alice, storyId)).status).to.equal(204);
      const owed = (await effectsOn(w.tools, storyId)).filter(({ event }) => event === 'storyDeleted');
      expect(owed).to.eql([
        {
          event: 'storyDeleted',
          job: 'remove-story',
          state: 'pending',
          payload: { storyId, ownerId: alice.userId, requestId: first.headers.get('x-request-id') },
        },
      ]);
      expectRefusal(await bob.post(`/v1/stories/${storyId}/view`), 'NOT_FOUND', {
        field: 'story_id',
        message: 'Story not found',
      });
    });

    it('takes a story that is over out of the archive and its highlights', async () => {
      const [kept, gone] = [await storyOf(alice), await storyOf(alice)];
      await endStories(w, kept, gone);
      await alice.post('/v1/users/me/highlights', { title: 'Both', story_ids: [gone, kept] });
      expect((await remove(alice, gone)).status).to.equal(204);
      const archive = (await alice.get('/v1/users/me/story-archive')).body.stories;
      expect(archive.map((story: { story_id: string }) => story.story_id)).to.eql([kept]);
      const [highlight] = (await bob.get(`/v1/users/${alice.userId}/highlights`)).body.highlights;
      expect(highlight.stories.map((story: { story_id: string }) => story.story_id)).to.eql([kept]);
    });

    it('answers 403 to those who see it, 404 to those who do not', async () => {
      const storyId = await storyOf(alice);
      expectRefusal(await remove(bob, storyId), 'FORBIDDEN', { field: 'story_id' });
      const shy = await w.join('shy2');
      const hidden = await storyOf(shy);
      await shy.patch('/v1/users/me', { is_private: true });
      for (const id of [hidden, 'story_01j8z3k4m5n6p7q8r9s0t1v2w3', 'x', '%00']) {
        expectRefusal(await remove(bob, id), 'NOT_FOUND', { field: 'story_id', message: 'Story not found' });
      }
      await remove(alice, storyId);
      expectRefusal(await remove(bob, storyId), 'NOT_FOUND', {
        field: 'story_id',
        message: 'Story not found',
      });
      expectRefusal(await send(w.base, 'DELETE', `/v1/stories/${storyId}`), 'UNAUTHORIZED');
      expect(await storyRow(w, hidden)).to.not.equal(undefined);
    });
  });
});
