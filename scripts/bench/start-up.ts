/** How long `npm start` takes in a fresh copy of this checkout, and the second time. */
import { chmodSync, cpSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shown, spreadOf } from './compare.ts';
import type { Figure } from './figure.ts';
import { startSystem } from './system.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** What a clone would not contain. */
const left = new Set(['node_modules', 'data', '.git', '.env']);
/** Each takes tens of seconds. */
const copies = 3;

function copyCheckout(): string {
  const copy = mkdtempSync(join(tmpdir(), 'emulsion-copy-'));
  // Under root Postgres runs as another user, who has to pass through.
  chmodSync(copy, 0o755);
  cpSync(root, copy, {
    recursive: true,
    filter: (source) => !(left.has(basename(source)) && dirname(source) === dirname(join(root, 'any'))),
  });
  return copy;
}

function remove(copy: string): void {
  const postgres = join(copy, 'data/postgres');
  // It may be a link to a folder that another user can enter.
  if (existsSync(postgres)) rmSync(realpathSync(postgres), { recursive: true, force: true });
  rmSync(copy, { recursive: true, force: true });
}

export const startUp: Figure = async ({ note, signal }) => {
  const first: number[] = [];
  const second: number[] = [];
  for (let number = 1; number <= copies; number += 1) {
    note(`copy ${number} of ${copies}: npm start, stop, npm start, stop`);
    const copy = copyCheckout();
    try {
      for (const times of [first, second]) {
        const system = await startSystem(copy, {}, signal);
        times.push(system.readyAfterMs / 1_000);
        await system.stop();
      }
    } finally {
      remove(copy);
    }
  }
  const line = (seconds: number[]) => {
    const { median, least, most } = spreadOf(seconds);
    return `${shown(median)} s (${shown(least)}–${shown(most)})`;
  };
  return [
    `npm start in a fresh copy, npm's cache as it was   ${line(first)}`,
    `npm start again                                    ${line(second)}`,
  ];
};
