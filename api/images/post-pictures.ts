/** The images of posts, as the URLs of their renditions name them. */
import { sql } from 'kysely';
import type { Db } from '../../shared/db/index.ts';
import { isForEverybody, type Openness, signedImageFolder } from '../../shared/posts/image-urls.ts';
import type { Tools } from '../../shared/tools.ts';
import type { Picture, PictureSource } from './renditions.ts';

export type PostPicture = Picture & Openness;

/** Browsers keep what never changes; shared caches ask again after a minute, since posts are deleted. */
const forEverybody = 'public, max-age=31536000, s-maxage=60, immutable';

/** Where the images of posts are found and how they are made. Those of accounts that are being deleted are found by nobody. */
export function postPictures(db: Db): PictureSource<PostPicture> {
  return {
    job: 'make-renditions',
    payloadOf: (postId) => ({ postId }),
    async find(imageKey) {
      const { rows } = await sql<PostPicture>`
        SELECT i.image_key AS "imageKey", p.post_id AS "subject", i.rendered_at AS "renderedAt", p.is_archived,
          u.is_private, u.is_hidden
        FROM post_images i JOIN posts p ON p.id = i.post_id JOIN users u ON u.id = p.user_id
        WHERE i.image_key = ${imageKey} AND u.deleted_at IS NULL`.execute(db);
      return rows[0];
    },
    async unmark({ imageKey, renderedAt }) {
      // Postgres keeps microseconds, a Date milliseconds.
      await sql`UPDATE post_images SET rendered_at = NULL
        WHERE image_key = ${imageKey} AND date_trunc('milliseconds', rendered_at) = ${renderedAt}`.execute(
        db,
      );
    },
  };
}

/**
 * By whom and for how long an image of a post may be kept, as its row and the request's signature stand now.
 *
 * @returns undefined if the image is not for everybody and the request shows no signature that still holds.
 */
export function cacheControlOf(
  { signedUrls }: Pick<Tools, 'signedUrls'>,
  picture: PostPicture,
  query: Record<string, unknown>,
): string | undefined {
  if (isForEverybody(picture)) return forEverybody;
  const leftS = signedUrls.secondsLeft(signedImageFolder(picture.imageKey, picture), query);
  return leftS === undefined ? undefined : `private, max-age=${leftS}`;
}
