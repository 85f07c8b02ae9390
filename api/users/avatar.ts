/** Changing which picture of a user is shown. */
import type { Tx } from '../../shared/db/index.ts';
import { fail } from '../../shared/errors.ts';
import type { Tools } from '../../shared/tools.ts';
import { lockUpload } from '../../shared/uploads.ts';
import { shownVersion } from '../../shared/users/avatars.ts';
import { lockSettings } from '../../shared/users/locks.ts';
import { loadProfile } from '../../shared/users/profiles.ts';
import type { Viewer, Write } from '../route.ts';
import { presentProfile } from './profile.ts';

/**
 * Has whatever picture was shown before a change of the user's row removed if another one is shown after it. The caller
 * holds the lock of the user's settings.
 *
 * @returns whether another one is shown.
 */
export async function replacingAvatar(
  { outbox }: Tools,
  tx: Tx,
  { id, userId }: Pick<Viewer, 'id' | 'userId'>,
  change: () => Promise<unknown>,
): Promise<boolean> {
  const before = await versionOf(tx, id);
  await change();
  if ((await versionOf(tx, id)) === before) return false;
  await outbox.emit(tx, 'avatarReplaced', userId, { userId, version: before });
  return true;
}

/** @throws {Failure} UNAUTHORIZED if the account was deleted meanwhile. */
async function versionOf(tx: Tx, id: number): Promise<string> {
  const row = await tx
    .selectFrom('users')
    .select(['username', 'profile_pic_url'])
    .where('id', '=', id)
    .where('is_hidden', '=', false)
    .executeTakeFirst();
  return row ? shownVersion(row) : fail('UNAUTHORIZED');
}

/**
 * Makes a picture the viewer's, and answers with their profile.
 *
 * @param path of the picture they chose; `null`: none, so that one is drawn
 */
export async function setAvatar(tools: Tools, viewer: Viewer, path: string | null, write: Write) {
  let isAnother = false;
  return write(
    async (tx) => {
      if (path !== null) await lockUpload(tx, path);
      await lockSettings(tx, viewer.id, 'exclusive');
      isAnother = await replacingAvatar(tools, tx, viewer, () =>
        tx
          .updateTable('users')
          .set({ profile_pic_url: path, updated_at: new Date() })
          .where('id', '=', viewer.id)
          .execute(),
      );
      const profile = await loadProfile(tx, tools.config.CDN_BASE_URL, viewer.userId);
      return profile ? presentProfile(profile) : fail('UNAUTHORIZED');
    },
    async () => {
      if (isAnother) await Promise.all([tools.profiles.forget(viewer.userId), tools.wakeRelay()]);
    },
  );
}
