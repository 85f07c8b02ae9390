import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { keyOf } from '../../shared/ids.ts';
import { startWorker } from '../../workers/worker.ts';
import type { Client } from '../tools/client.ts';
import { listen } from '../tools/listen.ts';
import { effectsOn } from '../tools/owed.ts';
import { photo } from '../tools/photos.ts';
import { until, type World, world } from '../tools/world.ts';

describe('the job make-renditions', () => {
  let w: World;
  let alice: Client;
  let image: Buffer;
  before(async () => {
    w = await world({ serves: [] });
    alice = await w.join('alice');
    image = await photo({ width: 50, height: 40 });
  });
  after(() => w[Symbol.asyncDispose]());

  const rendered = async (postId: string) => {
    const rows = await w.tools.db
      .selectFrom('post_images')
      .innerJoin('posts', 'posts.id', 'post_images.post_id')
      .select(['position', 'rendered_at'])
      .where('posts.post_id', '=', postId)
      .orderBy('position')
      .execute();
    return rows.filter((row) => row.rendered_at !== null).map((row) => row.position);
  };
  const stateOf = async (postId: string) =>
    (await effectsOn(w.tools, postId)).find(({ job }) => job === 'make-renditions')?.state;
  const objectsOf = async (key: string) => (await w.objects()).filter((path) => path.includes(key));

  it('makes those of every image, then tells the author once', async () => {
    await using ear = await listen(w.base, alice);
    const { post_id: postId } = (await alice.upload([image, image, image])).body;
    const worker = await startWorker(w.config, ['relay', 'media']);
    try {
      await until('it is done', async () => (await stateOf(postId)) === 'done');
      expect(await rendered(postId)).to.eql([1, 2, 3]);
      expect(await objectsOf(keyOf(postId)), 'an original and three sizes of each').to.have.length(12);
      await until('the author is told', () => ear.types().includes('post.ready'));
      expect(ear.types().filter((type) => type === 'post.ready')).to.have.length(1);
    } finally {
      await worker.stop();
    }
  });

  it('of several images lets none wait for one that cannot be made, and fails', async () => {
    await using ear = await listen(w.base, alice);
    const { post_id: postId } = (await alice.upload([image, image, image])).body;
    const junk = join(w.config.DATA_DIR, 'junk');
    await writeFile(junk, 'this is no photo');
    await w.tools.images.put(`originals/${keyOf(postId)}/2.jpg`, junk, 'image/jpeg');
    const worker = await startWorker(w.config, ['relay', 'media']);
    try {
      await until('it has failed for good', async () => (await stateOf(postId)) === 'failed');
      expect(await rendered(postId)).to.eql([1, 3]);
      expect(ear.types()).not.to.include('post.ready');
    } finally {
      await worker.stop();
    }
  });
});
