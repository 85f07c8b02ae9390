/** What every object store has to do, whatever it is made of. */
import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { expect } from 'chai';
import { contentTypeOf, type ObjectStore, ObjectStoreError } from '../../shared/images/index.ts';

const megabyte = 1024 * 1024;

/** @param open opens a store that is empty. */
export function objectStoreContract(name: string, open: () => Promise<ObjectStore>): void {
  describe(`the object store ${name}`, function () {
    this.timeout(30_000);
    let store: ObjectStore;
    let folder: string;
    let files = 0;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'object-store-test-'));
    });
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());
    after(() => rm(folder, { recursive: true }));

    async function fileOf(content: string | Uint8Array): Promise<string> {
      const path = join(folder, `file-${files++}`);
      await writeFile(path, content);
      return path;
    }
    async function put(key: string, content: string | Uint8Array): Promise<void> {
      await store.put(key, await fileOf(content), 'image/jpeg');
    }
    async function textOf(key: string, range?: { start: number; end: number }): Promise<string | undefined> {
      const found = await store.get(key, range);
      return found && (await text(found.stream));
    }
    async function kindOf(work: Promise<unknown>): Promise<string> {
      const error = await work.then(
        () => 'nothing was thrown',
        (thrown: unknown) => thrown,
      );
      return error instanceof ObjectStoreError ? error.kind : `not a store's error: ${error}`;
    }

    it('gives back what was put, and what is known of it', async () => {
      const startedAt = Date.now();
      await put('p/01h/large.jpg', 'a photo');
      const found = await store.get('p/01h/large.jpg');
      expect(await text(found?.stream as Readable)).to.equal('a photo');
      expect(found).to.deep.include({ sizeBytes: 7, contentType: 'image/jpeg' });
      expect(found?.etag).to.match(/^"[\x21\x23-\x7e]+"$/);
      // Some stores tell the time in seconds, by a clock of their own.
      expect(found?.lastModified.getTime()).to.be.within(startedAt - 5_000, Date.now() + 5_000);
      const { stream: _, ...info } = found as NonNullable<typeof found>;
      expect(await store.stat('p/01h/large.jpg')).to.deep.equal(info);
    });

    it('leaves the file that was put where it is', async () => {
      const path = await fileOf('a photo');
      await store.put('p/01h/large.jpg', path, 'image/jpeg');
      await writeFile(path, 'changed');
      expect(await textOf('p/01h/large.jpg')).to.equal('a photo');
    });

    it('tells the content type by the extension, and refuses another one', async () => {
      const path = await fileOf('x');
      for (const [key, type] of [
        ['o/1/original.png', 'image/png'],
        ['o/1/original.avif', 'image/avif'],
        ['o/1/export.zip', 'application/zip'],
        ['o/1/original', 'application/octet-stream'],
      ] as const) {
        await store.put(key, path, type);
        expect((await store.stat(key))?.contentType).to.equal(type);
      }
      expect(await kindOf(store.put('o/1/original.png', path, 'image/jpeg'))).to.equal('key');
    });

    it('has nothing under a key that was never put', async () => {
      await put('p/01h/large.jpg', 'a photo');
      for (const key of [
        'p/01h/thumb.jpg',
        'p/01i/large.jpg',
        'q/01h/large.jpg',
        'p/01h',
        'p/01h/large.jpg/x',
      ]) {
        expect(await store.get(key), key).to.equal(undefined);
        expect(await store.stat(key), key).to.equal(undefined);
        await store.remove(key);
        expect(await kindOf(store.withFile(key, async () => 'never')), key).to.equal('missing');
      }
      await store.removeAll('p/01i/');
      expect(await textOf('p/01h/large.jpg')).to.equal('a photo');
    });

    it('gives a range of bytes, and the size of the whole', async () => {
      await put('p/01h/large.jpg', '0123456789');
      expect(await textOf('p/01h/large.jpg', { start: 2, end: 4 })).to.equal('234');
      expect(await textOf('p/01h/large.jpg', { start: 0, end: 0 })).to.equal('0');
      expect(await textOf('p/01h/large.jpg', { start: 7, end: 999 })).to.equal('789');
      const part = await store.get('p/01h/large.jpg', { start: 2, end: 4 });
      expect(part?.sizeBytes).to.equal(10);
      part?.stream.destroy();
      for (const range of [
        { start: 10, end: 12 },
        { start: 5, end: 4 },
        { start: -1, end: 4 },
      ]) {
        expect(await kindOf(store.get('p/01h/large.jpg', range))).to.equal('range');
      }
      expect(await store.get('p/01h/thumb.jpg', { start: 2, end: 4 })).to.equal(undefined);
    });

    it('keeps an empty object', async () => {
      await put('p/01h/large.jpg', '');
      expect(await textOf('p/01h/large.jpg')).to.equal('');
      expect((await store.stat('p/01h/large.jpg'))?.sizeBytes).to.equal(0);
    });

    it('replaces an object, and the etag with it', async () => {
      const etags = new Set<string | undefined>();
      for (const content of ['one', 'two', 'six']) {
        await put('p/01h/large.jpg', content);
        etags.add((await store.stat('p/01h/large.jpg'))?.etag);
        expect(await textOf('p/01h/large.jpg')).to.equal(content);
      }
      expect(etags.size).to.equal(3);
    });

    it('goes on giving the old object to a reader who opened it before it was replaced', async () => {
      await put('p/01h/large.jpg', 'old'.repeat(100_000));
      const old = await store.get('p/01h/large.jpg');
      await put('p/01h/large.jpg', 'new');
      expect(await text(old?.stream as Readable)).to.equal('old'.repeat(100_000));
      expect(await textOf('p/01h/large.jpg')).to.equal('new');
    });

    it('of many puts under one key at the same time, one wins whole', async () => {
      const contents = Array.from({ length: 12 }, (_, at) => String(at % 10).repeat(50_000 + at));
      let writing = true;
      const reads: (string | undefined)[] = [];
      const reader = (async () => {
        while (writing) reads.push(await textOf('p/01h/large.jpg'));
      })();
      try {
        await Promise.all(contents.map((content) => put('p/01h/large.jpg', content)));
      } finally {
        writing = false;
      }
      await reader;
      expect(contents).to.include(await textOf('p/01h/large.jpg'));
      for (const read of reads) if (read !== undefined) expect(contents).to.include(read);
    });

    it('removes one object and leaves its neighbours', async () => {
      await put('p/01h/large.jpg', 'large');
      await put('p/01h/thumb.jpg', 'thumb');
      await store.remove('p/01h/large.jpg');
      expect(await textOf('p/01h/large.jpg')).to.equal(undefined);
      expect(await textOf('p/01h/thumb.jpg')).to.equal('thumb');
      await store.remove('p/01h/thumb.jpg');
      await put('p/01h/large.jpg', 'again');
      expect(await textOf('p/01h/large.jpg')).to.equal('again');
    });

    it('removes everything below a prefix and nothing beside it', async () => {
      const below = ['p/01h/large.jpg', 'p/01h/thumb.jpg', 'p/01h/deep/er.jpg'];
      const beside = ['p/01h_2/large.jpg', 'p/01i/large.jpg', 'stories/01h/full.jpg'];
      for (const key of [...below, ...beside]) await put(key, key);
      await store.removeAll('p/01h/');
      for (const key of below) expect(await store.stat(key), key).to.equal(undefined);
      for (const key of beside) expect(await textOf(key)).to.equal(key);
      await store.removeAll('p/');
      expect(await store.stat('p/01i/large.jpg')).to.equal(undefined);
      expect(await textOf('stories/01h/full.jpg')).to.equal('stories/01h/full.jpg');
    });

    it('survives puts and removals of the same things at the same time', async () => {
      const rounds = Array.from({ length: 40 }, (_, at) => at);
      await Promise.all(
        rounds.map(async (at) => {
          if (at % 4 === 0) await store.removeAll('p/01h/');
          else if (at % 4 === 1) await store.remove('p/01h/thumb.jpg');
          else await put(at % 4 === 2 ? 'p/01h/thumb.jpg' : 'p/01h/large.jpg', 'x');
        }),
      );
      await put('p/01h/thumb.jpg', 'last');
      expect(await textOf('p/01h/thumb.jpg')).to.equal('last');
    });

    it('lists every object by rising key, from any key on', async () => {
      const keys = ['p/01h/large.jpg', 'p/01h/deep/er.jpg', 'p/01h-2/a.jpg', 'p/01h_2/a.jpg', 'p/flat.jpg'];
      const more = Array.from({ length: 30 }, (_, at) => `stories/${at}/full.jpg`);
      const expected = [...keys, ...more, 'P/1/a.jpg', 'a/1'].sort();
      for (const key of expected) await store.put(key, await fileOf(key), contentTypeOf(key));
      const listed = async (afterKey?: string) => {
        const found: { key: string; sizeBytes: number }[] = [];
        for await (const entry of store.list(afterKey)) found.push(entry);
        return found;
      };
      expect(await listed()).to.eql(expected.map((key) => ({ key, sizeBytes: key.length })));
      for (const after of [
        ...expected,
        'a',
        'p/',
        'p/01h/',
        'p/01h/zzz',
        'p/01h.',
        'q',
        'stories/1/full',
        '~',
      ]) {
        const above = expected.filter((key) => key > after);
        expect(
          (await listed(after)).map(({ key }) => key),
          after,
        ).to.eql(above);
      }
      for (const key of expected) await store.remove(key);
      expect(await listed()).to.eql([]);
    });

    it('gives a local file to code that wants one, and what that code returns', async () => {
      await put('p/01h/large.jpg', 'a photo');
      const content = await store.withFile('p/01h/large.jpg', (path) => readFile(path, 'utf8'));
      expect(content).to.equal('a photo');
      const thrown = await store
        .withFile('p/01h/large.jpg', async () => {
          throw new RangeError('of its own');
        })
        .catch((error: unknown) => error);
      expect(thrown).to.be.instanceOf(RangeError);
    });

    it('keeps the local file for as long as it is used, also of an object that goes or is replaced meanwhile', async () => {
      await put('p/01h/large.jpg', 'a photo');
      const content = await store.withFile('p/01h/large.jpg', async (path) => {
        await store.removeAll('p/01h/');
        await put('p/01h/large.jpg', 'another');
        return readFile(path, 'utf8');
      });
      expect(content).to.equal('a photo');
      expect(await textOf('p/01h/large.jpg')).to.equal('another');
    });

    it('refuses keys that are none, above all those that lead elsewhere', async () => {
      const path = await fileOf('x');
      const keys = [
        '',
        'p',
        '/p/a',
        'p/a/',
        'p//a',
        'p/../a',
        '../p/a',
        'p/..',
        './p/a',
        'p/.hidden',
        'p/a\0',
        'p\\a/b',
      ];
      for (const key of [...keys, 'p/a b', 'p/ä', `p/${'a'.repeat(600)}`, 'C:/a/b']) {
        expect(await kindOf(store.put(key, path, 'application/octet-stream')), key).to.equal('key');
        expect(await kindOf(store.get(key)), key).to.equal('key');
        expect(await kindOf(store.stat(key)), key).to.equal('key');
        expect(await kindOf(store.remove(key)), key).to.equal('key');
        expect(await kindOf(store.withFile(key, async () => {})), key).to.equal('key');
      }
      for (const prefix of ['', '/', 'p', 'p/a', '../', 'p/../', 'p//']) {
        expect(await kindOf(store.removeAll(prefix)), prefix).to.equal('key');
      }
    });

    it('says that a file to be put is not there, and keeps what it had', async () => {
      await put('p/01h/large.jpg', 'a photo');
      const missing = store.put('p/01h/large.jpg', join(folder, 'nowhere'), 'image/jpeg');
      expect(await kindOf(missing)).to.equal('unavailable');
      expect(await textOf('p/01h/large.jpg')).to.equal('a photo');
    });

    it('streams what is large instead of holding it', async () => {
      const large = join(folder, 'large');
      const chunk = randomBytes(megabyte);
      const chunks = 400;
      await pipeline(Readable.from(Array.from({ length: chunks }, () => chunk)), createWriteStream(large));
      let highest = 0;
      const before = process.memoryUsage.rss();
      const watch = setInterval(() => {
        highest = Math.max(highest, process.memoryUsage.rss() - before);
      }, 5);
      await store.put('p/01h/large.jpg', large, 'image/jpeg');
      const found = await store.get('p/01h/large.jpg');
      const hash = createHash('sha256');
      for await (const piece of (found as NonNullable<typeof found>).stream) hash.update(piece as Buffer);
      clearInterval(watch);
      const expected = createHash('sha256');
      for (let at = 0; at < chunks; at++) expected.update(chunk);
      expect(hash.digest('hex')).to.equal(expected.digest('hex'));
      // What was read lies about until it is collected; whoever held the object would hold twice this.
      expect(highest / megabyte).to.be.below(chunks / 2);
    });

    it('says that it works', async () => {
      await store.check();
    });
  });
}
