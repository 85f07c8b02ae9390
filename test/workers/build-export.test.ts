import { Readable } from 'node:stream';
import { expect } from 'chai';
import { sql } from 'kysely';
import { archiveKey } from '../../shared/exports/index.ts';
import { type ObjectStore, ObjectStoreError } from '../../shared/images/index.ts';
import { atOneMoment } from '../../workers/export/snapshot.ts';
import { buildExport } from '../../workers/handlers/build-export.ts';
import { removeAccount } from '../../workers/handlers/remove-account.ts';
import type { Client } from '../tools/client.ts';
import { filesBelow } from '../tools/files.ts';
import { holdJob } from '../tools/hold-job.ts';
import { listen } from '../tools/listen.ts';
import { photo } from '../tools/photos.ts';
import { internalId } from '../tools/rows.ts';
import { unzip } from '../tools/unzip.ts';
import { until, type World, world } from '../tools/world.ts';

const path = '/v1/users/me/export';

describe('the making of an archive', () => {
  let w: World;
  let count = 0;
  before(async () => {
    w = await world({ serves: ['relay', 'media', 'feeds', 'counts', 'search', 'stories', 'notify'] });
  });
  after(() => w[Symbol.asyncDispose]());
  afterEach(async () => {
    expect(await filesBelow(`${w.config.DATA_DIR}/archives`), 'nothing half-made is left').to.eql([]);
  });

  /** Somebody with two posts who has asked for an archive. */
  async function asking(): Promise<{ alice: Client; exportId: string }> {
    count += 1;
    const alice = await w.join(`alice${count}`);
    for (const seed of [1, 2]) await alice.upload(await photo({ width: 80, height: 60, seed }));
    const exportId = (await alice.post(path)).body.export_id;
    await holdJob(w, exportId, 'build-export');
    return { alice, exportId };
  }
  /** Makes it with a store whose reads are as given. */
  const make = (exportId: string, get = w.tools.images.get, signal = new AbortController().signal) => {
    const tools = { ...w.tools, images: { ...w.tools.images, get } };
    return buildExport({ exportId }, { tools, signal });
  };
  const state = async (alice: Client) => (await alice.get(path)).body;

  it('says how far it is', async () => {
    const { alice, exportId } = await asking();
    let seen: unknown;
    await make(exportId, async (key, range) => {
      seen ??= await state(alice);
      return w.tools.images.get(key, range);
    });
    expect(seen).to.include({ state: 'running', finished_at: null, url: null });
    expect((seen as { progress: number }).progress).to.be.within(0.01, 0.99);
    expect(await state(alice)).to.include({ state: 'done', progress: 1 });
  });

  it('tells again when it runs again, and makes nothing twice', async () => {
    const { alice, exportId } = await asking();
    await make(exportId);
    const first = await state(alice);
    await using ear = await listen(w.base, alice);
    await make(exportId, async () => {
      throw new Error('nothing is read');
    });
    await until('she is told', () => ear.types().includes('export.ready'));
    expect(await state(alice)).to.include({ finished_at: first.finished_at, size_bytes: first.size_bytes });
  });

  it('keeps nothing of what a failure cut off, and is whole the next time', async () => {
    const { alice, exportId } = await asking();
    const failures: [name: string, get: ObjectStore['get'], message: RegExp][] = [
      [
        'a store that is away',
        async () => {
          throw new ObjectStoreError('unavailable', 'The image store failed: away');
        },
        /away/,
      ],
      [
        'a file that breaks off',
        async (key) => {
          const found = await w.tools.images.get(key);
          found?.stream.destroy();
          const stream = new Readable({
            read() {
              this.push('some bytes');
              this.destroy(new Error('the disk is gone'));
            },
          });
          return found && { ...found, stream };
        },
        /the disk is gone/,
      ],
      [
        'a file of another length',
        async (key) => {
          const found = await w.tools.images.get(key);
          found?.stream.destroy();
          return found && { ...found, stream: Readable.from([Buffer.from('short')]) };
        },
        /unexpected number of bytes/,
      ],
    ];
    for (const [name, get, message] of failures) {
      const error: Error = await make(exportId, get).then(
        () => new Error('it was made'),
        (thrown: Error) => thrown,
      );
      expect(error.message, name).to.match(message);
      expect(await w.tools.images.stat(archiveKey(alice.userId, exportId)), name).to.equal(undefined);
      expect((await state(alice)).state, name).to.equal('running');
    }
    await make(exportId);
    const { url } = await state(alice);
    const response = await fetch(url.replace(w.config.PUBLIC_URL, w.base));
    const names = [...unzip(Buffer.from(await response.arrayBuffer())).keys()];
    expect(names.filter((name) => name.startsWith('images/posts/'))).to.have.length(2);
  });

  it('ends when its process is to stop', async () => {
    const { alice, exportId } = await asking();
    const controller = new AbortController();
    const ended = await make(
      exportId,
      async (key) => {
        controller.abort();
        return w.tools.images.get(key);
      },
      controller.signal,
    ).then(
      () => 'done',
      (error: Error) => error.name,
    );
    expect(ended).to.equal('AbortError');
    expect((await state(alice)).state).to.equal('running');
  });

  it('leaves nothing when the account goes meanwhile', async () => {
    const { alice, exportId } = await asking();
    let isGone = false;
    await make(exportId, async (key, range) => {
      const found = await w.tools.images.get(key, range);
      if (!isGone) {
        isGone = true;
        await alice.delete('/v1/users/me', undefined, { password: `${alice.username} has a password` });
        await holdJob(w, alice.userId, 'remove-account');
        await removeAccount(
          { userId: alice.userId },
          { tools: w.tools, signal: new AbortController().signal },
        );
      }
      return found;
    });
    expect(await w.tools.images.stat(archiveKey(alice.userId, exportId))).to.equal(undefined);
    await make(exportId, async () => {
      throw new Error('nothing is read');
    });
  });

  it('reads one moment of the database, and changes nothing', async () => {
    const { db } = w.tools;
    const { alice } = await asking();
    const id = await internalId(w, 'users', alice.userId);
    await atOneMoment(db, async (tx) => {
      const posts = async () => {
        const { rows } = await sql<{ count: number }>`
          SELECT count(*) AS count FROM posts WHERE user_id = ${id}`.execute(tx);
        return rows[0]?.count;
      };
      expect(await posts()).to.equal(2);
      expect((await alice.upload(await photo({ width: 50, height: 50 }))).status).to.equal(201);
      expect(await posts(), 'still').to.equal(2);
    });
    const change = atOneMoment(db, (tx) =>
      tx.updateTable('users').set({ bio: 'x' }).where('id', '=', id).execute(),
    );
    expect(await change.catch((error: Error) => error.message)).to.match(/read-only transaction/);
  });
});
