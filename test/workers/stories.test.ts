/** What becomes of a story after its request: pictures, fan-out, the roll-up at its end, removal. */
import { expect } from 'chai';
import { sql } from 'kysely';
import { keyOf } from '../../shared/ids.ts';
import { expiryJob } from '../../shared/stories/expiry.ts';
import type { StoryStore } from '../../shared/stories/index.ts';
import type { Tools } from '../../shared/tools.ts';
import { followersPerPart } from '../../workers/followers.ts';
import { expireStory } from '../../workers/handlers/expire-story.ts';
import { fanOutStory } from '../../workers/handlers/fan-out-story.ts';
import { makeStoryRenditions } from '../../workers/handlers/make-story-renditions.ts';
import { removeStory } from '../../workers/handlers/remove-story.ts';
import { sweepStories } from '../../workers/sweep-stories.ts';
import type { Client } from '../tools/client.ts';
import { listen } from '../tools/listen.ts';
import { endStories, postStory, storyOf, storyRow } from '../tools/stories.ts';
import { until, type World, world } from '../tools/world.ts';

describe('the jobs of stories', () => {
  let w: World;
  let alice: Client;
  let fans: Client[];
  before(async () => {
    w = await world();
    alice = await w.join('alice');
    fans = [await w.join('bob'), await w.join('carol'), await w.join('dave')];
  });
  after(() => w[Symbol.asyncDispose]());

  const context = (tools: Tools = w.tools) => ({ tools, signal: new AbortController().signal });
  const filesOf = async (storyId: string) => {
    const files = await w.objects();
    return files.filter((file) => file.includes(keyOf(storyId))).map((file) => file.split('/').at(-1));
  };
  const inStore = (storyId: string) => w.tools.stories.get([{ userId: alice.userId, storyId }]);
  async function viewed(storyId: string, by = fans): Promise<void> {
    for (const fan of by) expect((await fan.post(`/v1/stories/${storyId}/view`)).status).to.equal(204);
  }

  describe('make-story-renditions', () => {
    it('makes the two pictures, once', async () => {
      const storyId = await storyOf(alice);
      await w.settle();
      expect(await filesOf(storyId)).to.have.members(['1.jpg', 'full.jpg', 'thumb.jpg']);
      const rendered = (await storyRow(w, storyId))?.rendered_at;
      expect(rendered).to.be.instanceOf(Date);
      await makeStoryRenditions({ storyId }, context());
      expect((await storyRow(w, storyId))?.rendered_at).to.eql(rendered);
    });

    it('leaves nothing of a story that is deleted meanwhile', async () => {
      const storyId = await storyOf(alice);
      await w.settle();
      await w.tools.db
        .updateTable('stories')
        .set({ rendered_at: null })
        .where('story_id', '=', storyId)
        .execute();
      const decoder = {
        ...w.tools.decoder,
        // The deletion, with its job, falls between decoding and keeping.
        async render(...given: Parameters<Tools['decoder']['render']>) {
          const made = await w.tools.decoder.render(...given);
          await alice.delete(`/v1/stories/${storyId}`);
          await w.settle();
          return made;
        },
      };
      await makeStoryRenditions({ storyId }, context({ ...w.tools, decoder }));
      expect(await filesOf(storyId)).to.eql([]);
    });

    it('removes the original itself if the story has ended meanwhile', async () => {
      const storyId = await storyOf(alice);
      await w.settle();
      await w.tools.db
        .updateTable('stories')
        .set({ rendered_at: null })
        .where('story_id', '=', storyId)
        .execute();
      await endStories(w, storyId);
      await expireStory({ storyId }, context());
      expect((await storyRow(w, storyId))?.closed_at).to.be.instanceOf(Date);
      expect(await filesOf(storyId), 'the original waits').to.include('1.jpg');
      await makeStoryRenditions({ storyId }, context());
      expect(await filesOf(storyId)).to.have.members(['full.jpg', 'thumb.jpg']);
    });
  });

  describe('expire-story', () => {
    it('rolls the views up into the row, then forgets them, the content and the original', async () => {
      const storyId = (await postStory(alice, { duration_seconds: 11 })).body.story_id as string;
      await viewed(storyId);
      await w.settle();
      await endStories(w, storyId);
      await expireStory({ storyId }, context());
      const row = await storyRow(w, storyId);
      expect(row).to.deep.include({ view_count: 3, duration_seconds: 11 });
      expect(row?.closed_at).to.be.instanceOf(Date);
      expect(await inStore(storyId)).to.eql([]);
      expect(await w.tools.stories.countViews(storyId)).to.equal(0);
      expect(await filesOf(storyId)).to.have.members(['full.jpg', 'thumb.jpg']);
      await expireStory({ storyId }, context());
      expect(await storyRow(w, storyId), 'a second run changes nothing').to.eql(row);
    });

    it('counts exactly once, however many run at once and whichever dies on the way', async () => {
      const storyId = await storyOf(alice);
      await viewed(storyId);
      await w.settle();
      await endStories(w, storyId);
      let deaths = 0;
      const dying: StoryStore = {
        ...w.tools.stories,
        async remove(story) {
          await w.tools.stories.remove(story);
          deaths += 1;
          throw new Error('the process is killed');
        },
      };
      const dies = () => expireStory({ storyId }, context({ ...w.tools, stories: dying }));
      const runs = [dies(), expireStory({ storyId }, context()), dies(), expireStory({ storyId }, context())];
      await Promise.allSettled(runs);
      await expireStory({ storyId }, context());
      expect(deaths).to.be.above(0);
      expect(await storyRow(w, storyId)).to.deep.include({ view_count: 3 });
    });

    it('keeps the count of a run that died between the count and the removal', async () => {
      const storyId = await storyOf(alice);
      await viewed(storyId, fans.slice(0, 2));
      await w.settle();
      await endStories(w, storyId);
      const stories: StoryStore = {
        ...w.tools.stories,
        remove: () => Promise.reject(new Error('the store is away')),
      };
      const died = await expireStory({ storyId }, context({ ...w.tools, stories })).catch((error) => error);
      expect(died).to.be.instanceOf(Error);
      const half = await storyRow(w, storyId);
      expect(half).to.deep.include({ view_count: 2, closed_at: null });
      // A view that was on its way all the time is too late to be counted.
      const view = { viewerId: fans[2]?.userId as string, viewedAt: new Date() };
      await w.tools.stories.addView({ storyId, expiresAt: new Date() }, view);
      await expireStory({ storyId }, context());
      expect(await storyRow(w, storyId)).to.deep.include({ view_count: 2, rolled_up_at: half?.rolled_up_at });
      expect(await w.tools.stories.countViews(storyId)).to.equal(0);
    });

    it('does not end a story that is not over, and is tried again', async () => {
      const storyId = await storyOf(alice);
      await w.settle();
      const refused = await expireStory({ storyId }, context()).catch((error: Error) => error.message);
      expect(refused).to.equal(`${storyId} is not over yet`);
      expect(await storyRow(w, storyId)).to.deep.include({ view_count: null, closed_at: null });
    });

    it('does nothing for a story that was deleted', async () => {
      const storyId = await storyOf(alice);
      await alice.delete(`/v1/stories/${storyId}`);
      await expireStory({ storyId }, context());
      expect(await storyRow(w, storyId)).to.equal(undefined);
    });

    it('is found by the sweep when its job was lost, or failed for good', async () => {
      const [lost, failed, live] = [await storyOf(alice), await storyOf(alice), await storyOf(alice)];
      await viewed(lost);
      await w.settle();
      expect(await sweepStories(w.tools, 0), 'nothing is over').to.equal(0);
      await endStories(w, lost, failed);
      const queue = w.tools.queues.all.find(({ name }) => name === 'stories');
      await (await queue?.getJob(expiryJob(lost).id))?.remove();
      expect(await sweepStories(w.tools, 60), 'it may still be on its way').to.equal(0);
      expect(await sweepStories(w.tools, 0), 'the other one is in hand').to.equal(1);
      await (await queue?.getJob(expiryJob(failed).id))?.promote();
      await w.settle();
      expect(await storyRow(w, lost)).to.deep.include({ view_count: 3 });
      expect(await storyRow(w, failed)).to.deep.include({ view_count: 0 });

      // A finished job that is still kept stands in nobody's way.
      await w.tools.db
        .updateTable('stories')
        .set({ closed_at: null, rolled_up_at: null, view_count: null })
        .where('story_id', '=', failed)
        .execute();
      expect(await sweepStories(w.tools, 0)).to.equal(1);
      await w.settle();
      expect((await storyRow(w, failed))?.closed_at).to.be.instanceOf(Date);
      expect((await storyRow(w, live))?.closed_at).to.equal(null);
      expect(await sweepStories(w.tools, 0)).to.equal(0);
    });
  });

  describe('remove-story', () => {
    it('removes content, views, pictures and original of a deleted story, and of no other', async () => {
      const [gone, stays] = [await storyOf(alice), await storyOf(alice)];
      await viewed(gone);
      await w.settle();
      await removeStory({ storyId: gone, ownerId: alice.userId }, context());
      expect(await filesOf(gone), 'the story is there').to.have.length(3);
      await alice.delete(`/v1/stories/${gone}`);
      await w.settle();
      expect(await filesOf(gone)).to.eql([]);
      expect(await inStore(gone)).to.eql([]);
      expect(await w.tools.stories.countViews(gone)).to.equal(0);
      expect(await filesOf(stays)).to.have.length(3);
      expect(await inStore(stays)).to.have.length(1);
    });
  });

  describe('fan-out-story', () => {
    it('tells connected followers, not those who muted the owner, nor strangers', async () => {
      const star = await w.join('star');
      const [follower, muter, stranger] = fans as [Client, Client, Client];
      for (const each of [follower, muter]) await each.post('/v1/users/@star/follow');
      await muter.post('/v1/users/@star/mute');
      await w.settle();
      await using heard = await listen(w.base, follower);
      await using muted = await listen(w.base, muter);
      await using strange = await listen(w.base, stranger);
      const storyId = await storyOf(star);
      await w.settle();
      await until('the follower hears of it', () => heard.types().includes('story.new'));
      const message = heard.messages.find(({ type }) => type === 'story.new');
      expect(message?.data).to.eql({ story_id: storyId, user_id: star.userId });
      expect([...muted.types(), ...strange.types()]).to.not.include('story.new');
    });

    it('reaches the trays of many followers part by part, and says how far it is', async () => {
      const idol = await w.join('idol');
      await sql`WITH added AS (
          INSERT INTO users (user_id, username)
          SELECT 'user_' || lpad(n::text, 26, '0'), 'crowd' || n FROM generate_series(1, ${followersPerPart + 10}::int) n
          RETURNING id)
        INSERT INTO follows (follower_id, following_id)
        SELECT added.id, idol.id FROM added, users idol WHERE idol.user_id = ${idol.userId}`.execute(
        w.tools.db,
      );
      const readers = await Promise.all(
        [1, followersPerPart + 10].map(async (n) => {
          const userId = `user_${String(n).padStart(26, '0')}`;
          const { id } = await w.tools.db
            .selectFrom('users')
            .select('id')
            .where('user_id', '=', userId)
            .executeTakeFirstOrThrow();
          expect(await w.tools.trays.owners({ id, userId }, 5)).to.eql([]);
          return { id, userId };
        }),
      );
      const storyId = await storyOf(idol);
      await w.settle();
      for (const reader of readers) {
        const owners = await w.tools.trays.owners(reader, 5);
        expect(owners.map(({ ownerId }) => ownerId)).to.eql([idol.userId]);
      }
      const { rows } = await sql<{ state: string; parts: number; done: number }>`
        SELECT state, cardinality(boundaries) AS parts, (SELECT count(*) FROM effect_parts p
          WHERE p.event_id = e.event_id AND p.job = e.job) AS done
        FROM effects e WHERE subject = ${storyId} AND job = 'fan-out-story'`.execute(w.tools.db);
      expect(rows).to.eql([{ state: 'done', parts: 2, done: 2 }]);
    });

    it('tells nobody of a story that is over or gone', async () => {
      const storyId = await storyOf(alice);
      await w.settle();
      await endStories(w, storyId);
      let pushes = 0;
      const trays = {
        ...w.tools.trays,
        async push() {
          pushes += 1;
          return 0;
        },
      };
      await fanOutStory({ storyId }, context({ ...w.tools, trays }));
      await alice.delete(`/v1/stories/${storyId}`);
      await fanOutStory({ storyId }, context({ ...w.tools, trays }));
      expect(pushes).to.equal(0);
    });
  });
});
