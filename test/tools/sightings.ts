/** Where somebody comes across a post: every way a client has to it. */
import { type App, asking, at } from './app.ts';

type Sought = {
  postId: string;
  authorId: string;
  /** A word of its caption, and a hashtag of it. */
  word: string;
};

/** True if the reply names the post anywhere; a refusal has no data. */
async function holds(asked: Promise<{ data?: unknown }>, postId: string): Promise<boolean> {
  const { data } = await asked;
  return data !== undefined && JSON.stringify(data).includes(`"${postId}"`);
}

const isAnswered = async (asked: Promise<{ response: Response }>) => (await asked).response.status === 200;

const ways: Record<string, (who: App, sought: Sought) => Promise<boolean>> = {
  feed: (who, { postId }) => holds(who.GET('/v1/feed', asking({ limit: 100 })), postId),
  profile: (who, { postId, authorId }) =>
    holds(who.GET('/v1/users/{user_id}/posts', at({ user_id: authorId })), postId),
  post: (who, { postId }) => holds(who.GET('/v1/posts/{post_id}', at({ post_id: postId })), postId),
  comments: (who, { postId }) => isAnswered(who.GET('/v1/posts/{post_id}/comments', at({ post_id: postId }))),
  likes: (who, { postId }) => isAnswered(who.GET('/v1/posts/{post_id}/likes', at({ post_id: postId }))),
  like: async (who, { postId }) => {
    const isLiked = await isAnswered(who.POST('/v1/posts/{post_id}/like', at({ post_id: postId })));
    if (isLiked) await who.DELETE('/v1/posts/{post_id}/like', at({ post_id: postId }));
    return isLiked;
  },
  search: (who, { postId, word }) => holds(who.GET('/v1/search', asking({ type: 'post', q: word })), postId),
  hashtag: (who, { postId, word }) => holds(who.GET('/v1/hashtags/{name}/posts', at({ name: word })), postId),
};

/** Everywhere a post can be met by whoever may see it; its author and their followers meet it in their feed, too. */
export const everywhere: readonly string[] = Object.keys(ways).filter((way) => way !== 'feed');

/** The ways on which somebody comes across the post now. */
export async function sightings(who: App, sought: Sought): Promise<string[]> {
  const seen: string[] = [];
  for (const [way, find] of Object.entries(ways)) if (await find(who, sought)) seen.push(way);
  return seen;
}
