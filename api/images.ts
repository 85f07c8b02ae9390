/**
 * Images, as a CDN or a browser fetches them: `/p/{key}/{size}.jpg` and `/avatars/{user_id}/{size}.jpg`. They
 * spend no quota and carry no headers of one, so that a shared cache can keep them.
 */
import { type Request, type Response, Router } from 'express';
import { fail, notFound } from '../shared/errors.ts';
import { isId } from '../shared/ids.ts';
import { avatarSides } from '../shared/images/avatar.ts';
import { DecodeError } from '../shared/images/decoder.ts';
import { ObjectStoreError } from '../shared/images/index.ts';
import type { Tools } from '../shared/tools.ts';
import { avatarKey, openAvatars } from './images/avatars.ts';
import { type Awaited, openRenditions, type PostImage } from './images/renditions.ts';
import { sendObject } from './images/send-object.ts';

/** Browsers keep what never changes; shared caches ask again after a minute, since posts are deleted. */
const forEverybody = 'public, max-age=31536000, s-maxage=60, immutable';

/** How long a client waits for a rendition that is being made. */
const longestWaitMs = 10_000;
/** After how many seconds to ask again when that was too short, and when making it failed. */
const retryLateS = 2;
const retryFailedS = 60;

const renditionSizes = new Set(['thumb', 'medium', 'large']);

/** The routes of images. */
export function imageRoutes(tools: Tools): Router {
  const { images, db } = tools;
  const renditions = openRenditions(tools);
  const avatars = openAvatars(tools);
  const router = Router();

  async function sendPostImage(request: Request, response: Response): Promise<void> {
    const { key, size } = request.params as { key: string; size: string };
    if (!renditionSizes.has(size)) notFound('Image', 'size', size);
    const image = isImageKey(key) ? await renditions.find(key) : undefined;
    if (!image) notFound('Image', 'key', key);
    const send = () => sendObject(request, response, images, `p/${key}/${size}.jpg`, forEverybody);

    if (await send()) return;
    if (image.renderedAt) await renditions.reset(image);
    const outcome = await waitFor(image, response);
    if (response.destroyed) return;
    if (outcome === 'gone') notFound('Image', 'key', key);
    if (outcome === 'there' && (await send())) return;
    fail(
      'SERVICE_UNAVAILABLE',
      { field: 'size', reason: 'The image is still being made' },
      { retryAfterS: outcome === 'failed' ? retryFailedS : retryLateS },
    );
  }

  async function waitFor(image: PostImage, response: Response): Promise<Awaited> {
    const gone = new AbortController();
    const leave = () => gone.abort();
    response.once('close', leave);
    try {
      return await renditions.whenThere(image, longestWaitMs, gone.signal);
    } finally {
      response.off('close', leave);
    }
  }

  async function sendAvatar(request: Request, response: Response): Promise<void> {
    const { user_id: userId, size } = request.params as { user_id: string; size: string };
    const side = avatarSides.find((each) => String(each) === size);
    if (!side) notFound('Image', 'size', size);
    const user = isId('user', userId)
      ? await db.selectFrom('users').select('username').where('user_id', '=', userId).executeTakeFirst()
      : undefined;
    if (!user) notFound('User', 'user_id', userId);
    const send = () => sendObject(request, response, images, avatarKey(userId, side), forEverybody);
    if (await send()) return;
    await avatars.draw(userId, user.username);
    if (!(await send())) fail('SERVICE_UNAVAILABLE', undefined, { retryAfterS: retryLateS });
  }

  // A HEAD request takes the same path.
  router.get('/p/:key/:size.jpg', answering(sendPostImage));
  router.get('/avatars/:user_id/:size.jpg', answering(sendAvatar));
  return router;
}

/** A key is the id of a post without its prefix; image n ≥ 2 has `_n` behind it. */
function isImageKey(key: string): boolean {
  return isId('post', `post_${key.replace(/_\d{1,2}$/, '')}`);
}

/** A store or a decoder that cannot now may be able to in a moment. */
function answering(send: (request: Request, response: Response) => Promise<void>) {
  return async (request: Request, response: Response): Promise<void> => {
    try {
      await send(request, response);
    } catch (error) {
      const isAway =
        (error instanceof ObjectStoreError && error.kind === 'unavailable') || error instanceof DecodeError;
      if (!isAway) throw error;
      fail('SERVICE_UNAVAILABLE', undefined, { retryAfterS: retryLateS, cause: error });
    }
  };
}
