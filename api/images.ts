/**
 * Images, as a CDN or a browser fetches them: `/p/{key}/{size}.jpg`, `/stories/{key}/{size}.jpg` and
 * `/avatars/{user_id}/{size}.jpg`. They spend no quota and carry no headers of one, so that a shared cache can keep them.
 */
import { type Request, type Response, Router } from 'express';
import { fail, notFound } from '../shared/errors.ts';
import { isId } from '../shared/ids.ts';
import { DecodeError } from '../shared/images/decoder.ts';
import { ObjectStoreError } from '../shared/images/index.ts';
import { imageFolder } from '../shared/posts/image-urls.ts';
import type { Tools } from '../shared/tools.ts';
import { avatarPictures } from './images/avatars.ts';
import { cacheControlOf, postPictures } from './images/post-pictures.ts';
import { openRenditions } from './images/renditions.ts';
import { sendRendition } from './images/send-rendition.ts';
import { storyPictures } from './images/story-pictures.ts';

/** After how many seconds to ask again when an engine is away. */
const retryAwayS = 2;

const renditionSizes = new Set(['thumb', 'medium', 'large']);

/** The routes of images. */
export function imageRoutes(tools: Tools): Router {
  const { images, db } = tools;
  const renditions = openRenditions(tools, postPictures(db));
  const sendStoryPicture = storyPictures(tools);
  const sendAvatar = avatarPictures(tools);
  const router = Router();

  async function sendPostImage(request: Request, response: Response): Promise<void> {
    const { key, size } = request.params as { key: string; size: string };
    if (!renditionSizes.has(size)) notFound('Image', 'size', size);
    const image = isImageKey(key) ? await renditions.find(key) : undefined;
    // An image the request may not have is answered like one there is not.
    if (!image || cacheControlOf(tools, image, request.query) === undefined) notFound('Image', 'key', key);
    await sendRendition(request, response, images, renditions, image, {
      objectKey: `${imageFolder(key)}/${size}.jpg`,
      // Its signature may have lapsed while it was being made.
      cacheControl: () => cacheControlOf(tools, image, request.query) ?? notFound('Image', 'key', key),
    });
  }

  // A HEAD request takes the same path.
  router.get('/p/:key/:size.jpg', answering(sendPostImage));
  router.get('/stories/:key/:size.jpg', answering(sendStoryPicture));
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
      fail('SERVICE_UNAVAILABLE', undefined, { retryAfterS: retryAwayS, cause: error });
    }
  };
}
