/** `/exports/{key}.zip`: the archives people asked for, to whoever has a signed URL that still holds. */
import { type Request, type Response, Router } from 'express';
import { sql } from 'kysely';
import { fail, notFound } from '../shared/errors.ts';
import { archiveKey, archivePath } from '../shared/exports/index.ts';
import { isId } from '../shared/ids.ts';
import { ObjectStoreError } from '../shared/images/index.ts';
import type { Tools } from '../shared/tools.ts';
import { sendObject } from './images/send-object.ts';

/** After how many seconds to ask again when the store is away. */
const retryAwayS = 2;

type Archive = { userId: string; username: string; madeOn: string };

/** The route of archives. */
export function exportRoutes(tools: Tools): Router {
  const { db, images, signedUrls } = tools;

  async function find(exportId: string): Promise<Archive | undefined> {
    if (!isId('export', exportId)) return undefined;
    const { rows } = await sql<Archive>`
      SELECT u.user_id AS "userId", u.username, to_char(x.finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS "madeOn"
      FROM exports x JOIN users u ON u.id = x.user_id
      WHERE x.export_id = ${exportId} AND x.size_bytes IS NOT NULL AND x.expires_at > now()
        AND NOT u.is_hidden`.execute(db);
    return rows[0];
  }

  async function send(request: Request, response: Response): Promise<void> {
    const { key } = request.params as { key: string };
    const exportId = `export_${key}`;
    const archive = await find(exportId);
    // An archive the request may not have is answered like one there is not.
    if (!archive || signedUrls.secondsLeft(archivePath(exportId), request.query) === undefined) {
      return notFound('Export', 'key', key);
    }
    const { userId, username, madeOn } = archive;
    const isSent = await sendObject(
      request,
      response,
      images,
      archiveKey(userId, exportId),
      'private, no-store',
      {
        'Content-Disposition': `attachment; filename="emulsion-${username}-${madeOn}.zip"`,
        // It is nothing for the pages of other sites.
        'Cross-Origin-Resource-Policy': 'same-origin',
      },
    ).catch((error: unknown) => {
      if (!(error instanceof ObjectStoreError) || error.kind !== 'unavailable') throw error;
      return fail('SERVICE_UNAVAILABLE', undefined, { retryAfterS: retryAwayS, cause: error });
    });
    if (!isSent) notFound('Export', 'key', key);
  }

  const router = Router();
  // A HEAD request takes the same path.
  router.get('/exports/:key.zip', send);
  return router;
}
