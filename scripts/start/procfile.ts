/** The Procfile: one program a line, `name: NAME=value … command argument …`; `#` begins a comment. */
import { type ChildProcess, spawn } from 'node:child_process';
import { PlainError } from '../plain-error.ts';
import type { Program } from './supervise.ts';

/** One line, taken apart. Words are split at spaces; there is no quoting. */
export type ProcfileLine = {
  name: string;
  env: Record<string, string>;
  command: string;
  args: string[];
};

/** @throws {PlainError} naming the first line that is none. */
export function parseProcfile(text: string): ProcfileLine[] {
  const lines: ProcfileLine[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const parts = /^([\w-]+):\s*((?:\w+=\S*\s+)*)(\S+)(.*)$/.exec(line);
    const [, name = '', env = '', command = '', args = ''] = parts ?? [];
    if (!parts) throw new PlainError(`Procfile, line ${index + 1}: type "name: command", not "${line}".`);
    if (lines.some((other) => other.name === name))
      throw new PlainError(`Procfile, line ${index + 1}: there are two programs named "${name}".`);
    lines.push({
      name,
      env: Object.fromEntries(words(env).map((word) => splitAt(word, word.indexOf('=')))),
      command,
      args: words(args),
    });
  }
  return lines;
}

function words(text: string): string[] {
  return text.split(/\s+/).filter(Boolean);
}

function splitAt(word: string, index: number): [string, string] {
  return [word.slice(0, index), word.slice(index + 1)];
}

/**
 * How a line runs: `node` is the Node that runs this, and output goes straight to our own stdout and stderr,
 * so that log lines arrive as they were written. The IPC channel is how it learns that we are gone.
 */
export function toProgram(line: ProcfileLine, env: NodeJS.ProcessEnv): Program {
  const command = line.command === 'node' ? process.execPath : line.command;
  return {
    name: line.name,
    stopSignal: 'SIGTERM',
    killSignal: 'SIGKILL',
    spawn: (): ChildProcess =>
      spawn(command, line.args, {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        env: { ...env, ...line.env },
      }),
  };
}
