/** Removes the files of a picture that a user shows no longer. */
import { refuseUnderWay } from '../../shared/uploads.ts';
import { avatarFolder, avatarPath, shownVersion } from '../../shared/users/avatars.ts';
import type { Handler } from '../handler.ts';
import { lookAgain } from '../look-again.ts';

export const removeAvatar: Handler<'remove-avatar'> = async (payload, { tools }) => {
  const { userId, version } = payload;
  await refuseUnderWay(tools.db, avatarPath(userId, version));
  const user = await tools.db
    .selectFrom('users')
    .select(['username', 'profile_pic_url'])
    .where('user_id', '=', userId)
    .executeTakeFirst();
  // A drawing is shown again when its initial is the user's again.
  if (user && shownVersion(user) === version) return;
  await tools.images.removeAll(avatarFolder(userId, version));
  await lookAgain(tools, 'remove-avatar', `${userId}-${version}`, payload);
};
