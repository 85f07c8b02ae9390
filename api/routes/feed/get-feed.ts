/** GET /v1/feed: the home feed, assembled from bytes of JSON that are ready in memory. */
import { z } from 'zod';
import type { FeedEntry } from '../../../shared/feeds/index.ts';
import { isId } from '../../../shared/ids.ts';
import { type CachedBody, viewersPart } from '../../../shared/posts/cache.ts';
import { postSchema } from '../../../shared/posts/schema.ts';
import { bytesWithKnownTags } from '../../../shared/posts/tags.ts';
import { decodeCursor, encodeCursor, pageQuery } from '../../cursor.ts';
import { pageFields } from '../../page.ts';
import { Prepared, route } from '../../route.ts';

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
    ...pageFields,
  }),
  errors: [],
  async handle({ viewer, query, tools }) {
    let before = query.cursor ? decodeCursor('feed', cursorValues, query.cursor)[0] : undefined;
    let more = true;
    let shown = 0;
    const pieces = [opening];
    // A page that holds posts deleted a moment ago is filled up with older ones.
    while (more && shown < query.limit) {
      const page = await tools.feeds.page(viewer, before, query.limit - shown);
      const cached = await tools.posts.get(page.entries.map((entry) => entry.postId));
      const bodies = page.isBlocked ? await bytesWithKnownTags(tools.db, viewer.id, cached) : cached;
      for (const [index, entry] of page.entries.entries()) {
        const body = bodies[index];
        if (!body || body.isOff) continue;
        if (shown > 0) pieces.push(comma);
        pieces.push(postJson(body, entry));
        shown += 1;
      }
      before = page.entries.at(-1)?.postId ?? before;
      more = page.more;
    }
    const cursor = more && before ? JSON.stringify(encodeCursor('feed', [before])) : 'null';
    pieces.push(Buffer.from(`],"next_cursor":${cursor},"has_more":${more}}`));
    return new Prepared(Buffer.concat(pieces));
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
