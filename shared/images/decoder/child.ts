/**
 * What runs inside a decoding process: it takes one call at a time from its parent and answers it.
 * It works for one parent only and ends with it.
 */
import { writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { avatar, cutAvatar } from './avatar.ts';
import { DecodeError } from './decode-error.ts';
import { isHeifSpent } from './heif.ts';
import { inspect } from './inspect.ts';
import { allowOnlyPhotos, decodableFormats } from './open-image.ts';
import type { Answer, Call } from './processes.ts';
import { render } from './render.ts';

// The parent decides when it has drained; a ctrl-c in a terminal reaches the whole process group.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
// Whichever way the parent ends, its end of the channel closes. An orderly exit would wait for the decode.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

// When memory runs out the kernel ends this process first, not an engine and not the API.
try {
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // Only Linux has it.
}

// One call at a time on one thread: how many cores decode is the number of processes and nothing else.
sharp.concurrency(1);
sharp.cache(false);
allowOnlyPhotos();

const methods = { avatar, cutAvatar, decodableFormats, inspect, render };
export type Methods = typeof methods;

async function answer({ method, params }: Call): Promise<Answer> {
  try {
    // The types of the parent's `call` tie the parameters to the method.
    const run = methods[method as keyof Methods] as (...given: unknown[]) => unknown;
    return { result: await run(...params) };
  } catch (error) {
    if (error instanceof DecodeError) {
      return { refusal: { kind: error.kind, message: error.message, detail: error.detail } };
    }
    return { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

const tell = (message: Answer) => process.send?.(message);

process.on('message', async (call: Call) => {
  tell({ started: true });
  const answered = await answer(call);
  tell({ ...answered, rssBytes: process.memoryUsage.rss(), ...(isHeifSpent() ? { spent: true } : {}) });
});
tell({ ready: true });
