/** The posts a user saved or liked, the newest act first. */
import { sql } from 'kysely';
import { z } from 'zod';
import { presentPosts } from '../../shared/posts/present.ts';
import { type Post, postSchema } from '../../shared/posts/schema.ts';
import type { Tools } from '../../shared/tools.ts';
import { maySeePost } from '../../shared/users/audience.ts';
import { decodeCursor, type pageQuery } from '../cursor.ts';
import { cutPage, pageFields } from '../page.ts';
import type { Viewer } from '../route.ts';

export const postPageSchema = z.object({ posts: z.array(postSchema), ...pageFields });

const tables = { saved: 'saves', liked: 'likes' } as const;

/** The id of an act: it rises, and saving again is another act. */
const cursorValues = z.tuple([z.int().positive()]);

/** One page of what the viewer saved or liked and may still see. */
export async function listMarked(
  tools: Tools,
  viewer: Viewer,
  kind: keyof typeof tables,
  { cursor, limit }: z.output<typeof pageQuery>,
): Promise<{ posts: Post[]; next_cursor: string | null; has_more: boolean }> {
  const before = cursor ? decodeCursor(kind, cursorValues, cursor)[0] : Number.MAX_SAFE_INTEGER;
  const { rows } = await sql<{ id: number; post_id: string }>`
    SELECT act.id, p.post_id FROM ${sql.table(tables[kind])} act
      JOIN posts p ON p.id = act.post_id JOIN users u ON u.id = p.user_id
    WHERE act.user_id = ${viewer.id} AND act.id < ${before} AND ${maySeePost(viewer.id, 'p', 'u')}
    ORDER BY act.id DESC LIMIT ${limit + 1}`.execute(tools.db);
  const { rows: page, ...rest } = cutPage(rows, limit, kind, (row) => [row.id]);
  const ids = page.map((row) => row.post_id);
  return { posts: await presentPosts(tools, viewer, ids), ...rest };
}
