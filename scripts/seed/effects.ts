/** Waiting until the workers have done what the posts caused, as their authors' receipts tell it. */
import { PlainError } from '../plain-error.ts';
import { type Account, inParallel } from './client.ts';
import type { Progress } from './progress.ts';

/** A post and whose it is. */
export type MadePost = { postId: string; author: Account };

type Receipt = { effects: { name: string; state: 'pending' | 'running' | 'done' | 'failed' }[] };

const askEveryMs = 500;
/** So long without any progress means that nobody works. */
const patienceMs = 60_000;

/**
 * Resolves when no effect of the posts is left to be done.
 *
 * @param atOnce how many receipts are asked for at a time
 * @returns the names of effects that failed for good, one entry for each.
 * @throws {PlainError} if nothing was done for a minute.
 */
export async function untilDone(posts: MadePost[], atOnce: number, progress: Progress): Promise<string[]> {
  let waiting = posts;
  let lastProgressAt = performance.now();
  let done = 0;
  const failed: string[] = [];
  while (waiting.length > 0) {
    const left: MadePost[] = [];
    let effectsDone = 0;
    await inParallel(waiting, atOnce, async (post) => {
      const { effects } = await post.author.send<Receipt>('GET', `/v1/posts/${post.postId}/status`);
      const open = effects.filter(({ state }) => state === 'pending' || state === 'running');
      if (open.length > 0) left.push(post);
      else failed.push(...effects.filter(({ state }) => state === 'failed').map(({ name }) => name));
      effectsDone += effects.length - open.length;
    });
    progress.set(posts.length - left.length);
    if (effectsDone !== done || left.length < waiting.length) lastProgressAt = performance.now();
    else if (performance.now() - lastProgressAt > patienceMs) {
      throw new PlainError(
        `The posts are made, but for ${patienceMs / 1_000} s no worker has done anything for ${left.length} of them. ` +
          'Is npm start still running?',
      );
    }
    done = effectsDone;
    waiting = left;
    if (waiting.length > 0) await new Promise((resolve) => setTimeout(resolve, askEveryMs));
  }
  return failed;
}
