/** GET /v1/feed: the home feed, assembled from bytes of JSON that are ready in memory. */
import { z } from 'zod';
import type { FeedEntry } from '../../shared/feeds/index.ts';
import { isId } from '../../shared/ids.ts';
import { type CachedBody, viewersPart } from '../../shared/posts/cache.ts';
import { postSchema } from '../../shared/posts/schema.ts';
import { decodeCursor, encodeCursor, pageQuery } from '../cursor.ts';
import { Prepared, route } from '../route.ts';

const [opening, comma] = ['{"posts":[', ','].map((text) => Buffer.from(text)) as [Buffer, Buffer];
const cursorValues = z.tuple([z.string().refine((id) => isId('post', id))]);

export const getFeed = route({
  method: 'get',
  path: '/v1/feed',
  area: 'feed',
  summary: 'Read the home feed',
  auth: 'user',
  query: pageQuery,
  status: 200,
  reply: z.object({
    posts: z.array(postSchema),
    next_cursor: z.string().nullable().describe('Null only at the true end.'),
    has_more: z.boolean(),
  }),
  errors: [],
  async handle({ viewer, query, tools }) {
    let before = query.cursor ? decodeCursor('feed', cursorValues, query.cursor)[0] : undefined;
    let more = true;
    const posts: Buffer[] = [];
    // A page that holds posts deleted a moment ago is filled up with older ones.
    while (more && posts.length < query.limit) {
      const page = await tools.feeds.page(viewer, before, query.limit - posts.length);
      const bodies = await tools.posts.get(page.entries.map((entry) => entry.postId));
      for (const entry of page.entries) {
        const body = bodies.get(entry.postId);
        if (body && !body.isArchived) posts.push(postJson(body, entry));
      }
      before = page.entries.at(-1)?.postId ?? before;
      more = page.more;
    }
    const cursor = more && before ? JSON.stringify(encodeCursor('feed', [before])) : 'null';
    const closing = Buffer.from(`],"next_cursor":${cursor},"has_more":${more}}`);
    const separated = posts.flatMap((post, index) => (index === 0 ? [post] : [comma, post]));
    return new Prepared(Buffer.concat([opening, ...separated, closing]));
  },
});

/** A post as this viewer sees it. An act of the viewer's that the cached count cannot contain yet is added. */
function postJson(body: CachedBody, { liked, saved }: FeedEntry): Buffer {
  if (liked === null && saved === null) return body.plain;
  const isLiked = liked !== null && liked >= 0;
  const isSaved = saved !== null && saved >= 0;
  const isNewer = liked !== null && Math.abs(liked) > body.countedUpTo;
  const likeCount = body.likeCount + (isNewer ? (isLiked ? 1 : -1) : 0);
  return Buffer.concat([body.head, Buffer.from(String(likeCount)), body.tail, viewersPart(isLiked, isSaved)]);
}
