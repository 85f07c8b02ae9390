/** GET /v1/admin/reports: what people reported, the newest first, each with what it is about as it is now. */
import { sql } from 'kysely';
import { z } from 'zod';
import { decodeCursor, pageQuery } from '../../cursor.ts';
import { handledReportSchema, presentReports, reportsWhere } from '../../moderation/reports.ts';
import { cutPage, pageFields } from '../../page.ts';
import { route } from '../../route.ts';

const cursorValues = z.tuple([z.int()]);

export const listReports = route({
  method: 'get',
  path: '/v1/admin/reports',
  area: 'moderation',
  summary: 'List reports',
  auth: 'admin',
  query: pageQuery.extend({ state: z.enum(['open', 'resolved']).default('open') }),
  status: 200,
  reply: z.object({ reports: z.array(handledReportSchema), ...pageFields }),
  errors: [],
  async handle({ query, tools }) {
    const kind = `reports-${query.state}`;
    const before = query.cursor ? decodeCursor(kind, cursorValues, query.cursor)[0] : null;
    const { rows } = await reportsWhere(
      tools.db,
      sql`WHERE r.resolved_at IS ${query.state === 'open' ? sql`NULL` : sql`NOT NULL`}
        ${before === null ? sql`` : sql`AND r.id < ${before}`}
        ORDER BY r.id DESC LIMIT ${query.limit + 1}`,
    );
    const { rows: page, ...rest } = cutPage(rows, query.limit, kind, (row) => [row.id]);
    return { reports: await presentReports(tools, page), ...rest };
  },
});
