/** Brings the search index in line with one place; one without posts leaves it. */
import { placesOf } from '../../shared/locations.ts';
import { alignIndex } from '../../shared/search/align.ts';
import type { Handler } from '../handler.ts';

export const indexLocation: Handler<'index-location'> = async ({ locationId }, { tools: { db, search } }) => {
  await alignIndex(search, 'location', locationId, async () => {
    const [place] = await placesOf(db, [locationId]);
    return place && { type: 'location', id: locationId, name: place.name, popularity: place.post_count };
  });
};
