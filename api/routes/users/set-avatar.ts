/** PUT /v1/users/me/avatar: the picture everybody sees from the next request on. */
import { z } from 'zod';
import { fail } from '../../../shared/errors.ts';
import { keyOf, newId } from '../../../shared/ids.ts';
import { maxImageBytes } from '../../../shared/images/limits.ts';
import { avatarFolder, avatarPath } from '../../../shared/users/avatars.ts';
import { profileSchema } from '../../../shared/users/schema.ts';
import { keepAvatar } from '../../images/avatars.ts';
import { inspectImage, orRefuseImage } from '../../images/inspect-image.ts';
import { route } from '../../route.ts';
import { abandon } from '../../uploads/abandon.ts';
import { setAvatar as set } from '../../users/avatar.ts';

export const setAvatar = route({
  method: 'put',
  path: '/v1/users/me/avatar',
  area: 'users',
  summary: 'Choose your picture: the square in the middle of an image',
  auth: 'user',
  multipart: { field: 'image', maxFiles: 1, maxFileBytes: maxImageBytes },
  body: z.strictObject({}),
  status: 200,
  reply: profileSchema,
  errors: [],
  async handle({ viewer, upload, write, tools }) {
    const [file] = upload?.files ?? [];
    if (!file) fail('INVALID_INPUT', { field: 'image', reason: 'An image is required' });
    await inspectImage(tools, file.path, 'none');
    const version = keyOf(newId('avatar'));
    try {
      // Before the commit: whoever learns of the picture can have it.
      await keepAvatar(tools, viewer.userId, version, (directory) =>
        orRefuseImage(tools, tools.decoder.cutAvatar(file.path, directory)),
      );
      return await set(tools, viewer, avatarPath(viewer.userId, version), write);
    } catch (error) {
      await abandon(tools, error, {
        event: 'avatarAbandoned',
        subject: viewer.userId,
        facts: { userId: viewer.userId, version },
        remove: () => tools.images.removeAll(avatarFolder(viewer.userId, version)),
      });
      throw error;
    }
  },
});
