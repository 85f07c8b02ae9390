import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type ObjectStore, ObjectStoreError } from '../../shared/images/index.ts';
import { openObjectStore } from '../../shared/images/open.ts';
import { openLog } from '../../shared/log.ts';
import { objectStoreContract } from './object-store.ts';

const log = openLog('test', 'fatal');

const folders: string[] = [];

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'disk-store-test-'));
  folders.push(folder);
  return folder;
}

after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

objectStoreContract('on disk', async () => openObjectStore({ DATA_DIR: await emptyFolder() }, log));

describe('the files of the object store on disk', () => {
  let dataDir: string;
  let store: ObjectStore;

  beforeEach(async () => {
    dataDir = await emptyFolder();
    store = await openObjectStore({ DATA_DIR: dataDir }, log);
  });
  afterEach(() => store.close());

  async function put(key: string): Promise<void> {
    const path = join(dataDir, 'source');
    await writeFile(path, key);
    await store.put(key, path, 'image/jpeg');
  }
  const filesBelow = async (folder: string) =>
    (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());

  it('spreads what it keeps over many folders', async () => {
    for (let at = 0; at < 200; at++) await put(`p/01h${at}/large.jpg`);
    const first = await readdir(join(dataDir, 'images/objects/p'));
    expect(first.length).to.be.within(80, 256);
    for (const name of first) expect(name).to.match(/^[0-9a-f]{2}$/);
  });

  it('leaves no folder behind when the last object of a key has gone', async () => {
    await put('p/01h/large.jpg');
    await put('p/01h/thumb.jpg');
    await store.remove('p/01h/large.jpg');
    await store.remove('p/01h/thumb.jpg');
    await put('p/01i/large.jpg');
    await store.removeAll('p/01i/');
    const left = await readdir(join(dataDir, 'images/objects'), { recursive: true });
    expect(left.filter((name) => name.includes('01'))).to.deep.equal([]);
  });

  it('a write that fails leaves nothing half done', async () => {
    const missing = store.put('p/01h/large.jpg', join(dataDir, 'nowhere'), 'image/jpeg');
    await missing.catch(() => {});
    // A folder stands where the object would go.
    await put('p/01h/large.jpg/below.jpg');
    await put('p/01h/large.jpg').catch(() => {});
    expect(await readdir(join(dataDir, 'images/copies'))).to.deep.equal([]);
    expect(await store.stat('p/01h/large.jpg')).to.equal(undefined);
  });

  it('at the start, what a crash left half written goes, and what is being written stays', async () => {
    const copies = join(dataDir, 'images/copies');
    await writeFile(join(copies, 'crashed'), 'half');
    await writeFile(join(copies, 'under-way'), 'half');
    const twoHoursAgo = new Date(Date.now() - 2 * 60 * 60_000);
    await utimes(join(copies, 'crashed'), twoHoursAgo, twoHoursAgo);
    await using again = await openObjectStore({ DATA_DIR: dataDir }, log);
    expect(await readdir(copies)).to.deep.equal(['under-way']);
    await again.check();
  });

  it('finds its objects again after a restart, etags included', async () => {
    await put('p/01h/large.jpg');
    const before = await store.stat('p/01h/large.jpg');
    await using again = await openObjectStore({ DATA_DIR: dataDir }, log);
    expect(await again.stat('p/01h/large.jpg')).to.deep.equal(before);
  });

  it('the health check fails if its folder has gone, and leaves no file', async () => {
    await store.check();
    expect(await filesBelow(join(dataDir, 'images'))).to.deep.equal([]);
    await rm(join(dataDir, 'images'), { recursive: true });
    const error = await store.check().catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(ObjectStoreError);
    expect((error as ObjectStoreError).kind).to.equal('unavailable');
  });

  it('cannot be opened where a file stands in the way', async () => {
    const occupied = await emptyFolder();
    await writeFile(join(occupied, 'images'), 'a file');
    const error = await openObjectStore({ DATA_DIR: occupied }, log).catch((thrown: unknown) => thrown);
    expect((error as ObjectStoreError).kind).to.equal('unavailable');
  });
});
