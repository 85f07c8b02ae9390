/** Exports: archives of all that somebody has here, each a row and a file, kept for a week. */
import { sql } from 'kysely';
import type { Db, Tx } from '../db/index.ts';
import { keyOf } from '../ids.ts';

/** How long an archive can be downloaded. */
export const keptDays = 7;
/** Whoever asks again within so many hours of the last one gets that: making one reads every image of an account. */
const freshHours = 24;

export type ExportState = 'pending' | 'running' | 'done' | 'failed';

/** What is known of one export. */
export type Export = {
  exportId: string;
  state: ExportState;
  /** The share of the work that is done, 0 to 1. */
  progress: number;
  createdAt: Date;
  finishedAt: Date | null;
  sizeBytes: number | null;
  expiresAt: Date;
  /** Still to be made, or made so recently that another one would hold much the same. */
  isFresh: boolean;
};

/** Where the archives of a user are kept. */
export function exportsFolder(userId: string): string {
  return `exports/${userId}/`;
}

/** Where one archive is kept. */
export function archiveKey(userId: string, exportId: string): string {
  return `${exportsFolder(userId)}${keyOf(exportId)}.zip`;
}

/** The path an archive is served at; a signature of it opens it. */
export function archivePath(exportId: string): string {
  return `/exports/${keyOf(exportId)}.zip`;
}

/**
 * The newest export of a user that has not expired.
 *
 * @param userId internal id
 */
export async function newestExport(db: Db | Tx, userId: number): Promise<Export | undefined> {
  const { rows } = await sql<Export>`
    SELECT export_id AS "exportId", state, progress, created_at AS "createdAt", finished_at AS "finishedAt",
      size_bytes AS "sizeBytes", expires_at AS "expiresAt",
      state IN ('pending', 'running')
        OR (state = 'done' AND finished_at > now() - make_interval(hours => ${freshHours})) AS "isFresh"
    FROM (
      SELECT x.*, CASE WHEN size_bytes IS NOT NULL THEN 'done'
        WHEN finished_at IS NOT NULL OR (SELECT e.state FROM effects e
          WHERE e.subject = x.export_id AND e.job = 'build-export' ORDER BY e.created_at DESC LIMIT 1) = 'failed'
          THEN 'failed'
        WHEN started_at IS NOT NULL THEN 'running' ELSE 'pending' END AS state
      FROM exports x WHERE x.user_id = ${userId} AND x.expires_at > now()
      ORDER BY x.id DESC LIMIT 1
    ) newest`.execute(db);
  return rows[0];
}

/**
 * Begins an export, unless another one of the same user is under way.
 *
 * @param userId internal id
 * @returns whether it did.
 */
export async function beginExport(tx: Tx, userId: number, exportId: string): Promise<boolean> {
  // One whose job has failed for good is over.
  await sql`UPDATE exports x SET finished_at = now() WHERE user_id = ${userId} AND finished_at IS NULL
    AND (SELECT e.state FROM effects e WHERE e.subject = x.export_id AND e.job = 'build-export'
      ORDER BY e.created_at DESC LIMIT 1) = 'failed'`.execute(tx);
  const { rows } = await sql`INSERT INTO exports (export_id, user_id, expires_at)
    VALUES (${exportId}, ${userId}, now() + make_interval(days => ${keptDays}))
    ON CONFLICT (user_id) WHERE finished_at IS NULL DO NOTHING RETURNING id`.execute(tx);
  return rows.length > 0;
}
