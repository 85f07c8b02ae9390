import { expect } from 'chai';
import { countHashtags } from '../../workers/handlers/count-hashtags.ts';
import type { Client } from '../tools/client.ts';
import { photo } from '../tools/photos.ts';
import { type World, world } from '../tools/world.ts';

describe('count-hashtags', () => {
  let w: World;
  let alice: Client;
  let image: Buffer;
  before(async () => {
    w = await world({ serves: [] });
    alice = await w.join('alice');
    image = await photo({ width: 40, height: 40 });
  });
  after(() => w[Symbol.asyncDispose]());

  const { signal } = new AbortController();
  const run = (postId: string) => countHashtags({ postId }, { tools: w.tools, signal });
  const upload = async (caption: string) => (await alice.upload(image, { caption })).body.post_id as string;
  const edit = (postId: string, fields: object) => alice.put(`/v1/posts/${postId}`, fields);

  const linked = async (postId: string) => {
    const rows = await w.tools.db
      .selectFrom('post_hashtags')
      .innerJoin('hashtags', 'hashtags.id', 'post_hashtags.hashtag_id')
      .innerJoin('posts', 'posts.id', 'post_hashtags.post_id')
      .select('name')
      .where('posts.post_id', '=', postId)
      .orderBy('name')
      .execute();
    return rows.map((row) => row.name);
  };
  /** The waiting changes of a hashtag, oldest first. */
  const deltas = async (name: string) => {
    const rows = await w.tools.db
      .selectFrom('count_deltas')
      .innerJoin('hashtags', 'hashtags.id', 'count_deltas.target_id')
      .select('delta')
      .where('counter', '=', 'hashtag.posts')
      .where('name', '=', name)
      .orderBy('count_deltas.id')
      .execute();
    return rows.map((row) => row.delta);
  };
  const rollUps = async () => (await w.tools.queues.counts('counts')).delayed;

  it('links a post to the hashtags of its caption, counts each once and has them rolled up', async () => {
    const postId = await upload('#Zebra and #été, #zebra again');
    const before = await rollUps();
    await run(postId);
    expect(await linked(postId)).to.eql(['zebra', 'été']);
    expect([await deltas('zebra'), await deltas('été')]).to.eql([[1], [1]]);
    expect(await rollUps()).to.equal(before + 2);
  });

  it('counts nothing when it runs again', async () => {
    const postId = await upload('#twice');
    await run(postId);
    await run(postId);
    await Promise.all([run(postId), run(postId)]);
    expect(await linked(postId)).to.eql(['twice']);
    expect(await deltas('twice')).to.eql([1]);
  });

  it('follows an edit: counts what came and what went, and leaves what stayed', async () => {
    const postId = await upload('#stays #goes');
    await run(postId);
    await edit(postId, { caption: '#comes #stays' });
    await run(postId);
    expect(await linked(postId)).to.eql(['comes', 'stays']);
    expect([await deltas('stays'), await deltas('goes'), await deltas('comes')]).to.eql([[1], [1, -1], [1]]);
    await edit(postId, { caption: null });
    await run(postId);
    expect(await linked(postId)).to.eql([]);
  });

  it('takes an archived post out of the counts and puts it back when it returns', async () => {
    const postId = await upload('#hidden');
    await run(postId);
    await edit(postId, { is_archived: true });
    await run(postId);
    expect([await linked(postId), await deltas('hidden')]).to.eql([[], [1, -1]]);
    await edit(postId, { is_archived: false });
    await run(postId);
    expect([await linked(postId), await deltas('hidden')]).to.eql([['hidden'], [1, -1, 1]]);
  });

  it('does nothing for a post that is gone', async () => {
    const postId = await upload('#deleted');
    await run(postId);
    await alice.delete(`/v1/posts/${postId}`);
    await run(postId);
    expect(await deltas('deleted')).to.eql([1, -1]);
    await run('post_01j8z3k4m5n6p7q8r9s0t1v2w3');
  });

  it('counts right when many posts with the same new hashtags come at once', async () => {
    const names = Array.from({ length: 10 }, (_, number) => `crowd${number}`);
    const captions = [names, names.toReversed(), names.toSorted(), names];
    const ids = await Promise.all(captions.map((tags) => upload(tags.map((name) => `#${name}`).join(' '))));
    await Promise.all(ids.map(run));
    for (const name of names) expect(await deltas(name)).to.eql([1, 1, 1, 1]);
  });
});
