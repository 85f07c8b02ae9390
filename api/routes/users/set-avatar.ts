/** PUT /v1/users/me/avatar: the picture everybody sees from the next request on. */
import { z } from 'zod';
import { isDatabaseDown } from '../../../shared/db/index.ts';
import { fail } from '../../../shared/errors.ts';
import { keyOf, newId } from '../../../shared/ids.ts';
import { maxImageBytes } from '../../../shared/images/limits.ts';
import { avatarPath } from '../../../shared/users/avatars.ts';
import { profileSchema } from '../../../shared/users/schema.ts';
import { dropAvatar, keepAvatar } from '../../images/avatars.ts';
import { inspectImage, orRefuseImage } from '../../images/inspect-image.ts';
import { route } from '../../route.ts';
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
      // Without Postgres nobody knows whether the commit happened, and the picture may be shown.
      if (!isDatabaseDown(error)) await dropAvatar(tools, viewer.userId, version);
      throw error;
    }
  },
});
