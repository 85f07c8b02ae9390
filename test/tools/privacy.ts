/**
 * The people of the privacy matrix: two owners, one public and one private, and viewers who each stand to both of
 * them in one way.
 */
import { expect } from 'chai';
import type { Client, Reply } from './client.ts';
import { photo } from './photos.ts';
import type { World } from './world.ts';

/** How a viewer stands to an owner. */
export const standings = [
  'stranger',
  'follower',
  'requested',
  'blocked',
  'blocker',
  'muted',
  'owner',
  'admin',
] as const;
export type Standing = (typeof standings)[number];

export const kinds = ['public', 'private'] as const;
export type Kind = (typeof kinds)[number];

/** Everything of an owner that a read may show. */
export type Owned = {
  owner: Client;
  postId: string;
  storyId: string;
  locationId: string;
  /** By the owner, on the post of somebody both the owner and the viewers know; and a reply to it. */
  commentId: string;
  replyId: string;
  /** A word that only the caption has. */
  word: string;
};

export type PrivacyWorld = {
  owned: Record<Kind, Owned>;
  /** The viewer of a standing; for `owner` the owner. */
  viewer(standing: Standing, kind: Kind): Client;
  /** A public account nobody has anything against: both owners follow it, like and comment on its post. */
  neutral: Client;
  neutralPostId: string;
};

const created = ({ status, text, body }: Reply) => {
  expect(status, text).to.be.within(200, 204);
  return body;
};

async function storyOf(owner: Client, image: Buffer): Promise<string> {
  const form = new FormData();
  form.set('image', new Blob([new Uint8Array(image)], { type: 'image/jpeg' }), 'story.jpg');
  return created(await owner.form('POST', '/v1/stories', form)).story_id;
}

async function own(owner: Client, neutral: Client, neutralPostId: string, kind: Kind): Promise<Owned> {
  const image = await photo({ width: 60, height: 40 });
  const word = `${kind}harbour`;
  const place = { name: `The ${kind} pier`, latitude: kind === 'public' ? 10 : 20, longitude: 30 };
  const post = created(await owner.upload(image, { caption: `${word} #${kind}tag`, location: place }));
  const storyId = await storyOf(owner, image);
  created(await owner.post('/v1/users/me/highlights', { title: 'Kept', story_ids: [storyId] }));
  created(await owner.post(`/v1/users/${neutral.userId}/follow`));
  created(await neutral.post(`/v1/users/${owner.userId}/follow`));
  created(await owner.post(`/v1/posts/${neutralPostId}/like`));
  const comment = created(await owner.post(`/v1/posts/${neutralPostId}/comment`, { text: `${word} says` }));
  const reply = created(
    await owner.post(`/v1/posts/${neutralPostId}/comment`, {
      text: `${word} replies`,
      parent_id: created(await neutral.post(`/v1/posts/${neutralPostId}/comment`, { text: `to ${kind}` }))
        .comment_id,
    }),
  );
  return {
    owner,
    postId: post.post_id,
    storyId,
    locationId: post.location.location_id,
    commentId: comment.comment_id,
    replyId: reply.parent_id,
    word,
  };
}

/** Everybody meets while all is open: likes, saves, comments. Then they come to stand as they stand. */
export async function privacyWorld(w: World): Promise<PrivacyWorld> {
  const image = await photo({ width: 60, height: 40 });
  const neutral = await w.join('nina');
  const neutralPostId = created(await neutral.upload(image, { caption: 'open to all' })).post_id;
  const owned = {
    public: await own(await w.join('olga_public'), neutral, neutralPostId, 'public'),
    private: await own(await w.join('otto_private'), neutral, neutralPostId, 'private'),
  };
  const viewers = new Map<Standing, Client>();
  for (const standing of standings) {
    if (standing === 'owner') continue;
    const viewer = await w.join(`the_${standing}`);
    viewers.set(standing, viewer);
    const { post_id: viewersPostId } = created(await viewer.upload(image, { caption: standing }));
    for (const { owner, postId, storyId } of Object.values(owned)) {
      created(await viewer.post(`/v1/posts/${postId}/like`));
      created(await viewer.post(`/v1/posts/${postId}/save`));
      created(await viewer.post(`/v1/stories/${storyId}/view`));
      created(await owner.post(`/v1/posts/${viewersPostId}/like`));
    }
  }
  await w.settle();
  created(await owned.private.owner.patch('/v1/users/me', { is_private: true }));
  for (const { owner } of Object.values(owned)) {
    const viewer = (standing: Standing) => viewers.get(standing) as Client;
    for (const standing of ['follower', 'muted'] as const) {
      created(await viewer(standing).post(`/v1/users/${owner.userId}/follow`));
      if (owner === owned.private.owner) {
        created(await owner.post(`/v1/users/me/follow-requests/${viewer(standing).userId}`));
      }
    }
    created(await viewer('muted').post(`/v1/users/${owner.userId}/mute`));
    created(await owner.post(`/v1/users/${viewer('blocked').userId}/block`));
    created(await viewer('blocker').post(`/v1/users/${owner.userId}/block`));
  }
  created((await viewers.get('requested')?.post(`/v1/users/${owned.private.owner.userId}/follow`)) as Reply);
  const admin = viewers.get('admin') as Client;
  await w.tools.db.updateTable('users').set({ role: 'admin' }).where('user_id', '=', admin.userId).execute();
  await w.tools.profiles.forget(admin.userId);
  await w.settle();
  return {
    owned,
    neutral,
    neutralPostId,
    viewer: (standing, kind) =>
      standing === 'owner' ? owned[kind].owner : (viewers.get(standing) as Client),
  };
}
