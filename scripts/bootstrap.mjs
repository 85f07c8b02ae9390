/**
 * What every npm script runs: `node scripts/bootstrap.mjs PROGRAM ARGS…`.
 *
 * Plain JavaScript for Node 20 that imports nothing from node_modules, because it is what fills that
 * folder. It installs the dependencies, chooses a Node that runs TypeScript and runs the program under it.
 * Then it stays, as the link between npm and the program: it passes on signals, notices when npm is gone,
 * and starts the supervisor again when that was killed. The program notices the end of this process by its
 * IPC channel.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chooseNode } from './bootstrap/choose-node.mjs';
import { ensureInstalled } from './bootstrap/install.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [program, ...args] = process.argv.slice(2);
/** The one program that is started again: it holds the others together. */
const supervisor = 'scripts/start.ts';
const firstDelayMs = 100;
const longestDelayMs = 5_000;
const settledAfterMs = 10_000;

let child = null;
let isInstalling = false;
let stopSignal = null;

/** One stop may arrive as several signals: from the terminal to the group, and again from npm. */
function stop(signal) {
  stopSignal ??= signal;
  if (!child) process.exit(128 + constants.signals[signal]);
  child.kill(signal);
  // npm would finish first. What it leaves half done is done again at the next start.
  if (isInstalling) setTimeout(() => child.kill('SIGKILL'), 1_000).unref();
}

/** npm may be killed without a word; then this process belongs to somebody else. */
function watchParent() {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop('SIGTERM');
  }, 250);
  timer.unref();
}

function run(node, env) {
  return new Promise((resolve, reject) => {
    child = spawn(node, [program, ...args], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env });
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

async function main() {
  process.chdir(root);
  await ensureInstalled(root, (installer) => {
    child = installer;
    isInstalling = true;
  });
  isInstalling = false;
  if (stopSignal) return 128 + constants.signals[stopSignal];
  const node = chooseNode(root);
  const env = {
    // Keeps what V8 made of each file, the stripping of types included: programs load in half the time.
    NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compiled'),
    ...process.env,
    PATH: [dirname(node), process.env.PATH].filter(Boolean).join(delimiter),
  };
  let delayMs = firstDelayMs;
  for (;;) {
    const startedAt = Date.now();
    const { code, signal } = await run(node, env);
    if (signal === null) return code;
    if (stopSignal || program !== supervisor) return 128 + constants.signals[signal];
    if (Date.now() - startedAt > settledAfterMs) delayMs = firstDelayMs;
    console.error(`The supervisor was ended by ${signal}; it is started again in ${delayMs} ms.`);
    child = null;
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    delayMs = Math.min(delayMs * 2, longestDelayMs);
  }
}

for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => stop(signal));
process.on('SIGHUP', () => stop('SIGTERM'));
// Whoever read the output may be gone before this process is; that is no reason to leave the child behind.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
watchParent();

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    if (!stopSignal) console.error(error.message);
    process.exitCode = stopSignal ? 128 + constants.signals[stopSignal] : 1;
  },
);
