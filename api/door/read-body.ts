/** Reads a request's body: JSON, or a multipart form whose files go to disk. */
import express, { type Request, type Response } from 'express';
import { z } from 'zod';
import { fail } from '../../shared/errors.ts';
import type { Tools } from '../../shared/tools.ts';
import type { Route } from '../route.ts';
import { receiveUpload, type Upload } from '../uploads.ts';
import { parseInput } from './parse-input.ts';

/** A caption of 2,200 four-byte characters, JSON-escaped, fits several times. */
const maxJsonBytes = 64 * 1_024;

const parseJson = express.json({ limit: maxJsonBytes, strict: true });

const nothing = z.strictObject({});

/** What the client sent, not yet checked against the route's schema. */
export type ReadBody = { fields: unknown; upload: Upload | undefined };

/**
 * @throws {Failure} INVALID_INPUT for a wrong content type, broken JSON or multipart, or fields where the route takes
 *   none; PAYLOAD_TOO_LARGE; and what `receiveUpload` throws.
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
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length']) > 0;
  // Of a body that is not asked for, only an empty object is taken: many clients send one along.
  if (!spec.body && (spec.method === 'get' || !hasBody)) return { fields: undefined, upload: undefined };
  if (hasBody && !request.is('application/json')) {
    fail('INVALID_INPUT', { field: 'content-type', reason: 'Must be application/json' });
  }
  await new Promise<void>((resolve, reject) => {
    parseJson(request, response, (error?: unknown) => (error ? reject(error) : resolve()));
  });
  if (!spec.body) {
    parseInput(nothing, request.body ?? {});
    return { fields: undefined, upload: undefined };
  }
  return { fields: request.body ?? {}, upload: undefined };
}
