/** `npm run seed`: fills a running Emulsion with users, follows, photographs and likes, through its own API. */
import { join as joinPath } from 'node:path';
import { type Config, ConfigError, loadConfig } from '../shared/config.ts';
import { onStop } from '../shared/stop.ts';
import { openTools } from '../shared/tools.ts';
import { type RunningApi, runApi } from './child.ts';
import { PlainError, reportError } from './plain-error.ts';
import { type Account, inParallel, join, photoForm } from './seed/client.ts';
import { addBareFollowers } from './seed/crowd.ts';
import { type MadePost, untilDone } from './seed/effects.ts';
import { type Options, readOptions, usage } from './seed/options.ts';
import { photograph } from './seed/photograph.ts';
import { makePlan, type Plan, type PlannedPost } from './seed/plan.ts';
import { showProgress } from './seed/progress.ts';

const password = 'an open secret';
/** Requests at a time: enough to keep two cores busy, few enough for a laptop to stay usable. */
const atOnce = 4;

/** @throws {PlainError} if no engines are known; {ConfigError} if what is configured is wrong in another way. */
function runningConfig(): Config {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError) || !error.message.includes('DATABASE_URL')) throw error;
    throw new PlainError(
      `Nothing runs here: run "npm start" first, in another terminal, then this again.\n${error.message}`,
    );
  }
}

let api: RunningApi | undefined;
let isStopping = false;

async function stop(): Promise<void> {
  isStopping = true;
  // The bar that was interrupted keeps its line.
  if (process.stdout.isTTY) console.log('');
  await api?.stop();
}

/** Does the work for each item, with its progress on show. */
async function step<Item>(
  name: string,
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  if (items.length === 0) return;
  const progress = showProgress(name, items.length);
  try {
    await inParallel(items, atOnce, async (item, index) => {
      await work(item, index);
      progress.add();
    });
  } finally {
    progress.end();
  }
}

async function makePost(planned: PlannedPost, accounts: Account[], key: string): Promise<MadePost> {
  const author = accounts[planned.author] as Account;
  const { photo, caption, location, filter, tagged, likedBy } = planned;
  const form = photoForm(await photograph(photo), {
    caption,
    location,
    filter,
    tagged_users: tagged.map((user) => accounts[user]?.userId),
  });
  // A second run within a day finds the post instead of making it again.
  const headers = { 'Idempotency-Key': key };
  const { post_id: postId } = await author.send<{ post_id: string }>('POST', '/v1/posts', form, headers);
  for (const user of likedBy) await accounts[user]?.send('POST', `/v1/posts/${postId}/like`);
  return { postId, author };
}

async function addFollowers(config: Config, account: Account, { followers, seed }: Options): Promise<void> {
  const tools = await openTools(config, 'seed');
  const progress = showProgress('followers', followers);
  try {
    await addBareFollowers(tools, account.userId, followers, `follower_${seed}_`, progress.set);
  } finally {
    progress.end();
    await tools.stop();
  }
}

async function fill(base: string, config: Config, plan: Plan, options: Options): Promise<Account[]> {
  const accounts: Account[] = [];
  await step('users', plan.users, async ({ username, email, fullName }, index) => {
    accounts[index] = await join(base, { username, email, password, full_name: fullName });
  });
  await step('follows', plan.follows, async ({ follower, followed }) => {
    await accounts[follower]?.send('POST', `/v1/users/${accounts[followed]?.userId}/follow`);
  });
  if (options.followers > 0) await addFollowers(config, accounts[0] as Account, options);
  const posts: MadePost[] = [];
  await step('posts', plan.posts, async (planned, index) => {
    posts.push(await makePost(planned, accounts, `seed-${options.seed}-post-${index}`));
  });
  if (posts.length > 0) {
    const progress = showProgress('effects', posts.length);
    const failed = await untilDone(posts, atOnce, progress).finally(progress.end);
    if (failed.length > 0) console.log(`Failed for good: ${failed.join(', ')}; see the workers' log.`);
  }
  return accounts;
}

async function seed(options: Options): Promise<void> {
  const config = runningConfig();
  const env = { ...process.env, PUBLIC_URL: config.PUBLIC_URL, RATE_LIMITS: 'off', LOG_LEVEL: 'warn' };
  const running = await runApi(env, joinPath(config.DATA_DIR, 'seed-api.log')).catch((error: Error) => {
    throw new PlainError(`${error.message}\n\nIs "npm start" still running on ${config.DATA_DIR}?`);
  });
  api = running;
  if (isStopping) return;
  const accounts = await fill(running.base, config, makePlan(options), options);
  const names = accounts.slice(0, 5).map(({ username }) => username);
  console.log(`
  API        ${config.PUBLIC_URL}/v1
  Users      ${names.join(', ')}${accounts.length > names.length ? ` and ${accounts.length - names.length} more` : ''}
  Password   ${password}
`);
}

// 130 is what a shell reports for a command that was interrupted.
onStop(stop, { exitCode: 130 });
try {
  const options = readOptions();
  if (options) await seed(options);
  else console.log(usage);
} catch (error) {
  if (!isStopping) reportError(error);
}
if (!isStopping) {
  await stop();
  process.exit();
}
