/** What an embedded engine offers to whoever supervises it. */
import { existsSync, readFileSync } from 'node:fs';
import type { Program } from '../start/supervise.ts';

export type EmbeddedEngine = {
  program: Program;
  url: string;
  port: number;
  /** True if it serves; rejects or is false while it does not yet. */
  isReady: () => Promise<boolean>;
  /** How long it may take until it serves, where that is longer than usual. */
  startTimeoutMs?: number;
  logFile: string;
};

/** The end of a log file, to show when an engine does not start. */
export function lastLines(logFile: string, count = 15): string {
  return existsSync(logFile)
    ? readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-count).join('\n')
    : '';
}
