/** The two pictures of a story: where they are served and where they are kept. */
import { keyOf } from '../ids.ts';

export const storyPictureSizes = ['thumb', 'full'] as const;
export type StoryPictureSize = (typeof storyPictureSizes)[number];

/** The paths of a story's pictures below the CDN's base URL. */
export function storyPaths(storyId: string): { mediaPath: string; thumbnailPath: string } {
  const path = (size: StoryPictureSize) => `/${storyPictureKey(keyOf(storyId), size)}`;
  return { mediaPath: path('full'), thumbnailPath: path('thumb') };
}

/** The prefix of a story's pictures in the object store. `key`: its id without the prefix. */
export function storyPicturesPrefix(key: string): string {
  return `stories/${key}/`;
}

/** The key of one of them. */
export function storyPictureKey(key: string, size: StoryPictureSize): string {
  return `${storyPicturesPrefix(key)}${size}.jpg`;
}

/** The prefix of what was uploaded. */
export function storyOriginalsPrefix(storyId: string): string {
  return `originals/${keyOf(storyId)}/`;
}
