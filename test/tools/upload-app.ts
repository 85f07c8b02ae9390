/** A bare Express app that receives uploads, and raw sockets to send it what no well-behaved client does. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express, { type NextFunction, type Request, type Response } from 'express';
import { receiveUpload, type UploadOptions } from '../../api/uploads.ts';
import { Failure } from '../../shared/errors.ts';

export const megabyte = 1024 * 1024;

/** A bare app whose one route answers with what it received. */
export async function openUploadApp(more: Partial<UploadOptions> = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'uploads-test-'));
  const app = express();
  app.post('/upload', async (request, response) => {
    await using upload = await receiveUpload(request, response, {
      directory,
      files: { field: 'image', max: 1 },
      ...more,
    });
    const files = upload.files.map(async ({ path, ...file }) => ({
      ...file,
      onDisk: await hashOfFile(path),
    }));
    response.json({ fields: upload.fields, files: await Promise.all(files) });
  });
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    if (!(error instanceof Failure)) return response.status(500).json({ error: String(error) });
    response.status(error.status).json({ code: error.code, details: error.details });
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    directory,
    port,
    url: `http://127.0.0.1:${port}/upload`,
    files: () => readdir(directory),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      await rm(directory, { recursive: true });
    },
  };
}

export const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

export function form(parts: [name: string, value: string | Uint8Array<ArrayBuffer>][]): FormData {
  const made = new FormData();
  for (const [name, value] of parts) {
    if (typeof value === 'string') made.append(name, value);
    else made.append(name, new Blob([value]), 'photo.jpg');
  }
  return made;
}

export async function post(url: string, body: FormData | string, headers: Record<string, string> = {}) {
  const response = await fetch(url, { method: 'POST', body, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

export async function openSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

export const boundary = 'xxBOUNDARYxx';
export const fileHead = `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`;
export const fileTail = `\r\n--${boundary}--\r\n`;
export const requestHead = (bytes: number | 'chunked') =>
  `POST /upload HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=${boundary}\r\n${
    bytes === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes}`
  }\r\n\r\n`;

/** Writes all of it, heeding back-pressure; false if the other side closes before. */
export async function send(socket: Socket, chunk: Buffer, times: number): Promise<boolean> {
  let goOn = Promise.withResolvers<void>();
  const proceed = () => goOn.resolve();
  socket.on('drain', proceed).on('close', proceed);
  for (let at = 0; at < times && !socket.destroyed; at++) {
    goOn = Promise.withResolvers();
    if (!socket.write(chunk)) await goOn.promise;
  }
  socket.off('drain', proceed).off('close', proceed);
  return !socket.destroyed;
}

/** The first answer on the socket, as far as its JSON body. */
export async function answerOf(socket: Socket): Promise<{ status: number; body: Record<string, unknown> }> {
  let text = '';
  for await (const chunk of socket) {
    text += chunk;
    const [head = '', body] = text.split('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    if (body !== undefined && body.length >= length) {
      return { status: Number(head.slice(9, 12)), body: JSON.parse(body) as Record<string, unknown> };
    }
  }
  throw new Error(`The connection closed before an answer: ${text}`);
}
