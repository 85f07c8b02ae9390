/** POST /v1/users/me/export: has an archive made of all that one has here. */

import { beginExport, newestExport } from '../../../shared/exports/index.ts';
import { newId } from '../../../shared/ids.ts';
import { exportSchema, presentExport } from '../../exports/schema.ts';
import { route } from '../../route.ts';

export const requestExport = route({
  method: 'post',
  path: '/v1/users/me/export',
  area: 'users',
  summary: 'Ask for all your data and images; one under way, or made within a day, is answered again',
  auth: 'user',
  status: 202,
  reply: exportSchema,
  errors: [],
  async handle({ viewer, write, tools }) {
    let isNew = false;
    return write(
      async (tx) => {
        const earlier = await newestExport(tx, viewer.id);
        if (earlier?.isFresh) return presentExport(tools, earlier);
        const exportId = newId('export');
        isNew = await beginExport(tx, viewer.id, exportId);
        if (isNew) await tools.outbox.emit(tx, 'exportRequested', exportId, { exportId });
        // Of two requests at once both answer what one of them began.
        const begun = await newestExport(tx, viewer.id);
        if (!begun) throw new Error('an export was neither begun nor found');
        return presentExport(tools, begun);
      },
      async () => {
        if (isNew) await tools.wakeRelay();
      },
    );
  },
});
