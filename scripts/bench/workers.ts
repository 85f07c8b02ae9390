/** What a second worker process adds: jobs that wait, worked off by one process and by two. */
import { writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Enqueue } from '../../shared/queue.ts';
import { openTools, type Tools } from '../../shared/tools.ts';
import { inParallel } from '../seed/client.ts';
import { photograph } from '../seed/photograph.ts';
import { compare, shownSpread } from './compare.ts';
import { addFollowers, addPeople, addPost, type Person } from './crowd.ts';
import type { Figure } from './figure.ts';
import type { Stage } from './stage.ts';

const photos = 40;
const fanOuts = 300;
/** As many as one job reaches, so that a fan-out is one job. */
const followers = 5_000;
/** Jobs that end before the clock starts: a process connects and warms up with its first ones. */
const warmUp = 4;
const timeoutMs = 120_000;

/** One kind of job, and how the jobs of a round come to be. */
type Work = {
  queue: 'media' | 'feeds';
  enqueue(): Promise<Enqueue[]>;
};

/**
 * Has jobs wait, starts worker processes, and ends them when all is done.
 *
 * @returns jobs a second, counted from when the first few have ended.
 */
async function workOff(stage: Stage, { queues }: Tools, work: Work, processes: number): Promise<number> {
  const queue = queues.all.find(({ name }) => name === work.queue);
  if (!queue) throw new Error(`there is no queue named ${work.queue}`);
  const jobs = await work.enqueue();
  await queues.addAll(jobs);
  const workers = Array.from({ length: processes }, () =>
    stage.worker([work.queue], { DECODER_PROCESSES: '1' }),
  );
  const deadline = performance.now() + timeoutMs;
  while ((await queue.getCompletedCount()) < jobs.length) {
    if (performance.now() > deadline) throw new Error(`${work.queue} was not worked off in ${timeoutMs} ms`);
    await setTimeout(50);
  }
  await Promise.all(workers.map((worker) => worker.stop()));
  const ended = (await queue.getCompleted()).map(({ finishedOn = 0 }) => finishedOn).sort((a, b) => a - b);
  await queue.clean(0, jobs.length, 'completed');
  const tookMs = (ended.at(-1) as number) - (ended[warmUp - 1] as number);
  return (ended.length - warmUp) / (tookMs / 1_000);
}

async function addPosts({ db }: Tools, author: Person, count: number): Promise<string[]> {
  const postIds: string[] = [];
  for (let at = 0; at < count; at += 1) postIds.push(await addPost(db, author, 'New.', Date.now()));
  return postIds;
}

/** Photos of 12 megapixels as they are uploaded, to be rendered anew in each round. */
async function resizing(stage: Stage, tools: Tools, author: Person): Promise<Work> {
  const file = `${stage.folder}/photo.jpg`;
  writeFileSync(file, await photograph({ width: 4_000, height: 3_000, seed: 11 }));
  const postIds = await addPosts(tools, author, photos);
  const originals = await tools.db.selectFrom('post_images').select('original_key').execute();
  for (const { original_key } of originals) await tools.images.put(original_key, file, 'image/jpeg');
  return {
    queue: 'media',
    async enqueue() {
      await tools.db.updateTable('post_images').set({ rendered_at: null }).execute();
      return postIds.map((postId) => ({ name: 'make-renditions', payload: { postId } }));
    },
  };
}

/** Posts of one author on their way into live feeds that do not have them yet. */
async function fanningOut(tools: Tools, author: Person): Promise<Work> {
  const readers = await addPeople(tools.db, 'reader', followers);
  await addFollowers(tools.db, author, readers);
  return {
    queue: 'feeds',
    async enqueue() {
      await inParallel(readers, 16, async ({ userId }) => tools.feeds.forget(userId));
      await inParallel(readers, 16, async (reader) => void (await tools.feeds.page(reader, undefined, 20)));
      const postIds = await addPosts(tools, author, fanOuts);
      return postIds.map((postId) => ({ name: 'fan-out-post', payload: { postId } }));
    },
  };
}

export const workers: Figure = async ({ engines, rounds, note, onStop }) => {
  const stage = await (await engines()).stage('workers');
  const tools = await openTools(stage.config, 'bench');
  onStop(() => tools.stop());
  const [painter, author] = (await addPeople(tools.db, 'author', 2)) as [Person, Person];
  const both = async (work: Work, jobs: number) => {
    note(`${rounds + 1} rounds of ${jobs} jobs in ${work.queue}, two processes and one`);
    const rate = (processes: number) => () => workOff(stage, tools, work, processes);
    return await compare(rounds, rate(2), rate(1));
  };
  const resized = await both(await resizing(stage, tools, painter), photos);
  const fannedOut = await both(await fanningOut(tools, author), fanOuts);
  await tools.stop();
  const deliveries = (spread: typeof resized.ours) =>
    shownSpread({
      median: spread.median * followers,
      least: spread.least * followers,
      most: spread.most * followers,
    });
  return [
    'resize, photos of 12 megapixels, one decoder a process',
    `  two media workers  ${shownSpread(resized.ours)} photos/s`,
    `  one                ${shownSpread(resized.theirs)} photos/s`,
    `  ratio              ${shownSpread(resized.ratio)}`,
    `fan-out, posts to ${followers.toLocaleString('en')} followers`,
    `  two feed workers   ${deliveries(fannedOut.ours)} feeds/s`,
    `  one                ${deliveries(fannedOut.theirs)} feeds/s`,
    `  ratio              ${shownSpread(fannedOut.ratio)}`,
  ];
};
