/** Runs programs that check something. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export type Outcome = { isPassed: boolean; output: string };

/** Runs a program to its end; one that is not there has not passed. */
export function run(command: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ isPassed: false, output: String(error) }));
    child.once('close', (code) => resolve({ isPassed: code === 0, output }));
  });
}

/** Where on the PATH, or in the folders where administrators have theirs, a program is. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
