/** `/avatars/{user_id}/{side}.jpg`: the picture a user chose, or one that is drawn when it is first asked for, and kept. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Request, Response } from 'express';
import { fail, notFound } from '../../shared/errors.ts';
import { isId } from '../../shared/ids.ts';
import { type AvatarSide, avatarSides } from '../../shared/images/avatar.ts';
import type { AvatarFile } from '../../shared/images/decoder.ts';
import type { Tools } from '../../shared/tools.ts';
import {
  type AvatarRow,
  avatarKey,
  avatarsFolder,
  drawnVersion,
  shownVersion,
} from '../../shared/users/avatars.ts';
import { sendObject } from './send-object.ts';

/** The `v` of a URL is that of the picture: it never changes. Shared caches ask again after a minute, since accounts go. */
const forEverybody = 'public, max-age=31536000, s-maxage=60, immutable';
/** Without the `v` of the picture that is shown, a URL shows another one as soon as there is one. */
const forAMinute = 'public, max-age=60';

/** After how many seconds to ask again when the picture could not be drawn. */
const retryS = 2;

/**
 * Has the files of one picture made, and keeps them.
 *
 * @param make writes them into a folder
 * @throws {DecodeError} what `make` throws.
 */
export async function keepAvatar(
  { images }: Tools,
  userId: string,
  version: string,
  make: (directory: string) => Promise<AvatarFile[]>,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'emulsion-avatar-'));
  try {
    const files = await make(directory);
    const put = ({ side, path }: AvatarFile) =>
      images.put(avatarKey(userId, version, side), path, 'image/jpeg');
    await Promise.all(files.map(put));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Answers the requests for pictures of users. */
export function avatarPictures(tools: Tools): (request: Request, response: Response) => Promise<void> {
  const { images, db, decoder } = tools;
  const drawing = new Map<string, Promise<void>>();

  const find = async (userId: string): Promise<AvatarRow | undefined> =>
    isId('user', userId)
      ? db
          .selectFrom('users')
          .select(['username', 'profile_pic_url'])
          .where('user_id', '=', userId)
          .where('is_hidden', '=', false)
          .executeTakeFirst()
      : undefined;

  async function draw(userId: string, { username }: AvatarRow): Promise<void> {
    await keepAvatar(tools, userId, drawnVersion(username), (directory) =>
      decoder.avatar(directory, userId, username),
    );
    // Deleted meanwhile, the account's pictures may have been removed before this one was put.
    if (!(await find(userId))) await images.removeAll(avatarsFolder(userId));
  }

  /** Those who ask at the same time share one drawing. */
  function drawOnce(userId: string, row: AvatarRow): Promise<void> {
    const id = `${userId} ${drawnVersion(row.username)}`;
    const known = drawing.get(id);
    if (known) return known;
    const drawn = draw(userId, row).finally(() => drawing.delete(id));
    drawing.set(id, drawn);
    return drawn;
  }

  return async (request, response) => {
    const { user_id: userId, size } = request.params as { user_id: string; size: string };
    const side = avatarSides.find((each) => String(each) === size) as AvatarSide;
    if (!side) notFound('Image', 'size', size);
    const found = async () => (await find(userId)) ?? notFound('User', 'user_id', userId);
    const send = (version: string, cacheControl: string) =>
      sendObject(request, response, images, avatarKey(userId, version, side), cacheControl);
    const cacheControlOf = (version: string) => (request.query.v === version ? forEverybody : forAMinute);

    const version = shownVersion(await found());
    if (await send(version, cacheControlOf(version))) return;
    // Replaced since it was looked up, or not drawn yet. Of one that was lost the drawing takes the place.
    const row = await found();
    const now = shownVersion(row);
    if (now !== version && (await send(now, cacheControlOf(now)))) return;
    await drawOnce(userId, row);
    const drawn = drawnVersion(row.username);
    if (await send(drawn, now === drawn ? cacheControlOf(drawn) : forAMinute)) return;
    fail('SERVICE_UNAVAILABLE', undefined, { retryAfterS: retryS });
  };
}
