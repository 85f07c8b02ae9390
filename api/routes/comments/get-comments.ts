/** GET /v1/posts/{post_id}/comments: top level, the newest first. */
import { z } from 'zod';
import { notFound } from '../../../shared/errors.ts';
import { isId } from '../../../shared/ids.ts';
import { findVisiblePost } from '../../../shared/posts/present.ts';
import { commentsOfPost } from '../../comments/present.ts';
import { commentSchema } from '../../comments/schema.ts';
import { decodeCursor, pageQuery } from '../../cursor.ts';
import { cutPage, pageFields } from '../../page.ts';
import { route } from '../../route.ts';

/** A comment_id begins with its time of creation and never changes, so paging by it neither skips nor repeats one. */
const cursorValues = z.tuple([z.string().refine((id) => isId('comment', id))]);

export const getComments = route({
  method: 'get',
  path: '/v1/posts/{post_id}/comments',
  area: 'comments',
  summary: "List a post's comments, the newest first",
  auth: 'user',
  params: z.object({ post_id: z.string() }),
  query: pageQuery,
  status: 200,
  reply: z.object({ comments: z.array(commentSchema), ...pageFields }),
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, query, tools }) {
    const post = await findVisiblePost(tools, viewer, params.post_id);
    if (!post) notFound('Post', 'post_id', params.post_id);
    const [after] = query.cursor ? decodeCursor('comments', cursorValues, query.cursor) : [];
    const span = { after, limit: query.limit + 1 };
    const read = await commentsOfPost(tools.db, tools.config.CDN_BASE_URL, viewer.id, post.id, span);
    const { rows, ...rest } = cutPage(read, query.limit, 'comments', (comment) => [comment.comment_id]);
    return { comments: rows, ...rest };
  },
});
