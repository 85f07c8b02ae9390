/** GET /v1/users/{user_id}/stories: the stories of one user that can be seen now. */
import { z } from 'zod';
import { storiesOf } from '../../../shared/stories/facts.ts';
import { presentTrays } from '../../../shared/stories/present.ts';
import { storyTraySchema } from '../../../shared/stories/schema.ts';
import { cardOf } from '../../../shared/users/cards.ts';
import { route } from '../../route.ts';
import { findSeenUser, userNameDescription } from '../../users/find-user.ts';

export const getUserStories = route({
  method: 'get',
  path: '/v1/users/{user_id}/stories',
  area: 'stories',
  summary: "Read a user's stories",
  auth: 'user',
  params: z.object({ user_id: z.string().describe(userNameDescription) }),
  status: 200,
  reply: storyTraySchema,
  errors: ['NOT_FOUND', 'FORBIDDEN'],
  async handle({ viewer, params, tools }) {
    const { id } = await findSeenUser(tools, viewer, params.user_id);
    const [tray] = await presentTrays(tools, viewer, await storiesOf(tools.db, id));
    if (tray) return tray;
    const row = await tools.db
      .selectFrom('users')
      .select(['user_id', 'username', 'profile_pic_url', 'is_verified'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    const user = cardOf(tools.config.CDN_BASE_URL, row);
    return { user, has_unseen: false, latest_story_at: null, stories: [] };
  },
});
