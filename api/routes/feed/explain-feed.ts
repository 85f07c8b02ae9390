/** GET /v1/feed/explain: why a post is in the viewer's feed, or is not. */
import { z } from 'zod';
import { notFound } from '../../../shared/errors.ts';
import { explainPost, type FeedReason, feedReasons } from '../../../shared/feeds/explain.ts';
import { findVisiblePost } from '../../../shared/posts/present.ts';
import { route } from '../../route.ts';

const codes = Object.keys(feedReasons) as [FeedReason, ...FeedReason[]];

export const explainFeed = route({
  method: 'get',
  path: '/v1/feed/explain',
  area: 'feed',
  summary: 'Ask why a post is in the home feed, or is not',
  auth: 'user',
  query: z.object({ post_id: z.string().describe('A post the viewer may see.') }),
  status: 200,
  reply: z
    .object({
      post_id: z.string(),
      is_in_feed: z.boolean().describe('Whether GET /v1/feed shows it now.'),
      reasons: z.array(z.object({ code: z.enum(codes), message: z.string() })).min(1),
      source: z
        .enum(['pushed', 'merged', 'postgres'])
        .nullable()
        .describe(
          'Where the feed takes it from: it was pushed to the cached feed, it is merged in because its author has very many followers, or it comes from Postgres, which has everything.',
        ),
      is_cached: z.boolean().describe('Whether it is read from a cache, not from Postgres.'),
      position: z.int().min(1).nullable().describe('1 for the newest; null beyond 1,000.'),
    })
    .meta({ id: 'FeedExplanation' }),
  errors: ['NOT_FOUND'],
  async handle({ viewer, query, tools }) {
    const postId = query.post_id;
    const visible = await findVisiblePost(tools, viewer, postId);
    const explanation = visible && (await explainPost(tools, viewer, postId));
    if (!explanation) notFound('Post', 'post_id', postId);
    const { isInFeed, reasons, source = null, position = null } = explanation;
    return {
      post_id: postId,
      is_in_feed: isInFeed,
      reasons: reasons.map((code) => ({ code, message: feedReasons[code] })),
      source,
      is_cached: source === 'pushed' || source === 'merged',
      position,
    };
  },
});
