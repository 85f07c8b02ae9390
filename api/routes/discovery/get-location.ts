/** GET /v1/locations/{location_id} */
import { z } from 'zod';
import { placeSchema } from '../../../shared/locations.ts';
import { findPlace } from '../../discovery/find-place.ts';
import { route } from '../../route.ts';

export const getLocation = route({
  method: 'get',
  path: '/v1/locations/{location_id}',
  area: 'discovery',
  summary: 'Read a place',
  auth: 'user',
  params: z.object({ location_id: z.string() }),
  status: 200,
  reply: placeSchema,
  errors: ['NOT_FOUND'],
  async handle({ params, tools }) {
    const { id: _, ...place } = await findPlace(tools, params.location_id);
    return place;
  },
});
