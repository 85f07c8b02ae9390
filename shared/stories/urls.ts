/** Where the pictures of a story are served to somebody who may see it. */
import { keyOf } from '../ids.ts';
import type { Tools } from '../tools.ts';
import type { StoryRow } from './facts.ts';
import type { StoryContent } from './index.ts';

/**
 * What a signature opens: the pictures of a story while it lives, or also when it is over, which only its owner's
 * archive and highlights hand out, or those of a suspended owner, which only admins are shown.
 *
 * @param key the story's id without its prefix
 */
export function signedFolder(key: string, grant: 'live' | 'kept' | 'moderation'): string {
  return `stories/${key} ${grant}`;
}

/**
 * The URLs of a story's pictures; signed, and soon to lapse, if they are not for everybody: of a private or a
 * suspended account, or of a story that is over and in no highlight.
 */
export function storyUrls(
  { config, signedUrls }: Tools,
  row: Pick<StoryRow, 'story_id' | 'is_private' | 'is_suspended' | 'is_over' | 'is_highlighted'>,
  { mediaPath, thumbnailPath }: Pick<StoryContent, 'mediaPath' | 'thumbnailPath'>,
  isForAdmins = false,
): { media_url: string; thumbnail_url: string } {
  const {
    is_private: isPrivate,
    is_suspended: isSuspended,
    is_over: isOver,
    is_highlighted: isHighlighted,
  } = row;
  const isForEverybody = !isPrivate && !isSuspended && (!isOver || isHighlighted);
  const ofShown = isOver || isHighlighted ? 'kept' : 'live';
  // Whoever is not an admin gets what opens nothing while the owner is suspended.
  const grant = isSuspended && isForAdmins ? 'moderation' : ofShown;
  const query = isForEverybody ? '' : signedUrls.sign(signedFolder(keyOf(row.story_id), grant));
  const url = (path: string) => config.CDN_BASE_URL + path + query;
  return { media_url: url(mediaPath), thumbnail_url: url(thumbnailPath) };
}
