/** GET /v1/comments/{comment_id}/replies: the oldest first, as a conversation is read. */
import { z } from 'zod';
import { notFound } from '../../../shared/errors.ts';
import { isId } from '../../../shared/ids.ts';
import { findVisibleComment } from '../../comments/find.ts';
import { repliesToComment } from '../../comments/present.ts';
import { commentSchema } from '../../comments/schema.ts';
import { decodeCursor, pageQuery } from '../../cursor.ts';
import { cutPage, pageFields } from '../../page.ts';
import { route } from '../../route.ts';

const cursorValues = z.tuple([z.string().refine((id) => isId('comment', id))]);

export const getReplies = route({
  method: 'get',
  path: '/v1/comments/{comment_id}/replies',
  area: 'comments',
  summary: 'List the replies to a comment, the oldest first',
  auth: 'user',
  params: z.object({ comment_id: z.string() }),
  query: pageQuery,
  status: 200,
  reply: z.object({ comments: z.array(commentSchema), ...pageFields }),
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, query, tools }) {
    const comment = await findVisibleComment(tools.db, viewer.id, params.comment_id);
    if (!comment) notFound('Comment', 'comment_id', params.comment_id);
    const [after] = query.cursor ? decodeCursor('replies', cursorValues, query.cursor) : [];
    const span = { after, limit: query.limit + 1 };
    const read = await repliesToComment(tools.db, tools.config.CDN_BASE_URL, viewer.id, comment.id, span);
    const { rows, ...rest } = cutPage(read, query.limit, 'replies', (reply) => [reply.comment_id]);
    return { comments: rows, ...rest };
  },
});
