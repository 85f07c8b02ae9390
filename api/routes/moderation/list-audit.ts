/** GET /v1/admin/audit: what admins did, the newest first. */
import { sql } from 'kysely';
import { z } from 'zod';
import {
  type AuditAction,
  type AuditTarget,
  auditActions,
  auditTargets,
} from '../../../shared/moderation/audit.ts';
import { type CardRow, cardOf } from '../../../shared/users/cards.ts';
import { userCardSchema } from '../../../shared/users/schema.ts';
import { decodeCursor, pageQuery } from '../../cursor.ts';
import { cutPage, pageFields } from '../../page.ts';
import { route } from '../../route.ts';

const cursorValues = z.tuple([z.int()]);
const sources = ['api', 'shell'] as const;

const entrySchema = z
  .object({
    entry_id: z.string(),
    source: z.enum(sources),
    actor_id: z
      .string()
      .nullable()
      .describe('The user id of an admin; null for what was done from the shell.'),
    actor: userCardSchema.nullable().describe('Null also if the account is gone.'),
    action: z.enum(auditActions),
    target_type: z.enum(auditTargets),
    target_id: z.string(),
    details: z.looseObject({}).describe('Whatever else belongs to the act.'),
    request_id: z.string().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'AuditEntry' });

type Row = {
  id: number;
  entry_id: string;
  source: (typeof sources)[number];
  actor_user_id: string | null;
  actor: CardRow | null;
  action: AuditAction;
  target_type: AuditTarget;
  target_id: string;
  details: Record<string, unknown>;
  request_id: string | null;
  created_at: Date;
};

export const listAudit = route({
  method: 'get',
  path: '/v1/admin/audit',
  area: 'moderation',
  summary: 'Read the audit log',
  auth: 'admin',
  query: pageQuery,
  status: 200,
  reply: z.object({ entries: z.array(entrySchema), ...pageFields }),
  errors: [],
  async handle({ query, tools }) {
    const before = query.cursor ? decodeCursor('audit', cursorValues, query.cursor)[0] : null;
    const { rows } = await sql<Row>`
      SELECT a.*, CASE WHEN u.id IS NOT NULL THEN json_build_object('user_id', u.user_id, 'username', u.username,
        'profile_pic_url', u.profile_pic_url, 'is_verified', u.is_verified) END AS actor
      FROM audit_log a LEFT JOIN users u ON u.user_id = a.actor_user_id
      ${before === null ? sql`` : sql`WHERE a.id < ${before}`}
      ORDER BY a.id DESC LIMIT ${query.limit + 1}`.execute(tools.db);
    const { rows: page, ...rest } = cutPage(rows, query.limit, 'audit', (row) => [row.id]);
    const entries = page.map(({ id, actor_user_id, ...row }) => ({
      ...row,
      actor_id: actor_user_id,
      actor: row.actor && cardOf(tools.config.CDN_BASE_URL, row.actor),
      created_at: row.created_at.toISOString(),
    }));
    return { entries, ...rest };
  },
});
