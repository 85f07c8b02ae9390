import { expect } from 'chai';
import { audited, joinAdmin } from '../../tools/admins.ts';
import type { Client } from '../../tools/client.ts';
import { jobsOwed } from '../../tools/owed.ts';
import { photo } from '../../tools/photos.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { storyOf } from '../../tools/stories.ts';
import { type World, world } from '../../tools/world.ts';

describe('DELETE /v1/admin/posts/{post_id}, /v1/admin/comments/{comment_id} and /v1/admin/stories/{story_id}', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let carol: Client;
  let image: Buffer;
  before(async () => {
    w = await world();
    [alice, bob, carol] = [await w.join('alice'), await w.join('bob'), await joinAdmin(w, 'carol')];
    image = await photo({ width: 60, height: 60 });
    await bob.post('/v1/users/@alice/follow');
  });
  after(() => w[Symbol.asyncDispose]());

  const upload = async () => (await alice.upload(image, { caption: '#taken' })).body.post_id as string;
  const entriesOn = async (id: string) => (await audited(carol)).filter(({ target_id }) => target_id === id);

  it('take a post away as its author would, with the same jobs', async () => {
    const [own, taken] = [await upload(), await upload()];
    await w.settle();
    const count = (await bob.get('/v1/users/@alice')).body.post_count;
    await alice.delete(`/v1/posts/${own}`);
    const reply = await carol.delete(`/v1/admin/posts/${taken}`);
    expect(reply.status, reply.text).to.equal(204);
    expect((await bob.get(`/v1/posts/${taken}`)).status).to.equal(404);
    expect((await bob.get('/v1/feed')).body.posts).to.eql([]);
    expect((await bob.get('/v1/users/@alice')).body.post_count).to.equal(count - 2);
    const owed = await jobsOwed(w.tools, taken, 'postDeleted');
    expect(owed).to.eql(await jobsOwed(w.tools, own, 'postDeleted'));
    expect(owed).to.include('remove-images');
    await w.settle();
    expect(await w.tools.images.stat(`p/${taken.slice(5)}/large.jpg`)).to.equal(undefined);
    expect((await entriesOn(taken)).map(({ created_at, entry_id, actor, ...entry }) => entry)).to.eql([
      {
        source: 'api',
        actor_id: carol.userId,
        action: 'post.remove',
        target_type: 'post',
        target_id: taken,
        details: { author_id: alice.userId },
        request_id: reply.headers.get('x-request-id'),
      },
    ]);
    expect(await entriesOn(own), 'its author is no admin').to.eql([]);
  });

  it('take away what only its author sees, too', async () => {
    const postId = await upload();
    await alice.put(`/v1/posts/${postId}`, { is_archived: true });
    expect((await carol.delete(`/v1/admin/posts/${postId}`)).status).to.equal(204);
    expect((await alice.get(`/v1/posts/${postId}`)).status).to.equal(404);
  });

  it('take a comment away with its replies', async () => {
    const postId = await upload();
    const say = async (client: Client, text: string, parentId?: string) =>
      (
        await client.post(`/v1/posts/${postId}/comment`, {
          text,
          ...(parentId ? { parent_id: parentId } : {}),
        })
      ).body.comment_id as string;
    const rude = await say(bob, 'rude words');
    await say(alice, 'please do not', rude);
    const kept = await say(alice, 'what a day');
    const reply = await carol.delete(`/v1/admin/comments/${rude}`);
    expect(reply.status, reply.text).to.equal(204);
    const { comments } = (await bob.get(`/v1/posts/${postId}/comments`)).body;
    expect(comments.map((each: { comment_id: string }) => each.comment_id)).to.eql([kept]);
    expect((await bob.get(`/v1/posts/${postId}`)).body.comment_count).to.equal(1);
    expect(await jobsOwed(w.tools, rude, 'commentDeleted')).to.eql(['refresh-post']);
    const [entry] = await entriesOn(rude);
    expect(entry).to.deep.include({
      action: 'comment.remove',
      target_type: 'comment',
      details: { author_id: bob.userId, post_id: postId, text: 'rude words' },
    });
  });

  it('take a story away, also from its highlight', async () => {
    const storyId = await storyOf(alice);
    await alice.post('/v1/users/me/highlights', { title: 'Kept', story_ids: [storyId] });
    const reply = await carol.delete(`/v1/admin/stories/${storyId}`);
    expect(reply.status, reply.text).to.equal(204);
    for (const list of ['stories', 'highlights']) {
      expect((await bob.get(`/v1/users/${alice.userId}/${list}`)).text, list).not.to.contain(storyId);
    }
    expect(await jobsOwed(w.tools, storyId, 'storyDeleted')).to.include('remove-story');
    const [entry] = await entriesOn(storyId);
    const details = { owner_id: alice.userId };
    expect(entry).to.deep.include({ action: 'story.remove', target_type: 'story', details });
  });

  it('are safe to repeat, also by another admin, and written down once', async () => {
    const dave = await joinAdmin(w, 'dave');
    const postId = await upload();
    const { comment_id: commentId } = (await bob.post(`/v1/posts/${postId}/comment`, { text: 'x' })).body;
    const storyId = await storyOf(alice);
    for (const path of [`comments/${commentId}`, `posts/${postId}`, `stories/${storyId}`].map(
      (target) => `/v1/admin/${target}`,
    )) {
      const replies = [
        ...(await Promise.all([carol.delete(path), carol.delete(path)])),
        await dave.delete(path),
      ];
      expect(replies.map(({ status }) => status)).to.eql([204, 204, 204]);
    }
    for (const id of [postId, commentId, storyId]) expect(await entriesOn(id)).to.have.length(1);
  });

  it('answer 404 for what there is none of, or what others deleted', async () => {
    const postId = await upload();
    await alice.delete(`/v1/posts/${postId}`);
    for (const id of [postId, 'post_01j8z3k4m5n6p7q8r9s0t1v2w3', 'x', '%00']) {
      const reply = await carol.delete(`/v1/admin/posts/${id}`);
      expectRefusal(reply, 'NOT_FOUND', { field: 'post_id', message: 'Post not found' });
    }
    for (const id of ['story_01j8z3k4m5n6p7q8r9s0t1v2w3', 'x', '%00']) {
      const reply = await carol.delete(`/v1/admin/stories/${id}`);
      expectRefusal(reply, 'NOT_FOUND', { field: 'story_id', message: 'Story not found' });
    }
    for (const id of ['comment_01j8z3k4m5n6p7q8r9s0t1v2w3', 'x', '%00']) {
      const reply = await carol.delete(`/v1/admin/comments/${id}`);
      expectRefusal(reply, 'NOT_FOUND', { field: 'comment_id', message: 'Comment not found' });
    }
  });
});
