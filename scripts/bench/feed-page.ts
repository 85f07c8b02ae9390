/** How fast one API process serves feed pages, beside an Express server that sends the same bytes. */
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase } from '../../shared/db/index.ts';
import { openLog } from '../../shared/log.ts';
import { runApi } from '../child.ts';
import { compare, type Spread, shown, shownSpread } from './compare.ts';
import { addFollowers, addPeople, addPost, type Person, tokenFor } from './crowd.ts';
import type { Figure } from './figure.ts';
import { type LoadResult, load, loadTool } from './load.ts';
import type { Stage } from './stage.ts';

const viewers = 100;
const authors = 50;
const followed = 10;
const postsPerAuthor = 4;
const connections = 16;
const seconds = 3;

/** High enough never to be reached: the limiter counts every request, as it does in production. */
const highLimits = 'anonymous:1000000000,free:1000000000,pro:1000000000,enterprise:1000000000';

/** Viewers who each follow ten of the authors, so that every feed is another mixture, twice as long as its page. */
async function fill({ config }: Stage): Promise<Person[]> {
  const { db, pool } = openDatabase(config.DATABASE_URL, 4, openLog('bench', 'warn'));
  try {
    const readers = await addPeople(db, 'viewer', viewers);
    for (const [number, author] of (await addPeople(db, 'author', authors)).entries()) {
      const followers = readers.filter((_, reader) => (reader + number) % (authors / followed) === 0);
      await addFollowers(db, author, followers);
      for (let post = 0; post < postsPerAuthor; post += 1) {
        const caption = `An evening at the lake, number ${post}: still water and low light. #evening #lake`;
        await addPost(db, author, caption, Date.now() - (number * postsPerAuthor + post) * 1_000);
      }
    }
    return readers;
  } finally {
    await pool.end();
  }
}

/** One reply's body and headers, in files, for the bare server to repeat. */
async function copyReply(url: string, token: string, folder: string): Promise<string[]> {
  const reply = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
  const body = Buffer.from(await reply.arrayBuffer());
  if (reply.status !== 200) throw new Error(`${url}: ${reply.status} ${body}`);
  // What Node's server or Express's `send` adds anyhow.
  const implied = ['date', 'connection', 'keep-alive', 'content-length', 'content-type'];
  const headers = Object.fromEntries([...reply.headers].filter(([name]) => !implied.includes(name)));
  const files = [join(folder, 'page.json'), join(folder, 'headers.json')];
  writeFileSync(files[0] as string, body);
  writeFileSync(files[1] as string, JSON.stringify(headers));
  return files;
}

export const feedPage: Figure = async ({ engines, rounds, note, onStop }) => {
  const stage = await (await engines()).stage('feed-page');
  const readers = await fill(stage);
  const tokens = await Promise.all(readers.map((reader) => tokenFor(stage.config.AUTH_SECRET, reader)));
  const api = await stage.api({ env: { RATE_LIMITS: highLimits } });
  const url = (base: string) => `${base}/v1/feed`;
  const files = await copyReply(url(api.base), tokens[0] as string, stage.folder);
  const bareServer = async (...more: string[]) => {
    const program = fileURLToPath(new URL('feed-page/bare-server.ts', import.meta.url));
    const bare = await runApi(process.env, join(stage.folder, 'bare.log'), [program, ...files, ...more]);
    onStop(bare.stop);
    return bare;
  };
  const [bare, leanest] = [await bareServer(), await bareServer('no-etag')];

  const latest = new Map<string, LoadResult>();
  const rate = (base: string) => async () => {
    const result = await load({ url: url(base), tokens, connections, seconds, folder: stage.folder });
    latest.set(base, result);
    return result.perSecond;
  };
  note(`two comparisons of ${rounds + 1} rounds of 2 × ${seconds} s, load from ${loadTool()}`);
  const toBare = await compare(rounds, rate(api.base), rate(bare.base));
  const toLeanest = await compare(rounds, rate(api.base), rate(leanest.base));
  await Promise.all([api.stop(), bare.stop(), leanest.stop()]);
  const line = (name: string, rates: Spread, base: string) => {
    const { p50Ms, p99Ms } = latest.get(base) as LoadResult;
    return `${name.padEnd(28)} ${shownSpread(rates)} requests/s, p50 ${shown(p50Ms)} ms, p99 ${shown(p99Ms)} ms`;
  };
  return [
    `pages of ${(statSync(files[0] as string).size / 1_000).toFixed(1)} kB`,
    line('feed page', toBare.ours, api.base),
    line('bare Express', toBare.theirs, bare.base),
    line('bare Express without ETag', toLeanest.theirs, leanest.base),
    `ratio to bare Express        ${shownSpread(toBare.ratio)}`,
    `ratio to it without ETag     ${shownSpread(toLeanest.ratio)}`,
  ];
};
