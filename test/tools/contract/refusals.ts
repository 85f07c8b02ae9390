/** Refusals of requests, held to the document: what it allows is refused for what a schema cannot say, or not at all. */
import { readFileSync } from 'node:fs';
import type { Answer } from './reply.ts';

type Refusal = { status: number; code: string; field: string; reason: string };

/** How the reasons begin that have nothing to do with the form of a request; the fuzz run knows the same. */
const knownRefusals = JSON.parse(
  readFileSync(new URL('../../../scripts/fuzz/refusals.json', import.meta.url), 'utf8'),
) as Refusal[];

/**
 * True of a refusal for the request's form: any INVALID_INPUT but the known ones. Other codes are about what stands in
 * the request's way (a state, a right, the bytes of an image), which no document can tell.
 */
export function isForForm({ status, body }: Pick<Answer, 'status' | 'body'>): boolean {
  const { code, details } = (body as { error?: { code?: string; details?: Partial<Refusal> } })?.error ?? {};
  if (status !== 400 || code !== 'INVALID_INPUT') return false;
  return !knownRefusals.some(
    (known) =>
      known.code === code && known.field === details?.field && details.reason?.startsWith(known.reason),
  );
}
