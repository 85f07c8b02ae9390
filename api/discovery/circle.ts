/** Circles on the globe, as conditions in SQL. */
import { type RawBuilder, sql } from 'kysely';

export type Circle = { latitude: number; longitude: number; radiusM: number };

/** The mean radius of the earth (IUGG), in metres. */
const earthRadiusM = 6_371_008.8;
const metresPerDegree = (earthRadiusM * Math.PI) / 180;

/**
 * Degrees to the ten millionth: a centimetre. Postgres fails on the square of what is next to nothing, which the
 * distance from a coordinate of 1e-200 to one of 0 would be.
 */
function rounded(degrees: number): number {
  return Math.round(degrees * 1e7) / 1e7;
}

/** The ranges of longitudes a circle can touch: two where it crosses the date line, all of them at a pole. */
function longitudeRanges({ latitude, longitude, radiusM }: Circle): [from: number, to: number][] {
  const reach = radiusM / metresPerDegree;
  if (Math.abs(latitude) + reach >= 90) return [[-180, 180]];
  // How far east the easternmost point of a circle lies (Matuschek, "Finding Points Within a Distance").
  const radians = Math.PI / 180;
  const half = Math.asin(Math.sin(reach * radians) / Math.cos(latitude * radians)) / radians;
  const [from, to] = [longitude - half, longitude + half];
  if (from < -180)
    return [
      [from + 360, 180],
      [-180, to],
    ];
  if (to > 180)
    return [
      [from, 180],
      [-180, to - 360],
    ];
  return [[from, to]];
}

/**
 * Does the post `p` lie in the circle? A box around it, which an index serves, and then the distance by the
 * haversine formula, which is off by at most 0.5 %, for the earth is no sphere.
 */
export function liesIn(circle: Circle): RawBuilder<unknown> {
  const { radiusM } = circle;
  const [latitude, longitude] = [rounded(circle.latitude), rounded(circle.longitude)];
  const reach = radiusM / metresPerDegree;
  const ranges = longitudeRanges({ latitude, longitude, radiusM }).map(
    ([from, to]) => sql`p.location_lng BETWEEN ${from}::float8::numeric AND ${to}::float8::numeric`,
  );
  return sql`p.location_lat BETWEEN ${latitude - reach}::float8::numeric AND ${latitude + reach}::float8::numeric
    AND (${sql.join(ranges, sql` OR `)})
    AND 2 * ${earthRadiusM}::float8 * asin(sqrt(least(1,
      sin(radians(p.location_lat::float8 - ${latitude}::float8) / 2) ^ 2
      + cos(radians(${latitude}::float8)) * cos(radians(p.location_lat::float8))
        * sin(radians(p.location_lng::float8 - ${longitude}::float8) / 2) ^ 2))) <= ${radiusM}::float8`;
}
