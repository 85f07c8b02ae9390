/** POST /v1/admin/reports/{report_id}/resolve: closes a report, once. What is done about it is another request. */
import { sql } from 'kysely';
import { z } from 'zod';
import { fail, notFound } from '../../../shared/errors.ts';
import { isId } from '../../../shared/ids.ts';
import { record } from '../../../shared/moderation/audit.ts';
import {
  handledReportSchema,
  outcomes,
  presentReports,
  remark,
  reportsWhere,
} from '../../moderation/reports.ts';
import { route } from '../../route.ts';

export const resolveReport = route({
  method: 'post',
  path: '/v1/admin/reports/{report_id}/resolve',
  area: 'moderation',
  summary: 'Resolve a report',
  auth: 'admin',
  params: z.object({ report_id: z.string() }),
  body: z.strictObject({ outcome: z.enum(outcomes), note: remark.optional() }),
  status: 200,
  reply: handledReportSchema,
  errors: ['NOT_FOUND', 'CONFLICT'],
  async handle({ viewer, params, body, write, tools }) {
    const reportId = params.report_id;
    if (!isId('report', reportId)) notFound('Report', 'report_id', reportId);
    return write(async (tx) => {
      const before = await tx
        .selectFrom('reports')
        .select(['outcome', 'target_type', 'target_id'])
        .where('report_id', '=', reportId)
        .forUpdate()
        .executeTakeFirst();
      if (!before) notFound('Report', 'report_id', reportId);
      if (before.outcome && before.outcome !== body.outcome) {
        fail('CONFLICT', { field: 'outcome', reason: `The report was resolved already: ${before.outcome}` });
      }
      if (!before.outcome) {
        const note = body.note || null;
        await tx
          .updateTable('reports')
          .set({ outcome: body.outcome, note, resolved_by: viewer.userId, resolved_at: sql<Date>`now()` })
          .where('report_id', '=', reportId)
          .execute();
        const { target_type, target_id } = before;
        await record(
          tx,
          { source: 'api', userId: viewer.userId },
          {
            action: 'report.resolve',
            targetType: 'report',
            targetId: reportId,
            details: { outcome: body.outcome, note, target_type, target_id },
          },
        );
      }
      const { rows } = await reportsWhere(tx, sql`WHERE r.report_id = ${reportId}`);
      const [report] = await presentReports(tools, rows);
      if (!report) throw new Error(`report ${reportId} is gone`);
      return report;
    });
  },
});
