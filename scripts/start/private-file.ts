/** Files with secrets in them: JSON that only its owner can read, never seen half written. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** The object in the file; an empty one if there is no file. */
export function readPrivateFile(path: string): Record<string, string> {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>) : {};
}

/** Replaces the file at once (rename(2) is atomic), readable by its owner alone. */
export function writePrivateFile(path: string, content: Record<string, string>): void {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}
