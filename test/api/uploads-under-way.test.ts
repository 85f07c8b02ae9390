import { expect } from 'chai';
import { until } from '../tools/run-start.ts';
import {
  answerOf,
  fileHead,
  fileTail,
  form,
  megabyte,
  openSocket,
  openUploadApp,
  post,
  requestHead,
  send,
} from '../tools/upload-app.ts';

describe('uploads under way', () => {
  it('an oversized upload is answered to a client that reads only after it has sent everything', async () => {
    await using app = await openUploadApp();
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
    await using app = await openUploadApp();
    const socket = await openSocket(app.port);
    const chunk = Buffer.alloc(64 * 1024, 1);
    socket.write(requestHead(1000 * megabyte) + fileHead);
    await send(socket, chunk, (11 * megabyte) / chunk.length);
    const { status, body } = await answerOf(socket);
    expect([status, body.code]).to.deep.equal([400, 'IMAGE_TOO_LARGE']);
    socket.destroy();
  });

  it('an oversized upload by fetch gets its answer, and the connection serves the next request', async () => {
    await using app = await openUploadApp();
    const { status, body } = await post(app.url, form([['image', new Uint8Array(20 * megabyte)]]));
    expect([status, body.code]).to.deep.equal([400, 'IMAGE_TOO_LARGE']);
    expect((await post(app.url, form([['image', new Uint8Array(10)]]))).status).to.equal(200);
  });

  it('an upload whose length is not told is refused without naming a size', async () => {
    await using app = await openUploadApp({ maxFileBytes: megabyte });
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
    await using app = await openUploadApp({ maxFileBytes: megabyte });
    const socket = await openSocket(app.port);
    socket.on('error', () => {});
    socket.resume();
    socket.write(requestHead(Number.MAX_SAFE_INTEGER) + fileHead);
    expect(await send(socket, Buffer.alloc(megabyte, 1), Number.POSITIVE_INFINITY)).to.equal(false);
    await until('the folder is empty', async () => (await app.files()).length === 0);
  });

  it('a client that disconnects in the middle leaves no file', async () => {
    await using app = await openUploadApp();
    const socket = await openSocket(app.port);
    socket.write(requestHead(5 * megabyte) + fileHead);
    socket.write(Buffer.alloc(2 * megabyte, 1));
    await until('the file is being written', async () => (await app.files()).length === 1);
    socket.destroy();
    await until('the folder is empty', async () => (await app.files()).length === 0);
  });

  it('memory does not grow with what is uploaded', async function () {
    this.timeout(20_000);
    await using app = await openUploadApp();
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
});
