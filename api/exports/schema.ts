/** Exports as the API shows them. */
import { z } from 'zod';
import { archivePath, type Export } from '../../shared/exports/index.ts';
import type { Tools } from '../../shared/tools.ts';

export const exportSchema = z
  .object({
    export_id: z.string(),
    state: z.enum(['pending', 'running', 'done', 'failed']),
    progress: z.number().min(0).max(1).describe('The share of the work that is done.'),
    created_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
    size_bytes: z.int().nullable().describe('Of the archive.'),
    url: z
      .string()
      .nullable()
      .describe(
        'Where the archive can be downloaded by whoever has this URL, for some minutes; read this again for another.',
      ),
    expires_at: z.iso.datetime().nullable().describe('When the archive is removed.'),
  })
  .meta({ id: 'Export', description: 'An archive of all that somebody has here: a zip of JSON and images.' });

/** An export as its owner sees it. */
export function presentExport(
  { config, signedUrls }: Pick<Tools, 'config' | 'signedUrls'>,
  made: Export,
): z.output<typeof exportSchema> {
  const isDone = made.state === 'done';
  const path = archivePath(made.exportId);
  return {
    export_id: made.exportId,
    state: made.state,
    progress: made.progress,
    created_at: made.createdAt.toISOString(),
    finished_at: made.finishedAt?.toISOString() ?? null,
    size_bytes: made.sizeBytes,
    // Not from the CDN: it is for one person, and kept by nobody on the way.
    url: isDone ? config.PUBLIC_URL + path + signedUrls.sign(path) : null,
    expires_at: isDone ? made.expiresAt.toISOString() : null,
  };
}
