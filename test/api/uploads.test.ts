import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import express, { type NextFunction, type Request, type Response } from 'express';
import { clearStaleUploads, receiveUpload, type UploadOptions } from '../../api/uploads.ts';
import { Failure } from '../../shared/errors.ts';
import { until } from '../tools/run-start.ts';

const megabyte = 1024 * 1024;

/** A bare app whose one route answers with what it received. */
async function openApp(more: Partial<UploadOptions> = {}) {
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

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function hashOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function form(parts: [name: string, value: string | Uint8Array<ArrayBuffer>][]): FormData {
  const made = new FormData();
  for (const [name, value] of parts) {
    if (typeof value === 'string') made.append(name, value);
    else made.append(name, new Blob([value]), 'photo.jpg');
  }
  return made;
}

async function post(url: string, body: FormData | string, headers: Record<string, string> = {}) {
  const response = await fetch(url, { method: 'POST', body, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function openSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

const boundary = 'xxBOUNDARYxx';
const fileHead = `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`;
const fileTail = `\r\n--${boundary}--\r\n`;
const requestHead = (bytes: number | 'chunked') =>
  `POST /upload HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=${boundary}\r\n${
    bytes === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes}`
  }\r\n\r\n`;

/** Writes all of it, heeding back-pressure; false if the other side closes before. */
async function send(socket: Socket, chunk: Buffer, times: number): Promise<boolean> {
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
async function answerOf(socket: Socket): Promise<{ status: number; body: Record<string, unknown> }> {
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

describe('uploads', () => {
  it('a form arrives with its fields in order and its file measured, hashed and whole on disk', async () => {
    await using app = await openApp();
    const photo = new Uint8Array(3 * megabyte).map((_, at) => (at * 31) % 251);
    const { status, body } = await post(
      app.url,
      form([
        ['caption', 'Sonnenuntergang ☀️'],
        ['tagged_users', 'user_b'],
        ['image', photo],
        ['tagged_users', 'user_a'],
        ['list[]', 'one'],
        ['__proto__', 'odd'],
      ]),
    );
    expect(status).to.equal(200);
    const sha256 = hashOf(photo);
    expect(body).to.deep.equal({
      fields: JSON.parse(
        '{"caption":["Sonnenuntergang ☀️"],"tagged_users":["user_b","user_a"],"list":["one"],"__proto__":["odd"]}',
      ),
      files: [{ field: 'image', bytes: photo.length, sha256, onDisk: sha256 }],
    });
  });

  it('disposing removes the files', async () => {
    await using app = await openApp();
    await post(app.url, form([['image', new Uint8Array(1000)]]));
    await until('the folder is empty', async () => (await app.files()).length === 0);
  });

  it('several files arrive in order, as many as are asked for', async () => {
    await using app = await openApp({ files: { field: 'image', max: 3 } });
    const photos = [5, 3, 4].map((bytes) => new Uint8Array(bytes).fill(bytes));
    const { body } = await post(app.url, form(photos.map((photo) => ['image', photo])));
    expect((body.files as { bytes: number }[]).map((file) => file.bytes)).to.deep.equal([5, 3, 4]);
  });

  it('a file of exactly the limit is accepted, one byte more is not', async () => {
    await using app = await openApp({ maxFileBytes: 2 * megabyte });
    expect((await post(app.url, form([['image', new Uint8Array(2 * megabyte)]]))).status).to.equal(200);
    const over = await post(app.url, form([['image', new Uint8Array(2 * megabyte + 1)]]));
    expect(over).to.deep.equal({
      status: 400,
      body: {
        code: 'IMAGE_TOO_LARGE',
        details: { field: 'image', reason: 'Image size exceeds limit of 2MB' },
      },
    });
  });

  const refusals: {
    title: string;
    options?: Partial<UploadOptions>;
    body: () => FormData | string;
    headers?: Record<string, string>;
    status: number;
    code: string;
    details: Record<string, unknown>;
  }[] = [
    {
      title: 'a JSON body is refused for its content type',
      body: () => '{}',
      headers: { 'content-type': 'application/json' },
      status: 400,
      code: 'INVALID_INPUT',
      details: { field: 'content-type', reason: 'Must be multipart/form-data with a boundary' },
    },
    {
      title: 'a form without a boundary is refused for its content type',
      body: () => 'x',
      headers: { 'content-type': 'multipart/form-data' },
      status: 400,
      code: 'INVALID_INPUT',
      details: { field: 'content-type', reason: 'Must be multipart/form-data with a boundary' },
    },
    {
      title: 'a compressed form is refused',
      body: () => 'x',
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, 'content-encoding': 'gzip' },
      status: 400,
      code: 'INVALID_INPUT',
      details: { field: 'content-encoding', reason: 'Send the form as it is' },
    },
    {
      title: 'a form that breaks off is refused',
      body: () => `${fileHead}half a file`,
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      status: 400,
      code: 'INVALID_INPUT',
      details: { field: 'body', reason: 'The multipart form cannot be read: Unexpected end of form' },
    },
    {
      title: 'a body that is no form is refused',
      body: () => 'nothing of the kind',
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      status: 400,
      code: 'INVALID_INPUT',
      details: { field: 'body', reason: 'The multipart form cannot be read: Unexpected end of form' },
    },
    {
      title: 'one file too many is refused',
      body: () =>
        form([
          ['image', new Uint8Array(10)],
          ['image', new Uint8Array(10)],
        ]),
      status: 400,
      code: 'INVALID_INPUT',
      details: { field: 'image', reason: 'Send at most one image' },
    },
    {
      title: 'a file in another field is refused by name',
      body: () => form([['photo', new Uint8Array(10)]]),
      status: 400,
      code: 'INVALID_INPUT',
      details: { field: 'photo', reason: "Takes no file; send images as 'image'" },
    },
    {
      title: 'an empty file is refused for its format',
      body: () => form([['image', new Uint8Array(0)]]),
      status: 400,
      code: 'INVALID_FORMAT',
      details: { field: 'image', reason: 'The file is empty' },
    },
    {
      title: 'a text field that is too long is refused',
      options: { fieldLimits: { maxFieldBytes: 100 } },
      body: () => form([['caption', 'x'.repeat(101)]]),
      status: 413,
      code: 'PAYLOAD_TOO_LARGE',
      details: { field: 'caption', reason: 'Must be at most 100 bytes' },
    },
    {
      title: 'too many fields are refused',
      options: { fieldLimits: { maxFields: 3 } },
      body: () => form([1, 2, 3, 4].map((at) => [`f${at}`, 'x'])),
      status: 400,
      code: 'INVALID_INPUT',
      details: { reason: 'Too many fields' },
    },
    {
      title: 'NUL in a text field is refused',
      body: () => form([['caption', 'a\0b']]),
      status: 400,
      code: 'INVALID_INPUT',
      details: { field: 'caption', reason: 'Must not contain NUL characters' },
    },
    {
      title: 'a field name that means an object is refused',
      body: () => form([['location[name]', 'Berlin']]),
      status: 400,
      code: 'INVALID_INPUT',
      details: { field: 'location', reason: 'Names of fields take no brackets but []' },
    },
  ];
  for (const { title, options, body, headers, status, code, details } of refusals) {
    it(`${title}, and leaves no file`, async () => {
      await using app = await openApp(options);
      expect(await post(app.url, body(), headers)).to.deep.equal({ status, body: { code, details } });
      await until('the folder is empty', async () => (await app.files()).length === 0);
    });
  }

  it('an oversized upload is answered to a client that reads only after it has sent everything', async () => {
    await using app = await openApp();
    const socket = await openSocket(app.port);
    const chunk = Buffer.alloc(64 * 1024, 1);
    const bytes = fileHead.length + 20 * megabyte + fileTail.length;
    socket.write(requestHead(bytes) + fileHead);
    expect(await send(socket, chunk, (20 * megabyte) / chunk.length)).to.equal(true);
    socket.write(fileTail);
    expect(await answerOf(socket)).to.deep.equal({
      status: 400,
      body: {
        code: 'IMAGE_TOO_LARGE',
        details: { field: 'image', reason: 'Image size 20MB exceeds limit of 10MB' },
      },
    });
    socket.destroy();
    await until('the folder is empty', async () => (await app.files()).length === 0);
  });

  it('an oversized upload is answered while the client is still sending', async () => {
    await using app = await openApp();
    const socket = await openSocket(app.port);
    const chunk = Buffer.alloc(64 * 1024, 1);
    socket.write(requestHead(1000 * megabyte) + fileHead);
    await send(socket, chunk, (11 * megabyte) / chunk.length);
    const { status, body } = await answerOf(socket);
    expect([status, body.code]).to.deep.equal([400, 'IMAGE_TOO_LARGE']);
    socket.destroy();
  });

  it('an oversized upload by fetch gets its answer, and the connection serves the next request', async () => {
    await using app = await openApp();
    const { status, body } = await post(app.url, form([['image', new Uint8Array(20 * megabyte)]]));
    expect([status, body.code]).to.deep.equal([400, 'IMAGE_TOO_LARGE']);
    expect((await post(app.url, form([['image', new Uint8Array(10)]]))).status).to.equal(200);
  });

  it('an upload whose length is not told is refused without naming a size', async () => {
    await using app = await openApp({ maxFileBytes: megabyte });
    const socket = await openSocket(app.port);
    const chunk = Buffer.alloc(64 * 1024, 1);
    const framed = (data: Buffer) =>
      Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')]);
    socket.write(requestHead('chunked'));
    socket.write(framed(Buffer.from(fileHead)));
    await send(socket, framed(chunk), 32);
    expect((await answerOf(socket)).body).to.deep.equal({
      code: 'IMAGE_TOO_LARGE',
      details: { field: 'image', reason: 'Image size exceeds limit of 1MB' },
    });
    socket.destroy();
  });

  it('a client that never stops sending is cut off', async () => {
    await using app = await openApp({ maxFileBytes: megabyte });
    const socket = await openSocket(app.port);
    socket.on('error', () => {});
    socket.resume();
    socket.write(requestHead(Number.MAX_SAFE_INTEGER) + fileHead);
    expect(await send(socket, Buffer.alloc(megabyte, 1), Number.POSITIVE_INFINITY)).to.equal(false);
    await until('the folder is empty', async () => (await app.files()).length === 0);
  });

  it('a client that disconnects in the middle leaves no file', async () => {
    await using app = await openApp();
    const socket = await openSocket(app.port);
    socket.write(requestHead(5 * megabyte) + fileHead);
    socket.write(Buffer.alloc(2 * megabyte, 1));
    await until('the file is being written', async () => (await app.files()).length === 1);
    socket.destroy();
    await until('the folder is empty', async () => (await app.files()).length === 0);
  });

  it('memory does not grow with what is uploaded', async function () {
    this.timeout(20_000);
    await using app = await openApp();
    const chunk = Buffer.alloc(64 * 1024, 1);
    const upload = async (fileBytes: number) => {
      const socket = await openSocket(app.port);
      socket.write(requestHead(fileHead.length + fileBytes + fileTail.length) + fileHead);
      await send(socket, chunk, fileBytes / chunk.length);
      socket.write(fileTail);
      expect((await answerOf(socket)).status).to.equal(200);
      socket.destroy();
    };
    const forty = (fileBytes: number) => Promise.all(Array.from({ length: 40 }, () => upload(fileBytes)));
    await forty(megabyte);
    const before = process.memoryUsage.rss();
    let highest = before;
    const watch = setInterval(() => {
      highest = Math.max(highest, process.memoryUsage.rss());
    }, 5);
    await forty(9 * megabyte);
    clearInterval(watch);
    // The files are 360 MB; what sockets and streams buffer, and what awaits collection, stays far below.
    expect((highest - before) / megabyte).to.be.below(180);
  });

  it('at the start, files left by a process that died are removed, and fresh ones stay', async () => {
    const directory = join(await mkdtemp(join(tmpdir(), 'uploads-test-')), 'uploads');
    await clearStaleUploads(directory);
    await writeFile(join(directory, 'old'), 'x');
    await writeFile(join(directory, 'fresh'), 'x');
    const twoHoursAgo = new Date(Date.now() - 2 * 60 * 60_000);
    await utimes(join(directory, 'old'), twoHoursAgo, twoHoursAgo);
    await clearStaleUploads(directory);
    expect(await readdir(directory)).to.deep.equal(['fresh']);
    await rm(join(directory, '..'), { recursive: true });
  });
});
