/** Reports as who makes them and as admins see them. */
import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import { atMost } from '../../shared/characters.ts';
import type { Db, Tx } from '../../shared/db/index.ts';
import type { ReportOutcome, ReportReason } from '../../shared/db/schema.ts';
import type { Tools } from '../../shared/tools.ts';
import { type CardRow, cardOf } from '../../shared/users/cards.ts';
import { userCardSchema } from '../../shared/users/schema.ts';
import { presentTargets, type TargetType, targetSchema, targetTypes } from './targets.ts';

export const reasons = [
  'spam',
  'nudity',
  'violence',
  'harassment',
  'hate',
  'self_harm',
  'intellectual_property',
  'other',
] as const satisfies readonly ReportReason[];

export const outcomes = [
  'dismissed',
  'content_removed',
  'account_suspended',
  'other',
] as const satisfies readonly ReportOutcome[];

const maxRemarkLength = 1_000;

/** What a person adds in words of their own. */
export const remark = z
  .string()
  .trim()
  .refine(...atMost(maxRemarkLength))
  .meta({ maxLength: maxRemarkLength });

export const reportSchema = z
  .object({
    report_id: z.string(),
    target_type: z.enum(targetTypes),
    target_id: z.string(),
    reason: z.enum(reasons),
    comment: z.string().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Report' });

export const handledReportSchema = reportSchema
  .extend({
    state: z.enum(['open', 'resolved']),
    reporter: userCardSchema.nullable().describe('Null if the account is gone.'),
    target: targetSchema.nullable().describe('As it is now; null if it is gone.'),
    outcome: z.enum(outcomes).nullable(),
    note: z.string().nullable(),
    resolved_by: z.string().nullable().describe('The user id of an admin.'),
    resolved_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'HandledReport', description: 'A report as admins see it.' });

export type HandledReport = z.output<typeof handledReportSchema>;

type Row = {
  id: number;
  report_id: string;
  target_type: TargetType;
  target_id: string;
  reason: ReportReason;
  comment: string | null;
  created_at: Date;
  outcome: ReportOutcome | null;
  note: string | null;
  resolved_by: string | null;
  resolved_at: Date | null;
  reporter: CardRow | null;
};

/** Selects reports as `r`; what follows says which, and in what order. */
export function reportsWhere(db: Db | Tx, rest: RawBuilder<unknown>): Promise<{ rows: Row[] }> {
  return sql<Row>`
    SELECT r.*, CASE WHEN u.id IS NOT NULL THEN json_build_object('user_id', u.user_id, 'username', u.username,
      'profile_pic_url', u.profile_pic_url, 'is_verified', u.is_verified) END AS reporter
    FROM reports r LEFT JOIN users u ON u.id = r.reporter_id ${rest}`.execute(db);
}

/** The reports with their targets, in the same order. */
export async function presentReports(tools: Tools, rows: readonly Row[]): Promise<HandledReport[]> {
  const targets = await presentTargets(
    tools,
    rows.map((row) => ({ type: row.target_type, id: row.target_id })),
  );
  return rows.map((row) => ({
    report_id: row.report_id,
    state: row.resolved_at ? 'resolved' : 'open',
    target_type: row.target_type,
    target_id: row.target_id,
    target: targets.get(row.target_id) ?? null,
    reporter: row.reporter && cardOf(tools.config.CDN_BASE_URL, row.reporter),
    reason: row.reason,
    comment: row.comment,
    created_at: row.created_at.toISOString(),
    outcome: row.outcome,
    note: row.note,
    resolved_by: row.resolved_by,
    resolved_at: row.resolved_at?.toISOString() ?? null,
  }));
}
