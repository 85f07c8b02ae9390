/** Removes the files of a picture that a user shows no longer. */
import { avatarFolder, shownVersion } from '../../shared/users/avatars.ts';
import type { Handler } from '../handler.ts';
import { lookAgain } from '../look-again.ts';

export const removeAvatar: Handler<'remove-avatar'> = async (payload, { tools }) => {
  const { userId, version } = payload;
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
