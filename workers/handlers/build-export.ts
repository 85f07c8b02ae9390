/** Makes the archive somebody asked for, and tells them when it is there. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { archiveKey, keptDays } from '../../shared/exports/index.ts';
import type { Tools } from '../../shared/tools.ts';
import { archivesFolder } from '../archives-folder.ts';
import { NothingToExport, writeArchive } from '../export/write-archive.ts';
import type { Handler } from '../handler.ts';

/** How often it is written down how far the work is. */
const noteEveryMs = 1_000;

/** The ids of the account, and whether the archive is there already. */
type Begun = { id: number; userId: string; isDone: boolean };

export const buildExport: Handler<'build-export'> = async ({ exportId }, { tools, signal }) => {
  const begun = await begin(tools, exportId);
  if (!begun) return;
  if (!begun.isDone && !(await make(tools, exportId, begun, signal))) return;
  await tools.live.tell([begun.userId], 'export.ready', { export_id: exportId });
};

/** @returns undefined if nobody waits for it (any more). */
async function begin({ db }: Tools, exportId: string): Promise<Begun | undefined> {
  const { rows } = await sql<Begun>`
    UPDATE exports x SET started_at = COALESCE(started_at, now()) FROM users u
    WHERE x.export_id = ${exportId} AND (x.finished_at IS NULL OR x.size_bytes IS NOT NULL)
      AND u.id = x.user_id AND u.deleted_at IS NULL
    RETURNING u.id, u.user_id AS "userId", x.finished_at IS NOT NULL AS "isDone"`.execute(db);
  return rows[0];
}

/** @returns false if the account or the export is gone meanwhile; nothing is kept then. */
async function make(
  tools: Tools,
  exportId: string,
  { id, userId }: Begun,
  signal: AbortSignal,
): Promise<boolean> {
  const { config, images } = tools;
  const directory = await mkdtemp(join(archivesFolder(config.DATA_DIR), 'export-'));
  try {
    const path = join(directory, 'archive.zip');
    await writeArchive(tools, { userId: id, exportId }, path, signal, noting(tools, exportId));
    const key = archiveKey(userId, exportId);
    await images.put(key, path, 'application/zip');
    const info = await images.stat(key);
    if (info && (await finish(tools, exportId, info.sizeBytes))) return true;
    await images.remove(key);
    return false;
  } catch (error) {
    if (error instanceof NothingToExport) return false;
    throw error;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Writes progress down, now and then. */
function noting({ db }: Tools, exportId: string): (progress: number) => Promise<void> {
  let notedAt = Number.NEGATIVE_INFINITY;
  return async (progress) => {
    if (performance.now() - notedAt < noteEveryMs) return;
    notedAt = performance.now();
    const { rows } = await sql`UPDATE exports SET progress = ${progress} WHERE export_id = ${exportId}
      RETURNING id`.execute(db);
    if (rows.length === 0) throw new NothingToExport();
  };
}

async function finish({ db }: Tools, exportId: string, sizeBytes: number): Promise<boolean> {
  const { rows } = await sql`
    UPDATE exports x SET finished_at = now(), progress = 1, size_bytes = ${sizeBytes},
      expires_at = now() + make_interval(days => ${keptDays})
    FROM users u WHERE x.export_id = ${exportId} AND x.finished_at IS NULL
      AND u.id = x.user_id AND u.deleted_at IS NULL
    RETURNING x.id`.execute(db);
  return rows.length > 0;
}
