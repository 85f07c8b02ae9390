/** Receives multipart forms. Files go to disk as they arrive and are never in memory. */
import { rm } from 'node:fs/promises';
import type { Request, Response } from 'express';
import multer from 'multer';
import { Failure, fail } from '../shared/errors.ts';
import { maxImageBytes } from '../shared/images/limits.ts';
import { fileStorage, type StoredFile } from './uploads/file-storage.ts';
import { asFailure, closedEarly, tooLarge } from './uploads/refusals.ts';

export type UploadedFile = {
  field: string;
  path: string;
  bytes: number;
  /** In hex. */
  sha256: string;
};

export type Upload = {
  /** Text fields by name, their values in the order they came; `tags[]` counts as `tags`. */
  fields: Record<string, string[]>;
  /** In the order they came; none is empty. */
  files: UploadedFile[];
  /** Removes whatever files are still there. */
  [Symbol.asyncDispose](): Promise<void>;
};

export type UploadOptions = {
  /** Where files are kept until the upload is disposed. */
  directory: string;
  /** The one field that takes files, and how many. */
  files: { field: string; max: number };
  maxFileBytes?: number;
  fieldLimits?: { maxFields?: number; maxFieldBytes?: number };
};

/** A caption of 2,200 characters, JSON or plain, fits several times; a list may be sent as a repeated field. */
const defaultFieldLimits = { maxFields: 50, maxFieldBytes: 64 * 1024 };
const maxFieldNameBytes = 100;

/**
 * How much a client may go on sending after it was refused. Many read the answer only once they have sent
 * everything, and closing on them earlier would take the answer away.
 */
const maxDrainedBytes = 64 * 1024 * 1024;
/** Past that, how long the answer has to arrive before the connection is cut. */
const lingerMs = 1_000;

/**
 * Receives one form. What is wrong with a file is thrown while the client may still be sending the rest,
 * which is then read and dropped.
 *
 * @throws {Failure} INVALID_INPUT if the form is not multipart, is broken, or has a part nobody asked for;
 *   IMAGE_TOO_LARGE; INVALID_FORMAT if a file is empty; PAYLOAD_TOO_LARGE if a text field is too long.
 */
export async function receiveUpload(
  request: Request,
  response: Response,
  options: UploadOptions,
): Promise<Upload> {
  checkHeaders(request);
  const { directory, files: wanted, maxFileBytes = maxImageBytes } = options;
  const { maxFields, maxFieldBytes } = { ...defaultFieldLimits, ...options.fieldLimits };
  // The length of the request tells how large a single file is; one of several has to be read for that.
  const maxCountedBytes = maxFileBytes + (wanted.max === 1 ? 0 : maxDrainedBytes);
  const paths = new Set<string>();
  const removeFiles = async () => {
    await Promise.all([...paths].map((path) => rm(path, { force: true })));
  };

  // multer tells of a failure only once the client has sent everything.
  const early = Promise.withResolvers<never>();
  const refuse = (failure: Failure) => {
    early.reject(failure);
    return failure;
  };
  const form = multer({
    storage: fileStorage(directory, { maxBytes: maxFileBytes, maxCountedBytes }, paths, (file) =>
      refuse(tooLarge(file, maxFileBytes, request, wanted.max)),
    ),
    fileFilter: (_request, file, accept) => {
      const unwanted = unwantedFile(file.fieldname, (request.files as unknown[]).length, wanted);
      if (unwanted) accept(refuse(unwanted));
      else accept(null, true);
    },
    limits: {
      fieldNameSize: maxFieldNameBytes,
      fieldSize: maxFieldBytes,
      fields: maxFields,
      parts: maxFields + wanted.max + 1,
      fieldNestingDepth: 1,
      fieldArrayIndexLimit: maxFields,
    },
  }).any();

  const received = new Promise<void>((resolve, reject) => {
    form(request, response, (error: unknown) => (error ? reject(error) : resolve()));
  });
  cutOff(request, wanted.max * maxFileBytes + maxFields * maxFieldBytes + maxDrainedBytes, () => {
    refuse(new Failure('PAYLOAD_TOO_LARGE', { field: 'body', reason: 'The request does not end' }));
  });

  try {
    await Promise.race([received, early.promise]);
    const files = (request.files as unknown as StoredFile[]).map(
      ({ fieldname, path, size, sha256 }): UploadedFile => ({ field: fieldname, path, bytes: size, sha256 }),
    );
    refuseEmpty(files);
    return { fields: textFields(request.body), files, [Symbol.asyncDispose]: removeFiles };
  } catch (error) {
    await removeFiles();
    // A file may still be in the making; once multer is through none is.
    void received.catch(() => {}).then(removeFiles);
    throw asFailure(error, maxFieldBytes);
  }
}

function refuseEmpty(files: readonly UploadedFile[]): void {
  const index = files.findIndex((file) => file.bytes === 0);
  if (index === -1) return;
  const field = (files[index] as UploadedFile).field;
  const position = index + 1;
  if (files.length === 1) fail('INVALID_FORMAT', { field, reason: 'The file is empty' });
  const reason = `Image ${position} of ${files.length}: The file is empty`;
  fail('INVALID_FORMAT', { field, reason, position });
}

function checkHeaders(request: Request): void {
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = request.headers;
  if (!/^multipart\/form-data\s*;.*\bboundary=/i.test(type)) {
    fail('INVALID_INPUT', { field: 'content-type', reason: 'Must be multipart/form-data with a boundary' });
  }
  if (encoding !== 'identity') {
    fail('INVALID_INPUT', { field: 'content-encoding', reason: 'Send the form as it is' });
  }
  if (request.destroyed) throw closedEarly();
}

function unwantedFile(field: string, received: number, wanted: UploadOptions['files']): Failure | undefined {
  if (field !== wanted.field) {
    return new Failure('INVALID_INPUT', { field, reason: `Takes no file; send images as '${wanted.field}'` });
  }
  if (received <= wanted.max) return undefined;
  const most = wanted.max === 1 ? 'one image' : `${wanted.max} images`;
  return new Failure('INVALID_INPUT', { field, reason: `Send at most ${most}` });
}

/** Ends the connection of a client that goes on sending past any form there could be. */
function cutOff(request: Request, maxBytes: number, announce: () => void): void {
  let bytes = 0;
  request.on('data', function count(chunk: Buffer) {
    bytes += chunk.length;
    if (bytes <= maxBytes) return;
    request.off('data', count);
    announce();
    setTimeout(() => request.socket.destroy(), lingerMs);
  });
}

/** multer makes a list of a repeated field, and an object of one with brackets, which nothing here takes. */
function textFields(body: Record<string, unknown>): Record<string, string[]> {
  const fields = Object.entries(body).map(([name, value]): [string, string[]] => {
    const values = Object.values(Array.isArray(value) ? value : [value]);
    if (!values.every((item) => typeof item === 'string')) {
      return fail('INVALID_INPUT', { field: name, reason: 'Names of fields take no brackets but []' });
    }
    if ([name, ...values].some((text) => text.includes('\0'))) {
      return fail('INVALID_INPUT', { field: name, reason: 'Must not contain NUL characters' });
    }
    return [name, values];
  });
  return Object.fromEntries(fields);
}
