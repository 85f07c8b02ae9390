import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { UploadOptions } from '../../api/uploads.ts';
import { openScratchFolder } from '../../shared/scratch-folder.ts';
import { until } from '../tools/run-start.ts';
import { boundary, fileHead, form, hashOf, megabyte, openUploadApp, post } from '../tools/upload-app.ts';

describe('uploads', () => {
  it('a form arrives with its fields in order and its file measured, hashed and whole on disk', async () => {
    await using app = await openUploadApp();
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
    await using app = await openUploadApp();
    await post(app.url, form([['image', new Uint8Array(1000)]]));
    await until('the folder is empty', async () => (await app.files()).length === 0);
  });

  it('several files arrive in order, as many as are asked for', async () => {
    await using app = await openUploadApp({ files: { field: 'image', max: 3 } });
    const photos = [5, 3, 4].map((bytes) => new Uint8Array(bytes).fill(bytes));
    const { body } = await post(app.url, form(photos.map((photo) => ['image', photo])));
    expect((body.files as { bytes: number }[]).map((file) => file.bytes)).to.deep.equal([5, 3, 4]);
  });

  it('a file of exactly the limit is accepted, one byte more is not', async () => {
    await using app = await openUploadApp({ maxFileBytes: 2 * megabyte });
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
      details: { field: 'body', reason: 'Too many fields' },
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
      await using app = await openUploadApp(options);
      expect(await post(app.url, body(), headers)).to.deep.equal({ status, body: { code, details } });
      await until('the folder is empty', async () => (await app.files()).length === 0);
    });
  }

  it('at the start, files left by a process that died are removed, and fresh ones stay', async () => {
    const directory = join(await mkdtemp(join(tmpdir(), 'uploads-test-')), 'uploads');
    await openScratchFolder(directory);
    await writeFile(join(directory, 'old'), 'x');
    await writeFile(join(directory, 'fresh'), 'x');
    const twoHoursAgo = new Date(Date.now() - 2 * 60 * 60_000);
    await utimes(join(directory, 'old'), twoHoursAgo, twoHoursAgo);
    await openScratchFolder(directory);
    expect(await readdir(directory)).to.deep.equal(['fresh']);
    await rm(join(directory, '..'), { recursive: true });
  });
});
