/** The record of what admins do: one row for each act, in the transaction of the act. */
import { sql } from 'kysely';
import type { Db, Tx } from '../db/index.ts';
import { newId } from '../ids.ts';
import { currentRequestId } from '../request-context.ts';

export const auditActions = [
  'report.resolve',
  'post.remove',
  'comment.remove',
  'story.remove',
  'user.suspend',
  'user.reinstate',
  'user.change',
] as const;
export type AuditAction = (typeof auditActions)[number];

export const auditTargets = ['report', 'post', 'comment', 'story', 'user'] as const;
export type AuditTarget = (typeof auditTargets)[number];

/** Who acts: an admin over the API, by their public id, or somebody at the shell of a server. */
export type Operator = { source: 'api'; userId: string } | { source: 'shell' };

/** What was done to what, by its public id. `details` is whatever else one would want to know of it. */
export type Act = {
  action: AuditAction;
  targetType: AuditTarget;
  targetId: string;
  details: Record<string, unknown>;
};

/** Writes an act down. */
export async function record(
  tx: Tx,
  by: Operator,
  { action, targetType, targetId, details }: Act,
): Promise<void> {
  await tx
    .insertInto('audit_log')
    .values({
      entry_id: newId('audit'),
      actor_user_id: by.source === 'api' ? by.userId : null,
      source: by.source,
      action,
      target_type: targetType,
      target_id: targetId,
      details: JSON.stringify(details),
      request_id: currentRequestId() ?? null,
    })
    .execute();
}

/** True if that was done to it at some time. */
export async function wasDone(db: Db, action: AuditAction, targetId: string): Promise<boolean> {
  const { rows } = await sql`SELECT FROM audit_log WHERE target_id = ${targetId} AND action = ${action}
    LIMIT 1`.execute(db);
  return rows.length > 0;
}
