/** Fills the cache with engines that are fetched or built: once for each version, shown, and whole or not at all. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
// biome-ignore lint/correctness/useImportExtensions: the module is plain JavaScript
import { showElapsed } from '../bootstrap/show-elapsed.mjs';
import { cacheFolder, whileLocked } from '../embedded/cache.ts';
import { PlainError } from '../plain-error.ts';
import { versions } from './versions.ts';

/** Enough of a tool's output to see why it failed. */
const shownLines = 15;

/**
 * A folder of the cache, which `fill` fills if it is not there yet.
 *
 * @param name with the version in it: what is there is never looked at again
 * @param doing shown while it takes time, such as `Building MinIO`
 * @param fill gets a folder that becomes the one in the cache when it resolves
 */
export async function cached(
  name: string,
  doing: string,
  fill: (draft: string) => Promise<void>,
): Promise<string> {
  const folder = join(cacheFolder(), name);
  if (existsSync(folder)) return folder;
  await whileLocked(name, async () => {
    if (existsSync(folder)) return;
    const draft = `${folder}.draft`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true });
    const done = showElapsed(doing);
    try {
      await fill(draft);
      renameSync(draft, folder);
    } finally {
      done();
      rmSync(draft, { recursive: true, force: true });
    }
  });
  return folder;
}

/**
 * Runs a tool that fetches or builds.
 *
 * @param tool.missing what to say if this machine does not have it
 * @throws {PlainError} with the end of its output, if it fails.
 */
export async function runTool(
  command: string,
  args: string[],
  {
    cwd,
    env,
    missing,
    signal,
  }: { cwd: string; env?: NodeJS.ProcessEnv; missing: string; signal: AbortSignal },
): Promise<void> {
  // A group of its own, so that the compilers it starts can be ended with it.
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const end = () => {
    try {
      if (child.pid) process.kill(-child.pid, 'SIGTERM');
    } catch {
      // It is gone.
    }
  };
  signal.addEventListener('abort', end, { once: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-20_000);
    });
  const code = await new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? new PlainError(missing) : error),
    );
    child.once('close', (exitCode, killedBy) => resolve(killedBy ?? exitCode));
  });
  signal.removeEventListener('abort', end);
  signal.throwIfAborted();
  if (code === 0) return;
  const last = output.trimEnd().split('\n').slice(-shownLines).join('\n');
  throw new PlainError(`"${command} ${args.join(' ')}" failed (${code}):\n${last}`);
}

/** A Maven artifact, as a pom names it. */
export type Artifact = { groupId: string; artifactId: string; version: string; type?: string };

/** The pom of a project that only depends on the artifact; of one that is no jar the dependencies do not matter. */
function pomOf({ groupId, artifactId, version, type = 'jar' }: Artifact): string {
  const all =
    '<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>';
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>emulsion</groupId>
  <artifactId>engines</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>${groupId}</groupId>
      <artifactId>${artifactId}</artifactId>
      <version>${version}</version>
      <type>${type}</type>
      ${type === 'jar' ? '' : all}
    </dependency>
  </dependencies>
</project>
`;
}

/**
 * Fetches an artifact with Maven, from wherever the user's settings say: `copy-dependencies` puts it and all it
 * depends on into `draft/lib`, `unpack-dependencies` unpacks it into `draft`.
 *
 * @param javaHome the Java Maven runs on
 * @throws {PlainError} if there is no Maven, or it fails.
 */
export async function fetchArtifact(
  artifact: Artifact,
  goal: 'copy-dependencies' | 'unpack-dependencies',
  draft: string,
  javaHome: string,
  signal: AbortSignal,
): Promise<void> {
  writeFileSync(join(draft, 'pom.xml'), pomOf(artifact));
  const plugin = `org.apache.maven.plugins:maven-dependency-plugin:${versions.mavenDependencyPlugin}`;
  const output = goal === 'copy-dependencies' ? join(draft, 'lib') : draft;
  // Without --strict-checksums Maven only warns of bytes that are not those which were published.
  const args = ['--batch-mode', '--strict-checksums', `${plugin}:${goal}`, `-DoutputDirectory=${output}`];
  await runTool('mvn', args, {
    cwd: draft,
    env: { JAVA_HOME: javaHome },
    signal,
    missing:
      'Maven fetches this engine, and there is no mvn on the PATH. Install it:\n' +
      '  Debian, Ubuntu:  sudo apt-get install maven\n' +
      '  Fedora:          sudo dnf install maven\n' +
      '  macOS:           brew install maven',
  });
}
