/** Reads a request's body: JSON, or a multipart form whose files go to disk. */
import express, { type Request, type Response } from 'express';
import { fail } from '../../shared/errors.ts';
import type { Tools } from '../../shared/tools.ts';
import type { Route } from '../route.ts';
import { receiveUpload, type Upload } from '../uploads.ts';

/** A caption of 2,200 four-byte characters, JSON-escaped, fits several times. */
const maxJsonBytes = 64 * 1_024;

const parseJson = express.json({ limit: maxJsonBytes, strict: true });

/** What the client sent, not yet checked against the route's schema. */
export type ReadBody = { fields: unknown; upload: Upload | undefined };

/**
 * @throws {Failure} INVALID_INPUT for a wrong content type or broken JSON or multipart; PAYLOAD_TOO_LARGE;
 *   and what `receiveUpload` throws.
 */
export async function readBody(
  spec: Route,
  tools: Tools,
  request: Request,
  response: Response,
): Promise<ReadBody> {
  if (spec.multipart) {
    const { field, maxFiles, maxFileBytes } = spec.multipart;
    const upload = await receiveUpload(request, response, {
      directory: `${tools.config.DATA_DIR}/uploads`,
      files: { field, max: maxFiles },
      maxFileBytes,
    });
    const fields = Object.entries(upload.fields).map(([name, values]) => {
      // Forms send every line break as CR LF, whatever was typed (HTML Standard, multipart/form-data encoding).
      const texts = values.map((text) => text.replaceAll('\r\n', '\n'));
      // A field that is sent once is a value, one that is repeated a list.
      return [name, texts.length === 1 ? texts[0] : texts];
    });
    return { fields: Object.fromEntries(fields), upload };
  }
  if (!spec.body) return { fields: undefined, upload: undefined };
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0;
  if (hasBody && !request.is('application/json')) {
    fail('INVALID_INPUT', { field: 'content-type', reason: 'Must be application/json' });
  }
  await new Promise<void>((resolve, reject) => {
    parseJson(request, response, (error?: unknown) => (error ? reject(error) : resolve()));
  });
  return { fields: request.body ?? {}, upload: undefined };
}
