/** How long after its 201 a post is in the last of a thousand followers' cached feeds, through real processes. */
import { keys } from '../../shared/keys.ts';
import type { Redis } from '../../shared/redis/index.ts';
import { openTools } from '../../shared/tools.ts';
import { photograph } from '../seed/photograph.ts';
import { percentile, shown } from './compare.ts';
import { addFollowers, addPeople, type Person, tokenFor } from './crowd.ts';
import type { Figure } from './figure.ts';

const followers = 1_000;
const postsPerRound = 10;
const leastPosts = 50;
const timeoutMs = 30_000;

/** Uploads a photo; resolves when the reply has been received. */
async function post(base: string, token: string, photo: Buffer): Promise<string> {
  const form = new FormData();
  form.set('image', new Blob([new Uint8Array(photo)], { type: 'image/jpeg' }), 'photo.jpg');
  form.set('caption', 'On its way. #fast');
  const headers = { Authorization: `Bearer ${token}` };
  const reply = await fetch(`${base}/v1/posts`, { method: 'POST', headers, body: form });
  const body = (await reply.json()) as { post_id: string };
  if (reply.status !== 201) throw new Error(`POST /v1/posts: ${reply.status} ${JSON.stringify(body)}`);
  return body.post_id;
}

/** Waits until every feed has the post. The last one is asked for alone, so that asking costs Redis nothing. */
async function untilInAll(redis: Redis, feedKeys: string[], postId: string): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  const last = feedKeys.at(-1) as string;
  const isInAll = async () => {
    if ((await redis.zscore(last, postId)) === null) return false;
    const scores = await Promise.all(feedKeys.map((key) => redis.zscore(key, postId)));
    return scores.every((score) => score !== null);
  };
  while (!(await isInAll())) {
    if (performance.now() > deadline) throw new Error(`${postId} is not in every feed after ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

export const commitToFeed: Figure = async ({ engines, rounds, note, onStop }) => {
  const stage = await (await engines()).stage('commit-to-feed');
  const tools = await openTools(stage.config, 'bench');
  let isOpen = true;
  const close = async () => {
    if (isOpen) await tools.stop();
    isOpen = false;
  };
  onStop(close);
  const [author] = (await addPeople(tools.db, 'author', 1)) as [Person];
  const readers = await addPeople(tools.db, 'follower', followers);
  await addFollowers(tools.db, author, readers);
  for (const reader of readers) await tools.feeds.page(reader, undefined, 20);
  const feedKeys = readers.map((reader) => keys.feed(reader.userId));

  const api = await stage.api();
  stage.worker(['relay', 'feeds', 'counts', 'search', 'stories', 'notify']);
  stage.worker(['media']);
  const token = await tokenFor(stage.config.AUTH_SECRET, author);
  const photo = await photograph({ width: 1_600, height: 1_200, seed: 7 });
  const tookMs: number[] = [];
  const posts = Math.max(leastPosts, rounds * postsPerRound);
  note(`${posts} posts to ${followers.toLocaleString('en')} followers, after 5 to warm up`);
  for (let at = -5; at < posts; at += 1) {
    const postId = await post(api.base, token, photo);
    const committedAt = performance.now();
    await untilInAll(tools.cache, feedKeys, postId);
    if (at >= 0) tookMs.push(performance.now() - committedAt);
  }
  await close();
  await stage.stop();
  return [
    `201 received → in ${followers.toLocaleString('en')} cached feeds, ${posts} posts one after the other`,
    `p50 ${shown(percentile(tookMs, 0.5))} ms, p99 ${shown(percentile(tookMs, 0.99))} ms, most ${shown(Math.max(...tookMs))} ms`,
  ];
};
