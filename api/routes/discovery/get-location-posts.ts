/** GET /v1/locations/{location_id}/posts: what was taken at a place, newest first. */
import { sql } from 'kysely';
import { z } from 'zod';
import { pageQuery } from '../../cursor.ts';
import { findPlace } from '../../discovery/find-place.ts';
import { postPage, postPageSchema } from '../../discovery/post-page.ts';
import { route } from '../../route.ts';

export const getLocationPosts = route({
  method: 'get',
  path: '/v1/locations/{location_id}/posts',
  area: 'discovery',
  summary: "List a place's posts",
  auth: 'user',
  params: z.object({ location_id: z.string() }),
  query: pageQuery,
  status: 200,
  reply: postPageSchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, query, tools }) {
    const { id, location_id } = await findPlace(tools, params.location_id);
    return postPage(tools, viewer, `location ${location_id}`, query, sql`p.location_id = ${id}`);
  },
});
