/** What a started system holds in memory: idle, and after two hundred uploads of 12 megapixels. */
import { chmodSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Account, inParallel, join as joinAs, photoForm } from '../seed/client.ts';
import { type MadePost, untilDone } from '../seed/effects.ts';
import { photograph } from '../seed/photograph.ts';
import { percentile, shown } from './compare.ts';
import type { Figure } from './figure.ts';
import { memoryOf, type Usage } from './processes.ts';
import { startSystem } from './system.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const uploads = 200;
const atOnce = 4;
/** Short enough not to wait long, long enough for what starts late to have started. */
const idleMs = 5_000;

/** One line for each kind of process, and one for all. */
function table(title: string, usages: Usage[]): string[] {
  const sum = (of: (usage: Usage) => number) => usages.reduce((total, usage) => total + of(usage), 0);
  const all = {
    name: 'all',
    processes: sum((u) => u.processes),
    rssMb: sum((u) => u.rssMb),
    pssMb: sum((u) => u.pssMb),
  };
  return [
    title,
    ...[...usages, all].map(
      ({ name, processes, rssMb, pssMb }) =>
        `  ${name.padEnd(20)} ${String(processes).padStart(3)}   RSS ${shown(Math.round(rssMb)).padStart(6)} MB   PSS ${shown(Math.round(pssMb)).padStart(6)} MB`,
    ),
  ];
}

export const memory: Figure = async ({ note, signal, onStop }) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'emulsion-memory-'));
  chmodSync(dataDir, 0o711);
  note('npm start');
  const system = await startSystem(root, { DATA_DIR: dataDir, RATE_LIMITS: 'off' }, signal);
  const end = async () => {
    await system.stop();
    const postgres = join(dataDir, 'postgres');
    // It may be a link to a folder that another user can enter.
    if (existsSync(postgres)) rmSync(realpathSync(postgres), { recursive: true, force: true });
    rmSync(dataDir, { recursive: true, force: true });
  };
  onStop(end);

  await new Promise((resolve) => setTimeout(resolve, idleMs));
  const idle = memoryOf(system.pid);
  note(`${uploads} uploads, ${atOnce} at a time`);
  const photo = await photograph({ width: 4_000, height: 3_000, seed: 3 });
  const names = Array.from({ length: atOnce }, (_, at) => `uploader_${at}`);
  const accounts: Account[] = [];
  for (const username of names) {
    const [email, password] = [`${username}@example.org`, `${username} sends photos`];
    accounts.push(await joinAs(system.base, { username, email, password }));
  }
  const tookMs: number[] = [];
  const posts: MadePost[] = [];
  const startedAt = performance.now();
  await inParallel(Array.from({ length: uploads }), atOnce, async (_, at) => {
    const author = accounts[at % atOnce] as Account;
    const sentAt = performance.now();
    const { post_id: postId } = await author.send<{ post_id: string }>('POST', '/v1/posts', photoForm(photo));
    tookMs.push(performance.now() - sentAt);
    posts.push({ postId, author });
  });
  const perSecond = uploads / ((performance.now() - startedAt) / 1_000);
  const failed = await untilDone(posts, atOnce, { set() {}, add() {}, end() {} });
  const doneAfterS = (performance.now() - startedAt) / 1_000;
  const busy = memoryOf(system.pid);
  await end();
  return [
    ...table('idle', idle),
    ...table(`after ${uploads} uploads of ${(photo.length / 1e6).toFixed(1)} MB, 12 megapixels`, busy),
    `uploads: ${shown(perSecond)}/s, p50 ${shown(percentile(tookMs, 0.5))} ms, p99 ${shown(percentile(tookMs, 0.99))} ms with ${atOnce} at a time`,
    `all renditions made, feeds and search up to date after ${shown(doneAfterS)} s; failed effects: ${failed.length}`,
  ];
};
