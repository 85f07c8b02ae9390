/** A bucket of a test file's own, a store in it over a line that can be cut, and what tests do to both. */
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { pino } from 'pino';
import { isEngineAway } from '../../shared/away.ts';
import { type ObjectStore, ObjectStoreError } from '../../shared/images/index.ts';
import { openObjectStore } from '../../shared/images/open.ts';
import { type TestBucket, testBucket } from '../tools/bucket.ts';
import { needsEngine } from '../tools/engine-url.ts';
import { type Line, layLine } from '../tools/line.ts';

export const megabyte = 1024 * 1024;
/** What the store promises to need at most when the endpoint says nothing, and a second for a busy machine. */
export const silenceMs = 6_500;

export type S3Scene = {
  bucket: TestBucket;
  folder: string;
  /** What stores opened with `openAt` have logged. */
  logged: string[];
  openAt(url: string): Promise<ObjectStore>;
  fileOf(content: string | Buffer): Promise<string>;
  /** A file of zeros that takes no room. */
  largeFile(bytes: number): Promise<string>;
  uploadsOf(key: string): Promise<unknown[]>;
};

/**
 * Has the suite it is called in skipped, aloud, if there is no S3, and fail instead where engines are required.
 *
 * @returns what is good from the suite's `before` hooks on.
 */
export function s3Scene(): S3Scene {
  const logged: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line) => void logged.push(line) });
  const scene = { logged } as S3Scene;
  before(async function () {
    needsEngine(this, 'TEST_S3_URL');
    scene.bucket = testBucket(process.env.TEST_S3_URL as string);
    scene.folder = await mkdtemp(join(tmpdir(), 's3-store-test-'));
  });
  after(async () => {
    await scene.bucket?.[Symbol.asyncDispose]();
    if (scene.folder) await rm(scene.folder, { recursive: true });
  });
  return Object.assign(scene, {
    openAt: (S3_URL: string) => openObjectStore({ DATA_DIR: scene.folder, S3_URL }, log),
    async fileOf(content: string | Buffer) {
      const path = join(scene.folder, 'source');
      await writeFile(path, content);
      return path;
    },
    async largeFile(bytes: number) {
      const path = join(scene.folder, 'large');
      await writeFile(path, '');
      await truncate(path, bytes);
      return path;
    },
    async uploadsOf(key: string) {
      const { client, name } = scene.bucket;
      return (await client.listIncompleteUploadsQuery(name, key, '', '', '')).uploads;
    },
  });
}

/** A store for each test, opened over a line of its own to an empty bucket. */
export function storeOnLine(scene: S3Scene): {
  store: ObjectStore;
  line: Line;
  put(key: string, content: string | Buffer): Promise<void>;
} {
  const made = {
    put: async (key: string, content: string | Buffer) =>
      made.store.put(key, await scene.fileOf(content), 'image/jpeg'),
  } as ReturnType<typeof storeOnLine>;
  beforeEach(async () => {
    scene.logged.length = 0;
    made.line = await layLine(scene.bucket.url);
    made.store = await scene.openAt(made.line.url);
    await scene.bucket.empty();
  });
  afterEach(async () => {
    await made.store.close();
    await made.line[Symbol.asyncDispose]();
  });
  return made;
}

/** Holds work to failing as it does when the endpoint is away. */
export async function expectAway(work: Promise<unknown>): Promise<void> {
  const error = await work.catch((thrown: unknown) => thrown);
  expect(error).to.be.instanceOf(ObjectStoreError);
  expect((error as ObjectStoreError).kind).to.equal('unavailable');
  expect(isEngineAway(error), 'jobs wait for it').to.equal(true);
}
