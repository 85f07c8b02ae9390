/** GET /v1/users/me/export: how far the newest export is, and where it can be downloaded. */
import { fail } from '../../../shared/errors.ts';
import { newestExport } from '../../../shared/exports/index.ts';
import { exportSchema, presentExport } from '../../exports/schema.ts';
import { route } from '../../route.ts';

export const getExport = route({
  method: 'get',
  path: '/v1/users/me/export',
  area: 'users',
  summary: 'Read how far your export is, and where it can be downloaded',
  auth: 'user',
  status: 200,
  reply: exportSchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, tools }) {
    const newest = await newestExport(tools.db, viewer.id);
    if (!newest) {
      const reason = 'There is no export; ask for one with POST /v1/users/me/export';
      fail('NOT_FOUND', { field: 'export', reason }, { message: 'Export not found' });
    }
    return presentExport(tools, newest);
  },
});
