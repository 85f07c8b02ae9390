/** What an entry of the list of notices says, in one English sentence, for clients that have no words of their own. */
import type { NotificationType } from '../../shared/db/schema.ts';

type Entry = { type: NotificationType; names: string[]; actorCount: number; isAboutComment: boolean };

/** `actorCount` stops here, so a sentence says "999+". */
export const mostActors = 1_000;

/** Who did it: `alice`, `alice and bob`, `alice and 12 others`. */
function people([first = '', second]: string[], count: number): string {
  if (count <= 1 || second === undefined) return first;
  if (count === 2) return `${first} and ${second}`;
  return `${first} and ${count < mostActors ? count - 1 : `${mostActors - 1}+`} others`;
}

function deed(type: NotificationType, isAboutComment: boolean): string {
  switch (type) {
    case 'like':
      return 'liked your post';
    case 'comment':
      return 'commented on your post';
    case 'reply':
      return 'replied to your comment';
    case 'comment_like':
      return 'liked your comment';
    case 'follow':
      return 'started following you';
    case 'follow_request':
      return 'asked to follow you';
    case 'follow_accepted':
      return 'accepted your follow request';
    case 'mention':
      return `mentioned you in a ${isAboutComment ? 'comment' : 'post'}`;
    case 'tag':
      return 'tagged you in a post';
  }
}

/**
 * The sentence of an entry.
 *
 * @param entry.names usernames of those shown, the latest first
 */
export function sentenceOf({ type, names, actorCount, isAboutComment }: Entry): string {
  return `${people(names, actorCount)} ${deed(type, isAboutComment)}`;
}
