import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { expect } from 'chai';
import { type Client, photoForm, send } from '../tools/client.ts';
import { filesBelow } from '../tools/files.ts';
import { photo, pngClaiming } from '../tools/photos.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { until, type World, world } from '../tools/world.ts';

const megabyte = 1024 * 1024;

describe('POST /v1/posts, refused', () => {
  let w: World;
  let alice: Client;
  let image: Buffer;
  before(async () => {
    w = await world({ serves: [] });
    alice = await w.join('alice');
    image = await photo({ width: 120, height: 90 });
  });
  after(() => w[Symbol.asyncDispose]());
  // Whatever was refused, no trace of it may be left.
  afterEach(async () => {
    for (const table of ['posts', 'post_images', 'count_deltas', 'locations'] as const) {
      const rows = await w.tools.db.selectFrom(table).selectAll().execute();
      expect(rows, table).to.eql([]);
    }
    const events = await w.tools.db.selectFrom('effects').select('event').distinct().execute();
    expect(events).to.eql([{ event: 'userRegistered' }]);
    for (const folder of ['uploads', 'images']) {
      const files = () => filesBelow(join(w.config.DATA_DIR, folder));
      await until(`nothing is left in ${folder}`, async () => (await files()).length === 0);
    }
    expect((await alice.get('/v1/feed')).body.posts).to.eql([]);
  });

  const authorized = () => ({ Authorization: `Bearer ${alice.accessToken}` });
  const sendForm = (form: FormData, headers: Record<string, string> = authorized()) =>
    send(w.base, 'POST', '/v1/posts', form, headers);
  const blob = (bytes: Uint8Array | string, type = 'image/jpeg') =>
    new Blob([typeof bytes === 'string' ? bytes : new Uint8Array(bytes)], { type });
  /** A form of hand-written bytes. */
  const sendRaw = (body: string, type = 'multipart/form-data; boundary=b') =>
    send(w.base, 'POST', '/v1/posts', body, {
      ...authorized(),
      'Content-Type': type,
    });

  it('without a token', async () => {
    expectRefusal(await sendForm(photoForm(image), {}), 'UNAUTHORIZED');
  });

  it('when the file is larger than 10 MB, saying how large', async () => {
    const big = Buffer.alloc(20 * megabyte, 0xff);
    image.copy(big);
    expectRefusal(await alice.upload(big), 'IMAGE_TOO_LARGE', {
      field: 'image',
      reason: 'Image size 20MB exceeds limit of 10MB',
    });
    const slightly = Buffer.alloc(10 * megabyte + 1);
    expectRefusal(await alice.upload(slightly), 'IMAGE_TOO_LARGE', { field: 'image' });
  });

  it('when the file is no image that can be decoded whole', async () => {
    const png = await photo({ width: 200, height: 200, format: 'png' });
    const bad: Record<string, Uint8Array | string> = {
      'a truncated JPEG': image.subarray(0, image.length - 200),
      'half a JPEG': image.subarray(0, image.length / 2),
      'the head of a JPEG': image.subarray(0, 20),
      'a truncated PNG': png.subarray(0, png.length / 2),
      'zero bytes': '',
      'one byte': 'x',
      'a text named .jpg': 'This is not a photo.',
      'an SVG':
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>',
      'a PDF': '%PDF-1.7\n%âãÏÓ\n1 0 obj << /Type /Catalog >> endobj',
      'a script': '#!/bin/sh\nrm -rf /\n',
      'a zip': Buffer.from('504b0506000000000000000000000000000000000000', 'hex'),
    };
    for (const [what, bytes] of Object.entries(bad)) {
      const form = new FormData();
      form.set('image', blob(bytes), 'photo.jpg');
      const reply = await sendForm(form);
      expect(reply.body.error?.code, `${what}: ${reply.text}`).to.equal('INVALID_FORMAT');
      expectRefusal(reply, 'INVALID_FORMAT', { field: 'image' });
    }
  });

  it('when the picture has more pixels than memory should be spent on', async () => {
    expectRefusal(await alice.upload(await pngClaiming(20_000, 20_000)), 'IMAGE_TOO_LARGE', {
      field: 'image',
      reason: '400 megapixels exceed the limit of 100',
    });
    // A true one: 50 MB of zeros, deflated to 50 kB.
    const claiming = await pngClaiming(20_000, 20_000);
    const packed = deflateSync(Buffer.alloc(20_000 * 2_501), { level: 1 });
    const chunk = Buffer.alloc(8);
    chunk.writeUInt32BE(packed.length);
    chunk.write('IDAT', 4);
    const solid = Buffer.concat([claiming.subarray(0, 33), chunk, packed, Buffer.alloc(4)]);
    expectRefusal(await alice.upload(solid), 'IMAGE_TOO_LARGE', { field: 'image' });
  });

  it('when the picture is too narrow or too wide', async () => {
    for (const size of [
      { width: 20, height: 220 },
      { width: 220, height: 20 },
    ]) {
      expectRefusal(await alice.upload(await photo(size)), 'INVALID_INPUT', {
        field: 'image',
        reason: /aspect ratio/,
      });
    }
  });

  it('when one image of several is not to be accepted, naming which, and keeping none', async () => {
    const small = await photo({ width: 40, height: 30 });
    const nine: Uint8Array[] = Array.from({ length: 9 }, () => small);
    const at = (position: number, bad: Uint8Array) => nine.toSpliced(position - 1, 0, bad);
    const broken = image.subarray(0, image.length - 200);
    const of = async (images: Uint8Array[]) => {
      const reply = await alice.upload(images);
      return [reply.body.error?.code, reply.body.error?.details] as const;
    };
    for (const position of [1, 3, 10]) {
      const reply = await alice.upload(at(position, broken));
      const reason = new RegExp(`^Image ${position} of 10: The image is incomplete`);
      expectRefusal(reply, 'INVALID_FORMAT', { field: 'image', reason });
      expect(reply.body.error.details.position).to.equal(position);
    }
    const text = Buffer.from('This is not a photo.');
    const two = at(2, text).toSpliced(6, 1, broken);
    expect((await of(two))[1].position, 'the first of two').to.equal(2);
    const tall = await photo({ width: 20, height: 220 });
    const [code, details] = await of([small, tall]);
    expect([code, details.position]).to.eql(['INVALID_INPUT', 2]);
    const bomb = await pngClaiming(20_000, 20_000);
    expect(await of([small, bomb])).to.eql([
      'IMAGE_TOO_LARGE',
      { field: 'image', reason: 'Image 2 of 2: 400 megapixels exceed the limit of 100', position: 2 },
    ]);
    expect(await of([small, new Uint8Array(0)])).to.eql([
      'INVALID_FORMAT',
      { field: 'image', reason: 'Image 2 of 2: The file is empty', position: 2 },
    ]);
    expect(await of([small, Buffer.alloc(12 * megabyte)])).to.eql([
      'IMAGE_TOO_LARGE',
      { field: 'image', reason: 'Image 2: Image size 12MB exceeds limit of 10MB', position: 2 },
    ]);
  });

  it('when a commit fails after the originals of ten images were kept', async () => {
    const small = await photo({ width: 40, height: 30 });
    const ten = Array.from({ length: 10 }, () => small);
    const stranger = 'user_01j8z3k4m5n6p7q8r9s0t1v2w3';
    const reply = await alice.upload(ten, { tagged_users: [stranger] });
    expectRefusal(reply, 'INVALID_INPUT', { field: 'tagged_users' });
  });

  it('when there are more alternative texts than images', async () => {
    for (const [images, texts] of [
      [[image], ['one', 'two']],
      [
        [image, image],
        ['one', null, 'three'],
      ],
    ] as const) {
      const reply = await alice.upload([...images], { alt_text: texts });
      expectRefusal(reply, 'INVALID_INPUT', { field: 'alt_text', reason: /send at most as many texts$/ });
    }
    const eleven = Array.from({ length: 11 }, () => 'x');
    expectRefusal(await alice.upload(image, { alt_text: eleven }), 'INVALID_INPUT', {
      field: 'alt_text',
      reason: 'Must be at most 10 texts',
    });
  });

  it('when there is no image under its name, or more than ten', async () => {
    const none = new FormData();
    none.set('caption', 'no image');
    expectRefusal(await sendForm(none), 'INVALID_INPUT', {
      field: 'image',
      reason: 'An image is required',
    });

    const eleven = await alice.upload(Array.from({ length: 11 }, () => image));
    expectRefusal(eleven, 'INVALID_INPUT', { field: 'image', reason: 'Send at most 10 images' });

    const misnamed = photoForm(image);
    misnamed.append('photo', blob(image), 'photo.jpg');
    expectRefusal(await sendForm(misnamed), 'INVALID_INPUT', {
      field: 'photo',
      reason: "Takes no file; send images as 'image'",
    });

    const text = new FormData();
    text.set('image', 'https://example.org/photo.jpg');
    expectRefusal(await sendForm(text), 'INVALID_INPUT', { field: 'image' });
  });

  it('when a field is not what it should be', async () => {
    const stranger = 'user_01j8z3k4m5n6p7q8r9s0t1v2w3';
    const place = { name: 'x', latitude: 1, longitude: 1 };
    const bad: [field: string, fields: Record<string, unknown>, reason?: string][] = [
      ['caption', { caption: 'x'.repeat(2_201) }, 'Must be at most 2200 characters'],
      ['caption', { caption: '😀'.repeat(2_201) }],
      ['caption', { caption: 'nul\0' }],
      ['alt_text', { alt_text: 'x'.repeat(1_001) }, 'Must be at most 1000 characters'],
      ['alt_text.0', { alt_text: ['x'.repeat(1_001)] }, 'Must be at most 1000 characters'],
      ['alt_text', { alt_text: [7] }],
      ['alt_text', { alt_text: 'nul\0' }],
      ['alt_text.0', { alt_text: ['nul\0'] }],
      ['location', { location: '{"name":' }, 'Must be JSON'],
      ['location', { location: 'Santa Monica' }, 'Must be JSON'],
      ['location', { location: '7' }],
      ['location', { location: 'null' }],
      ['location', { location: [] }],
      ['location.name', { location: {} }],
      ['location.name', { location: { ...place, name: '' } }],
      ['location.name', { location: { ...place, name: 'x'.repeat(201) } }],
      ['location.name', { location: { ...place, name: 'nul\0' } }],
      ['location.latitude', { location: { ...place, latitude: 90.1 } }],
      ['location.latitude', { location: { ...place, latitude: '34.0' } }],
      ['location.longitude', { location: { ...place, longitude: -180.5 } }],
      [
        'location.latitude',
        { location: { name: 'x', longitude: 1 } },
        'Latitude and longitude come together',
      ],
      ['location.city', { location: { ...place, city: 'x' } }, 'Unknown field'],
      ['tagged_users', { tagged_users: [stranger] }, `User '${stranger}' does not exist`],
      ['tagged_users', { tagged_users: [alice.userId, stranger], location: place }],
      ['tagged_users.0', { tagged_users: 'nobody' }, 'Must be a user id'],
      ['tagged_users.0', { tagged_users: [7] }],
      ['tagged_users', { tagged_users: '[' }, 'Must be JSON'],
      ['tagged_users', { tagged_users: Array(21).fill(stranger) }, 'Must be at most 20 users'],
      ['filter', { filter: 'sepia' }],
      ['filter', { filter: '' }],
      ['title', { title: 'x' }, 'Unknown field'],
      ['post_id', { post_id: 'post_mine' }, 'Unknown field'],
    ];
    for (const [field, fields, reason] of bad) {
      expectRefusal(await alice.upload(image, fields), 'INVALID_INPUT', { field, ...(reason && { reason }) });
    }
    const twice = photoForm(image, { caption: 'one' });
    twice.append('caption', 'two');
    expectRefusal(await sendForm(twice), 'INVALID_INPUT', { field: 'caption' });
  });

  it('when a field is longer than any could be', async () => {
    const reply = await alice.upload(image, { caption: 'x'.repeat(70_000) });
    expectRefusal(reply, 'PAYLOAD_TOO_LARGE', { field: 'caption' });
  });

  it('when the body is no form, or a broken one', async () => {
    const part = '--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\nbytes';
    const json = await alice.post('/v1/posts', { caption: 'x' });
    expectRefusal(json, 'INVALID_INPUT', { field: 'content-type' });
    expectRefusal(await alice.post('/v1/posts'), 'INVALID_INPUT', { field: 'content-type' });
    const noBoundary = await sendRaw(part, 'multipart/form-data');
    expectRefusal(noBoundary, 'INVALID_INPUT', { field: 'content-type' });
    const broken = [
      '',
      'nothing of the kind',
      part,
      `${part}\r\n--c--\r\n`,
      '--b\r\n\r\n',
      '--b\r\nx\r\n\r\n\r\n--b--',
    ];
    for (const body of broken) {
      const reply = await sendRaw(body);
      expect(reply.status, `${body}: ${reply.text}`).to.equal(400);
      expect(reply.body.error.code, body).to.equal('INVALID_INPUT');
      expect(reply.body.error.details.reason).to.be.a('string');
    }
  });

  it('when the client goes away in the middle', async () => {
    const { port } = w.api;
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const head = [
      'POST /v1/posts HTTP/1.1',
      'Host: localhost',
      `Authorization: Bearer ${alice.accessToken}`,
      'Content-Type: multipart/form-data; boundary=b',
      'Content-Length: 1000000',
      '',
      '--b',
      'Content-Disposition: form-data; name="image"; filename="a.jpg"',
      '',
      '',
    ].join('\r\n');
    socket.write(head);
    socket.write(image);
    socket.write(Buffer.alloc(200_000));
    const uploads = join(w.config.DATA_DIR, 'uploads');
    await until('a part has arrived', async () => (await filesBelow(uploads)).length === 1);
    socket.destroy();
    await until('the part is gone', async () => (await filesBelow(uploads)).length === 0);
    expect((await alice.get('/v1/users/me')).status, 'the server lives on').to.equal(200);
  });
});
