/** The pictures of stories: `/stories/{key}/{thumb|full}.jpg`, for as long as somebody may see the story and no longer. */
import type { Request, Response } from 'express';
import { sql } from 'kysely';
import type { Db } from '../../shared/db/index.ts';
import { fail, notFound } from '../../shared/errors.ts';
import { isId } from '../../shared/ids.ts';
import { storyPictureKey, storyPictureSizes } from '../../shared/stories/pictures.ts';
import { signedFolder } from '../../shared/stories/urls.ts';
import type { Tools } from '../../shared/tools.ts';
import { openRenditions, type Picture, type PictureSource } from './renditions.ts';
import { sendRendition } from './send-rendition.ts';

/** Shared caches ask again after a minute, since stories are deleted and highlights taken down. */
const sharedS = 60;
/** A highlight's picture never changes, but the highlight may go. */
const highlightedS = 3_600;

type StoryPicture = Picture & {
  isPrivate: boolean;
  isSuspended: boolean;
  isHighlighted: boolean;
  /** Seconds until the story is over, by Postgres's clock, at the moment `readAtMs` of this process's. */
  leftS: number;
  readAtMs: number;
};

function storySource(db: Db): PictureSource<StoryPicture> {
  return {
    job: 'make-story-renditions',
    payloadOf: (storyId) => ({ storyId }),
    async find(imageKey) {
      const { rows } = await sql<Omit<StoryPicture, 'imageKey' | 'readAtMs'>>`
        SELECT s.story_id AS subject, s.rendered_at AS "renderedAt", u.is_private AS "isPrivate",
          u.suspended_at IS NOT NULL AS "isSuspended",
          EXISTS (SELECT FROM highlight_stories WHERE story_id = s.id) AS "isHighlighted",
          EXTRACT(EPOCH FROM s.expires_at - now())::float8 AS "leftS"
        FROM stories s JOIN users u ON u.id = s.user_id
        WHERE s.story_id = ${`story_${imageKey}`} AND u.deleted_at IS NULL`.execute(db);
      return rows[0] && { ...rows[0], imageKey, readAtMs: performance.now() };
    },
    async unmark({ subject, renderedAt }) {
      // Postgres keeps microseconds, a Date milliseconds.
      await sql`UPDATE stories SET rendered_at = NULL
        WHERE story_id = ${subject} AND date_trunc('milliseconds', rendered_at) = ${renderedAt}`.execute(db);
    },
  };
}

/** Answers the requests for pictures of stories. */
export function storyPictures(tools: Tools): (request: Request, response: Response) => Promise<void> {
  const { images, db } = tools;
  const renditions = openRenditions(tools, storySource(db));
  return async (request, response) => {
    const { key, size: name } = request.params as { key: string; size: string };
    const size = storyPictureSizes.find((each) => each === name);
    if (!size) notFound('Image', 'size', name);
    const picture = isId('story', `story_${key}`) ? await renditions.find(key) : undefined;
    if (!picture) notFound('Image', 'key', key);
    const cacheControl = () => cacheControlOf(tools, picture, request.query);
    // Nobody has a picture made who may not see it.
    cacheControl();
    const objectKey = storyPictureKey(key, size);
    await sendRendition(request, response, images, renditions, picture, { objectKey, cacheControl });
  };
}

/**
 * For how long and by whom the picture may be kept.
 *
 * @throws {Failure} GONE if the story is over and nothing shows it any more; NOT_FOUND if it is not for everybody
 *   and the URL is not signed.
 */
function cacheControlOf(
  { signedUrls }: Tools,
  picture: StoryPicture,
  query: Record<string, unknown>,
): string {
  const { imageKey, isPrivate, isSuspended, isHighlighted, leftS, readAtMs } = picture;
  if (isSuspended) {
    const shownS = signedUrls.secondsLeft(signedFolder(imageKey, 'moderation'), query);
    return shownS === undefined ? notFound('Image', 'key', imageKey) : `private, max-age=${shownS}`;
  }
  const nowLeftS = leftS - (performance.now() - readAtMs) / 1_000;
  const [isOver, liveS] = [nowLeftS <= 0, Math.floor(nowLeftS)];
  const keptS = signedUrls.secondsLeft(signedFolder(imageKey, 'kept'), query);
  if (keptS !== undefined) return `private, max-age=${keptS}`;
  if (!isPrivate && isHighlighted && isOver) return `public, max-age=${highlightedS}, s-maxage=${sharedS}`;
  if (isOver) fail('GONE', { field: 'key', reason: 'This story is over' });
  if (!isPrivate) return `public, max-age=${liveS}, s-maxage=${Math.min(sharedS, liveS)}`;
  const signedS = signedUrls.secondsLeft(signedFolder(imageKey, 'live'), query);
  if (signedS === undefined) return notFound('Image', 'key', imageKey);
  return `private, max-age=${Math.min(signedS, liveS)}`;
}
