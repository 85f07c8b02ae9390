/** The Java to run an engine on: one of those this machine has. */
import { execFile } from 'node:child_process';
import { existsSync, globSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PlainError } from '../plain-error.ts';

const run = promisify(execFile);

/** `home` is what JAVA_HOME would be. */
export type Java = { home: string; major: number };

/** Where JAVA_HOME, JAVA_HOME_17 and their like, the PATH and the usual folders of Linux, macOS and SDKMAN lead. */
function candidates(): string[] {
  const named = Object.entries(process.env)
    .filter(([name, value]) => /^JAVA_HOME(_|$)/.test(name) && value)
    .map(([, value]) => join(value as string, 'bin/java'));
  const onPath = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'java'));
  const usual = globSync([
    '/usr/lib/jvm/*/bin/java',
    '/Library/Java/JavaVirtualMachines/*/Contents/Home/bin/java',
    join(homedir(), '.sdkman/candidates/java/*/bin/java'),
  ]).sort();
  const found = [...named, ...onPath, ...usual].filter((path) => existsSync(path));
  return [...new Set(found.map((path) => realpathSync(path)))];
}

/** `openjdk version "17.0.15" 2025-04-15` is 17, `java version "1.8.0_402"` is 8; undefined if it does not run. */
async function inspect(program: string): Promise<Java | undefined> {
  try {
    const { stderr } = await run(program, ['-version']);
    const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(stderr) ?? [];
    if (first === undefined) return undefined;
    return { home: dirname(dirname(program)), major: Number(first === '1' ? second : first) };
  } catch {
    return undefined;
  }
}

let known: Promise<Java[]> | undefined;

/**
 * Finds the first of these versions.
 *
 * @param engine for the message
 * @param majors the best one first
 * @throws {PlainError} saying what to install.
 */
export async function findJava(engine: string, majors: readonly number[]): Promise<Java> {
  known ??= Promise.all(candidates().map(inspect)).then((all) => all.filter((java) => java !== undefined));
  const here = await known;
  for (const major of majors) {
    const found = here.find((java) => java.major === major);
    if (found) return found;
  }
  const has = here.length > 0 ? `only Java ${here.map(({ major }) => major).join(', ')}` : 'no Java';
  const [best] = majors;
  throw new PlainError(
    `${engine} needs Java ${majors.join(' or ')}; this machine has ${has}. Install it:\n` +
      `  Debian, Ubuntu:  sudo apt-get install openjdk-${best}-jdk-headless\n` +
      `  Fedora:          sudo dnf install java-${best}-openjdk-headless\n` +
      `  macOS:           brew install openjdk@${best}\n` +
      `or type JAVA_HOME_${best}=… with the folder of one that is there.`,
  );
}
