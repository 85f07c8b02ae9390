/** Posts as one viewer may see them. */
import { sql } from 'kysely';
import type { Db, Tx } from '../db/index.ts';
import { type Marks, marksFromPostgres } from '../feeds/postgres.ts';
import { isId } from '../ids.ts';
import type { Tools } from '../tools.ts';
import { maySeePost } from '../users/audience.ts';
import { loadPosts } from './body.ts';
import type { ImageUrls } from './image-urls.ts';
import type { Post } from './schema.ts';
import { withKnownTags } from './tags.ts';

type Viewer = { id: number; userId: string };

function shownMarks({ liked, saved }: Marks, postId: string) {
  return { is_liked: (liked.get(postId) ?? -1) >= 0, is_saved: (saved.get(postId) ?? -1) >= 0 };
}

/** Which of the posts the viewer may see. */
async function visibleOf(db: Db | Tx, viewerId: number, postIds: string[]): Promise<string[]> {
  const { rows } = await sql<{ post_id: string }>`
    SELECT p.post_id FROM posts p JOIN users u ON u.id = p.user_id
    WHERE p.post_id = ANY(${postIds}) AND ${maySeePost(viewerId, 'p', 'u')}`.execute(db);
  return rows.map((row) => row.post_id);
}

/** The posts that exist and the viewer may see, in the order of `postIds`, fresh from Postgres. */
export async function presentPosts(tools: Tools, viewer: Viewer, postIds: string[]): Promise<Post[]> {
  const ids = await visibleOf(
    tools.db,
    viewer.id,
    postIds.filter((postId) => isId('post', postId)),
  );
  if (ids.length === 0) return [];
  const posts = await loadPosts(tools.db, tools.imageUrls, ids);
  const marks = await marksFromPostgres(tools.db, viewer.id, ids);
  const bodies = await withKnownTags(
    tools.db,
    viewer.id,
    posts.map((post) => post.body),
  );
  const byId = new Map(bodies.map((body) => [body.post_id, body]));
  return postIds.flatMap((postId) => {
    const body = byId.get(postId);
    if (!body) return [];
    return [{ ...body, ...shownMarks(marks, postId) } as Post];
  });
}

/** One post as its author sees it; for replies inside the transaction that wrote it. */
export async function presentOwnPost(
  db: Db | Tx,
  imageUrls: ImageUrls,
  viewer: Viewer,
  postId: string,
): Promise<Post> {
  const [post] = await loadPosts(db, imageUrls, [postId]);
  if (!post) throw new Error(`post ${postId} was not written`);
  const marks = await marksFromPostgres(db, viewer.id, [postId]);
  const [body] = await withKnownTags(db, viewer.id, [post.body]);
  return { ...body, ...shownMarks(marks, postId) } as Post;
}

/** Internal ids of a post the viewer may see, or undefined. */
export async function findVisiblePost(
  { db }: Tools,
  viewer: Viewer,
  postId: string,
): Promise<{ id: number; authorId: number; isCommentsDisabled: boolean } | undefined> {
  if (!isId('post', postId)) return undefined;
  return db
    .selectFrom('posts')
    .innerJoin('users', 'users.id', 'posts.user_id')
    .select(['posts.id', 'users.id as authorId', 'posts.is_comments_disabled as isCommentsDisabled'])
    .where('posts.post_id', '=', postId)
    .where(maySeePost(viewer.id, 'posts', 'users'))
    .executeTakeFirst();
}
