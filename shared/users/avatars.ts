/**
 * The pictures of users: which one is shown, where it is kept, where it is served. Each picture is a version of its own,
 * kept beside the one before until a job removes that, so that no reader ever meets a half-replaced one.
 */
import { type AvatarSide, cardSide } from '../images/avatar.ts';
import { initialOf } from '../images/avatar-letters.ts';

/** The columns of `users` that say which picture is shown. */
export type AvatarRow = { username: string; profile_pic_url: string | null };

/** The version of a picture that is drawn for want of a chosen one: a drawing shows nothing of a name but its initial. */
export function drawnVersion(username: string): string {
  return initialOf(username);
}

/** The version of the picture that is shown: the `v` of its URL. */
export function shownVersion({ username, profile_pic_url: path }: AvatarRow): string {
  return (path && /[?&]v=([a-z0-9]+)$/.exec(path)?.[1]) || drawnVersion(username);
}

/** The path of a picture below the CDN's base URL, in the size that cards show. It may be cached for ever. */
export function avatarPath(userId: string, version: string): string {
  return `/avatars/${userId}/${cardSide}.jpg?v=${version}`;
}

/** Where everything that was ever a picture of a user is kept. */
export function avatarsFolder(userId: string): string {
  return `avatars/${userId}/`;
}

/** Where one picture of a user is kept. */
export function avatarFolder(userId: string, version: string): string {
  return `${avatarsFolder(userId)}${version}/`;
}

/** The key of one picture in one size. */
export function avatarKey(userId: string, version: string, side: AvatarSide): string {
  return `${avatarFolder(userId, version)}${side}.jpg`;
}
