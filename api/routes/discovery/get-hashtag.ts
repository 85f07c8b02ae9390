/** GET /v1/hashtags/{name} */
import { z } from 'zod';
import { hashtagSchema } from '../../../shared/hashtag-counts.ts';
import { findHashtag } from '../../discovery/hashtag-name.ts';
import { route } from '../../route.ts';

export const getHashtag = route({
  method: 'get',
  path: '/v1/hashtags/{name}',
  area: 'discovery',
  summary: 'Read a hashtag',
  auth: 'user',
  params: z.object({ name: z.string().describe('In any script and case, without `#`.') }),
  status: 200,
  reply: hashtagSchema,
  errors: ['NOT_FOUND'],
  async handle({ params, tools }) {
    const { name, post_count } = await findHashtag(tools, params.name);
    return { name, post_count };
  },
});
