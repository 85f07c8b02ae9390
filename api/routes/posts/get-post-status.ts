/** GET /v1/posts/{post_id}/status: the receipt, what became of everything the post caused. */
import { z } from 'zod';
import { receiptsOf } from '../../../shared/effects.ts';
import { fail, notFound } from '../../../shared/errors.ts';
import { isId } from '../../../shared/ids.ts';
import { findVisiblePost } from '../../../shared/posts/present.ts';
import { route } from '../../route.ts';

export const getPostStatus = route({
  method: 'get',
  path: '/v1/posts/{post_id}/status',
  area: 'receipts',
  summary: "Follow a post's effects",
  auth: 'user',
  params: z.object({ post_id: z.string() }),
  status: 200,
  reply: z
    .object({
      post_id: z.string(),
      effects: z.array(
        z.object({
          name: z.string().meta({ examples: ['fan-out-post'] }),
          state: z.enum(['pending', 'running', 'done', 'failed']),
          attempts: z.int(),
          percent: z.int().min(0).max(100).describe('How far it is; 100 when done.'),
          last_error: z.string().nullable(),
          created_at: z.iso.datetime(),
          started_at: z.iso.datetime().nullable(),
          finished_at: z.iso.datetime().nullable(),
        }),
      ),
    })
    .meta({ id: 'Receipt' }),
  errors: ['NOT_FOUND', 'FORBIDDEN'],
  async handle({ viewer, params, tools }) {
    const postId = params.post_id;
    const isAdmin = viewer.role === 'admin';
    const post = await findVisiblePost(tools, viewer, postId);
    if (post && post.authorId !== viewer.id && !isAdmin) {
      fail('FORBIDDEN', { field: 'post_id', reason: 'Only its author may see what became of a post' });
    }
    const receipts = post || (isAdmin && isId('post', postId)) ? await receiptsOf(tools.db, postId) : [];
    if (!post && receipts.length === 0) notFound('Post', 'post_id', postId);
    return {
      post_id: postId,
      effects: receipts.map(({ progress, created_at, started_at, finished_at, ...receipt }) => ({
        ...receipt,
        percent: receipt.state === 'done' ? 100 : Math.floor((progress ?? 0) * 100),
        created_at: created_at.toISOString(),
        started_at: started_at?.toISOString() ?? null,
        finished_at: finished_at?.toISOString() ?? null,
      })),
    };
  },
});
