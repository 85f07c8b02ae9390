/** Makes every process forget a post. The request did so already; this makes sure of it. */
import type { Handler } from '../handler.ts';

export const refreshPost: Handler<'refresh-post'> = async ({ postId }, { tools: { changes } }) => {
  await changes.announce('post', postId);
};
