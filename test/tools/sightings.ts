/** Where somebody comes across a post: every way a client has to it. */
import type { Client, Reply } from './client.ts';

type Sought = {
  postId: string;
  authorId: string /** A word of its caption, and a hashtag of it. */;
  word: string;
};

const holds = (reply: Reply, postId: string): boolean =>
  reply.status === 200 && reply.text.includes(`"${postId}"`);

const ways: Record<string, (who: Client, sought: Sought) => Promise<boolean>> = {
  feed: async (who, { postId }) => holds(await who.get('/v1/feed?limit=100'), postId),
  profile: async (who, { postId, authorId }) => holds(await who.get(`/v1/users/${authorId}/posts`), postId),
  post: async (who, { postId }) => holds(await who.get(`/v1/posts/${postId}`), postId),
  comments: async (who, { postId }) => (await who.get(`/v1/posts/${postId}/comments`)).status === 200,
  likes: async (who, { postId }) => (await who.get(`/v1/posts/${postId}/likes`)).status === 200,
  like: async (who, { postId }) => {
    const liked = await who.post(`/v1/posts/${postId}/like`);
    if (liked.status === 200) await who.delete(`/v1/posts/${postId}/like`);
    return liked.status === 200;
  },
  search: async (who, { postId, word }) => holds(await who.get(`/v1/search?type=post&q=${word}`), postId),
  hashtag: async (who, { postId, word }) => holds(await who.get(`/v1/hashtags/${word}/posts`), postId),
};

/** Everywhere a post can be met by whoever may see it; its author and their followers meet it in their feed, too. */
export const everywhere: readonly string[] = Object.keys(ways).filter((way) => way !== 'feed');

/** The ways on which somebody comes across the post now. */
export async function sightings(who: Client, sought: Sought): Promise<string[]> {
  const seen: string[] = [];
  for (const [way, find] of Object.entries(ways)) if (await find(who, sought)) seen.push(way);
  return seen;
}
