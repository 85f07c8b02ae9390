/** GET /v1/posts/nearby: what was taken around a point, newest first. */

import { pageQuery } from '../../cursor.ts';
import { liesIn } from '../../discovery/circle.ts';
import { postPage, postPageSchema } from '../../discovery/post-page.ts';
import { decimalNumber, wholeNumber } from '../../query-number.ts';
import { route } from '../../route.ts';

/** A city across. */
const maxRadiusM = 50_000;

export const getNearbyPosts = route({
  method: 'get',
  path: '/v1/posts/nearby',
  area: 'discovery',
  summary: 'List posts around a point',
  auth: 'user',
  query: pageQuery.extend({
    lat: decimalNumber({ min: -90, max: 90 }).describe('Latitude in degrees (WGS 84).'),
    lng: decimalNumber({ min: -180, max: 180 }).describe('Longitude in degrees (WGS 84).'),
    radius_m: wholeNumber({ min: 1, max: maxRadiusM }).default(1_000).describe('In metres.'),
  }),
  status: 200,
  reply: postPageSchema,
  errors: [],
  async handle({ viewer, query, tools }) {
    const circle = { latitude: query.lat, longitude: query.lng, radiusM: query.radius_m };
    const kind = `nearby ${query.lat} ${query.lng} ${query.radius_m}`;
    return postPage(tools, viewer, kind, query, liesIn(circle));
  },
});
