/** POST /v1/posts/{post_id}/comment: a comment on a post, or a reply to one. */
import { z } from 'zod';
import { atMost } from '../../../shared/characters.ts';
import { addDelta } from '../../../shared/counts/index.ts';
import { isDangling } from '../../../shared/db/index.ts';
import { fail, notFound } from '../../../shared/errors.ts';
import { newId, timeOf } from '../../../shared/ids.ts';
import { findVisiblePost } from '../../../shared/posts/present.ts';
import type { Tools } from '../../../shared/tools.ts';
import { findVisibleComment } from '../../comments/find.ts';
import { presentComment } from '../../comments/present.ts';
import { commentSchema } from '../../comments/schema.ts';
import { route, type Viewer } from '../../route.ts';

/** As long as a caption may be; `comments.text` holds no more. */
const maxTextLength = 2_200;

/**
 * A character that shows: no space, no control, nothing fonts leave out (Default_Ignorable_Code_Point in Unicode's
 * DerivedCoreProperties.txt, and the empty Braille pattern). Spelt out, since clients read it as a JSON Schema.
 */
const visible =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what it is about.
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: each of them is meant by itself.
  /[^\s\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8]/;

export const createComment = route({
  method: 'post',
  path: '/v1/posts/{post_id}/comment',
  area: 'comments',
  summary: 'Comment on a post, or reply to a comment',
  auth: 'user',
  params: z.object({ post_id: z.string() }),
  body: z.strictObject({
    text: z
      .string()
      .regex(visible, 'Must not be blank')
      .refine(...atMost(maxTextLength))
      .meta({
        minLength: 1,
        maxLength: maxTextLength,
        examples: ['Wonderful, @photographer!'],
      }),
    parent_id: z
      .string()
      .nullable()
      .optional()
      .describe('The comment to reply to. A reply to a reply joins it under its top-level comment.'),
  }),
  status: 201,
  reply: commentSchema,
  errors: ['NOT_FOUND', 'FORBIDDEN'],
  async handle({ viewer, params, body, write, tools }) {
    const publicPostId = params.post_id;
    const post = await findVisiblePost(tools, viewer, publicPostId);
    if (!post) notFound('Post', 'post_id', publicPostId);
    if (post.isCommentsDisabled) {
      fail('FORBIDDEN', { field: 'post_id', reason: 'Comments on this post are turned off' });
    }
    const repliedToId = body.parent_id ?? undefined;
    const parentId = repliedToId === undefined ? null : await threadOf(tools, viewer, post.id, repliedToId);
    const commentId = newId('comment');
    return write(
      async (tx) => {
        await tx
          .insertInto('comments')
          .values({
            comment_id: commentId,
            post_id: post.id,
            user_id: viewer.id,
            parent_id: parentId,
            text: body.text,
            created_at: new Date(timeOf(commentId)),
          })
          .execute()
          .catch((error: unknown) => {
            // Deleted since it was found.
            if (repliedToId && isDangling(error, 'comments_parent_id_fkey')) {
              notFound('Comment', 'parent_id', repliedToId);
            }
            if (isDangling(error)) notFound('Post', 'post_id', publicPostId);
            throw error;
          });
        await addDelta(tx, 'post.comments', post.id, 1);
        if (parentId !== null) await addDelta(tx, 'comment.replies', parentId, 1);
        await tools.outbox.emit(tx, 'commentCreated', commentId, {
          postId: publicPostId,
          commentId,
          repliedToId,
        });
        return presentComment(tx, tools.config.CDN_BASE_URL, viewer.id, commentId);
      },
      () =>
        Promise.all([
          // Comments are rare beside likes: every process reads the post's count anew.
          tools.changes.announce('post', publicPostId),
          tools.wakeRelay(),
          tools.rollUp('post.comments', post.id),
          parentId === null ? undefined : tools.rollUp('comment.replies', parentId),
        ]),
    );
  },
});

/**
 * The top-level comment under which a reply to this comment stands, by its internal id.
 *
 * @throws {Failure} NOT_FOUND if there is no such comment for the viewer; INVALID_INPUT if it is another post's.
 */
async function threadOf(tools: Tools, viewer: Viewer, postId: number, repliedToId: string): Promise<number> {
  const comment = await findVisibleComment(tools.db, viewer.id, repliedToId);
  if (!comment) notFound('Comment', 'parent_id', repliedToId);
  if (comment.postId !== postId) {
    fail('INVALID_INPUT', { field: 'parent_id', reason: 'This comment stands under another post' });
  }
  return comment.parentId ?? comment.id;
}
