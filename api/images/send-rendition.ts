/** Answers with a rendition, waiting for it while it is being made. */
import type { Request, Response } from 'express';
import { fail, notFound } from '../../shared/errors.ts';
import type { ObjectStore } from '../../shared/images/index.ts';
import type { Awaited, Picture, Renditions } from './renditions.ts';
import { sendObject } from './send-object.ts';

/** How long a client waits for a rendition that is being made. */
const longestWaitMs = 10_000;
/** After how many seconds to ask again when that was too short, and when making it failed. */
const retryLateS = 2;
const retryFailedS = 60;

/** What is sent: the key of the object, and for how long it may be kept, asked when it is sent. */
export type Sent = { objectKey: string; cacheControl: () => string };

/**
 * Sends the object, or has it made and waits for it.
 *
 * @throws {Failure} NOT_FOUND if what it belongs to is gone by then; SERVICE_UNAVAILABLE if it takes too long.
 */
export async function sendRendition<Found extends Picture>(
  request: Request,
  response: Response,
  store: ObjectStore,
  renditions: Renditions<Found>,
  image: Found,
  { objectKey, cacheControl }: Sent,
): Promise<void> {
  const send = () => sendObject(request, response, store, objectKey, cacheControl());
  if (await send()) return;
  if (image.renderedAt) await renditions.reset(image);
  const outcome = await waitFor(renditions, image, response);
  if (response.destroyed) return;
  if (outcome === 'gone') notFound('Image', 'key', image.imageKey);
  if (outcome === 'there' && (await send())) return;
  fail(
    'SERVICE_UNAVAILABLE',
    { field: 'size', reason: 'The image is still being made' },
    { retryAfterS: outcome === 'failed' ? retryFailedS : retryLateS },
  );
}

/** Waits as long as the client does. */
async function waitFor<Found extends Picture>(
  renditions: Renditions<Found>,
  image: Found,
  response: Response,
): Promise<Awaited> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  response.once('close', leave);
  try {
    return await renditions.whenThere(image, longestWaitMs, gone.signal);
  } finally {
    response.off('close', leave);
  }
}
