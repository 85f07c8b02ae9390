/** Posts as one viewer may see them. */
import type { Db, Tx } from '../db/index.ts';
import { type Marks, marksFromPostgres } from '../feeds/postgres.ts';
import { isId } from '../ids.ts';
import type { Tools } from '../tools.ts';
import { type LoadedPost, loadPosts } from './body.ts';
import type { Post } from './schema.ts';

type Viewer = { id: number; userId: string };

/** What visibility is decided by, for posts and whoever has their ids already. */
export type PostAudience = {
  authorId: number;
  authorUserId: string;
  authorIsPrivate: boolean;
  isArchived: boolean;
};

/**
 * May the viewer see it? Archived posts are their author's alone; those of a private account its followers'.
 *
 * @param follows whether the viewer follows the author
 */
export function maySee(viewer: Viewer, audience: PostAudience, follows: boolean): boolean {
  if (audience.authorId === viewer.id) return true;
  if (audience.isArchived) return false;
  return !audience.authorIsPrivate || follows;
}

function audienceOf(post: LoadedPost): PostAudience {
  return {
    authorId: post.authorId,
    authorUserId: post.body.user.user_id,
    authorIsPrivate: post.authorIsPrivate,
    isArchived: post.body.is_archived,
  };
}

async function visible(tools: Tools, viewer: Viewer, posts: LoadedPost[]): Promise<LoadedPost[]> {
  const privateAuthors = posts.filter((post) => post.authorIsPrivate).map((post) => post.body.user.user_id);
  const followed = await tools.graph.followed(viewer.userId, [...new Set(privateAuthors)]);
  return posts.filter((post) => maySee(viewer, audienceOf(post), followed.has(post.body.user.user_id)));
}

function shownMarks({ liked, saved }: Marks, postId: string) {
  return { is_liked: (liked.get(postId) ?? -1) >= 0, is_saved: saved.has(postId) };
}

/** The posts that exist and the viewer may see, in the order of `postIds`, fresh from Postgres. */
export async function presentPosts(tools: Tools, viewer: Viewer, postIds: string[]): Promise<Post[]> {
  const ids = postIds.filter((postId) => isId('post', postId));
  const posts = await visible(tools, viewer, await loadPosts(tools.db, tools.config.CDN_BASE_URL, ids));
  const marks = await marksFromPostgres(tools.db, viewer.id, ids);
  const byId = new Map(posts.map((post) => [post.body.post_id, post]));
  return postIds.flatMap((postId) => {
    const post = byId.get(postId);
    if (!post) return [];
    return [{ ...post.body, ...shownMarks(marks, postId) } as Post];
  });
}

/** One post as its author sees it; for replies inside the transaction that wrote it. */
export async function presentOwnPost(
  db: Db | Tx,
  cdn: string,
  viewer: Viewer,
  postId: string,
): Promise<Post> {
  const [post] = await loadPosts(db, cdn, [postId]);
  if (!post) throw new Error(`post ${postId} was not written`);
  const marks = await marksFromPostgres(db, viewer.id, [postId]);
  return { ...post.body, ...shownMarks(marks, postId) } as Post;
}

/** Internal ids of a post the viewer may see, or undefined. */
export async function findVisiblePost(
  tools: Tools,
  viewer: Viewer,
  postId: string,
): Promise<{ id: number; authorId: number } | undefined> {
  if (!isId('post', postId)) return undefined;
  const row = await tools.db
    .selectFrom('posts')
    .innerJoin('users', 'users.id', 'posts.user_id')
    .select([
      'posts.id',
      'users.id as authorId',
      'users.user_id as authorUserId',
      'users.is_private as authorIsPrivate',
      'posts.is_archived as isArchived',
    ])
    .where('posts.post_id', '=', postId)
    .executeTakeFirst();
  if (!row) return undefined;
  const follows =
    row.authorIsPrivate && row.authorId !== viewer.id
      ? (await tools.graph.followed(viewer.userId, [row.authorUserId])).size > 0
      : false;
  return maySee(viewer, row, follows) ? { id: row.id, authorId: row.authorId } : undefined;
}
