/** Places as paths name them. */
import { notFound } from '../../shared/errors.ts';
import { isId } from '../../shared/ids.ts';
import { type Place, placesOf } from '../../shared/locations.ts';
import type { Tools } from '../../shared/tools.ts';

/**
 * Finds the place a path names.
 *
 * @throws {Failure} NOT_FOUND if there is none, or no post names it any more.
 */
export async function findPlace({ db }: Tools, locationId: string): Promise<Place> {
  const [place] = isId('loc', locationId) ? await placesOf(db, [locationId]) : [];
  if (!place) notFound('Location', 'location_id', locationId);
  return place;
}
