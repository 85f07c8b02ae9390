/** What can be reported: found for whoever reports it, and shown to admins as it is now. */
import { sql } from 'kysely';
import { z } from 'zod';
import type { Db } from '../../shared/db/index.ts';
import { isId } from '../../shared/ids.ts';
import { loadPosts } from '../../shared/posts/body.ts';
import { findVisiblePost } from '../../shared/posts/present.ts';
import { postSchema } from '../../shared/posts/schema.ts';
import { findStory, type StoryRow, storyColumns } from '../../shared/stories/facts.ts';
import { shownStories } from '../../shared/stories/present.ts';
import type { Tools } from '../../shared/tools.ts';
import { mayKnow } from '../../shared/users/audience.ts';
import { type CardRow, cardOf } from '../../shared/users/cards.ts';
import { userCardSchema } from '../../shared/users/schema.ts';
import { findVisibleComment } from '../comments/find.ts';
import type { Viewer } from '../route.ts';
import { accountSchema, accountsOf } from './accounts.ts';

export const targetTypes = ['post', 'comment', 'user', 'story'] as const;
export type TargetType = (typeof targetTypes)[number];

const reportedPostSchema = postSchema
  .omit({ is_liked: true, is_saved: true })
  .meta({ id: 'ReportedPost', description: 'A post as it is now, whoever may see it.' });

const reportedCommentSchema = z
  .object({
    comment_id: z.string(),
    post_id: z.string(),
    user: userCardSchema,
    text: z.string(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'ReportedComment' });

const reportedStorySchema = z
  .object({
    story_id: z.string(),
    user: userCardSchema,
    media_url: z.string(),
    thumbnail_url: z.string(),
    created_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
  })
  .meta({ id: 'ReportedStory' });

export const targetSchema = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('post'), post: reportedPostSchema }),
    z.object({ type: z.literal('comment'), comment: reportedCommentSchema }),
    z.object({ type: z.literal('user'), user: accountSchema }),
    z.object({ type: z.literal('story'), story: reportedStorySchema }),
  ])
  .meta({ id: 'ReportTarget', description: 'What was reported: `type` names the field that holds it.' });

export type Target = z.output<typeof targetSchema>;

/**
 * Whose it is, by internal id, of something the viewer may see.
 *
 * @returns undefined if there is no such thing.
 */
export async function ownerOfTarget(
  tools: Tools,
  viewer: Viewer,
  type: TargetType,
  id: string,
): Promise<number | undefined> {
  switch (type) {
    case 'post':
      return (await findVisiblePost(tools, viewer, id))?.authorId;
    case 'comment':
      return (await findVisibleComment(tools.db, viewer.id, id))?.authorId;
    case 'user':
      return knownUser(tools.db, viewer.id, id);
    case 'story': {
      const story = await findStory(tools.db, viewer.id, id);
      const isShown = story && (!story.is_over || story.is_highlighted || story.user_id === viewer.userId);
      return isShown ? knownUser(tools.db, viewer.id, story.user_id) : undefined;
    }
  }
}

async function knownUser(db: Db, viewerId: number, userId: string): Promise<number | undefined> {
  if (!isId('user', userId)) return undefined;
  const user = await db
    .selectFrom('users')
    .select('id')
    .where('user_id', '=', userId)
    .where(mayKnow(viewerId, 'users'))
    .executeTakeFirst();
  return user?.id;
}

/** The targets that still exist, by their public ids, whoever may see them. */
export async function presentTargets(
  tools: Tools,
  targets: readonly { type: TargetType; id: string }[],
): Promise<Map<string, Target>> {
  const idsOf = (type: TargetType) => [
    ...new Set(targets.filter((target) => target.type === type).map(({ id }) => id)),
  ];
  const perType = await Promise.all([
    presentPosts(tools, idsOf('post')),
    presentComments(tools, idsOf('comment')),
    presentUsers(tools, idsOf('user')),
    presentStories(tools, idsOf('story')),
  ]);
  return new Map(perType.flat());
}

type Shown = [id: string, target: Target][];

async function presentPosts({ db, imageUrls }: Tools, postIds: string[]): Promise<Shown> {
  const posts = await loadPosts(db, imageUrls.forAdmins, postIds);
  return posts.map(({ body }) => [
    body.post_id,
    { type: 'post', post: body as z.output<typeof reportedPostSchema> },
  ]);
}

async function presentComments({ db, config }: Tools, commentIds: string[]): Promise<Shown> {
  if (commentIds.length === 0) return [];
  const { rows } = await sql<
    CardRow & { comment_id: string; post_id: string; text: string; created_at: Date }
  >`SELECT c.comment_id, p.post_id, c.text, c.created_at, u.user_id, u.username, u.profile_pic_url, u.is_verified
    FROM comments c JOIN posts p ON p.id = c.post_id JOIN users u ON u.id = c.user_id
    WHERE c.comment_id = ANY(${commentIds})`.execute(db);
  return rows.map((row) => {
    const { comment_id, post_id, text, created_at } = row;
    const user = cardOf(config.CDN_BASE_URL, row);
    const comment = { comment_id, post_id, user, text, created_at: created_at.toISOString() };
    return [comment_id, { type: 'comment', comment }];
  });
}

async function presentUsers({ db, config }: Tools, userIds: string[]): Promise<Shown> {
  if (userIds.length === 0) return [];
  const accounts = await accountsOf(db, config.CDN_BASE_URL, userIds);
  return accounts.map((user) => [user.user_id, { type: 'user', user }]);
}

async function presentStories(tools: Tools, storyIds: string[]): Promise<Shown> {
  if (storyIds.length === 0) return [];
  const { rows } = await sql<StoryRow>`SELECT ${storyColumns} FROM stories s JOIN users u ON u.id = s.user_id
    WHERE s.story_id = ANY(${storyIds})`.execute(tools.db);
  const contents = await shownStories(tools, rows, { isForAdmins: true });
  return rows.flatMap((row): Shown => {
    const content = contents.get(row.story_id);
    if (!content) return [];
    const { story_id, media_url, thumbnail_url, created_at, expires_at } = content;
    const user = cardOf(tools.config.CDN_BASE_URL, row);
    const story = { story_id, user, media_url, thumbnail_url, created_at, expires_at };
    return [[story_id, { type: 'story', story }]];
  });
}
