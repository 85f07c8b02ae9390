/** index-post, index-user and index-hashtag: the search index follows the rows. */
import { expect } from 'chai';
import { searchTypes } from '../../shared/search/index.ts';
import { indexHashtag } from '../../workers/handlers/index-hashtag.ts';
import { indexPost } from '../../workers/handlers/index-post.ts';
import { indexUser } from '../../workers/handlers/index-user.ts';
import type { Client } from '../tools/client.ts';
import { photo } from '../tools/photos.ts';
import { type World, world } from '../tools/world.ts';

describe('the index jobs', () => {
  let w: World;
  let alice: Client;
  let image: Buffer;
  before(async () => {
    w = await world({ serves: [] });
    alice = await w.join('alice');
    image = await photo({ width: 40, height: 40 });
  });
  after(() => w[Symbol.asyncDispose]());

  const context = () => ({ tools: w.tools, signal: new AbortController().signal });
  const found = async (text: string) => {
    await w.tools.search.refresh();
    const { hits } = await w.tools.search.query({ text, types: searchTypes, limit: 10 });
    return hits.map(({ type, id }) => `${type} ${id}`);
  };
  const upload = async (fields: Record<string, unknown>) =>
    (await alice.upload(image, fields)).body.post_id as string;
  const edit = (postId: string, fields: object) => alice.put(`/v1/posts/${postId}`, fields);

  it('index-post makes a post known by caption, place and alt text, and again when it is edited', async () => {
    const postId = await upload({
      caption: 'Morning #mist',
      location: { name: 'Lake Bled', latitude: 46.36, longitude: 14.09 },
      alt_text: 'A wooden boat',
    });
    await indexPost({ postId }, context());
    for (const text of ['mist', 'bled', 'wooden boat', 'morning lake']) {
      expect(await found(text), text).to.eql([`post ${postId}`]);
    }
    await edit(postId, { caption: 'Evening' });
    await indexPost({ postId }, context());
    await indexPost({ postId }, context());
    expect([await found('mist'), await found('evening')]).to.eql([[], [`post ${postId}`]]);
  });

  it('index-post ranks by likes', async () => {
    const ids = [await upload({ caption: 'ranked' }), await upload({ caption: 'ranked' })] as const;
    await w.tools.db.updateTable('posts').set({ like_count: 5 }).where('post_id', '=', ids[0]).execute();
    for (const postId of ids) await indexPost({ postId }, context());
    expect(await found('ranked')).to.eql(ids.map((id) => `post ${id}`));
  });

  it('index-post takes out what is archived or deleted', async () => {
    const postId = await upload({ caption: 'vanishing' });
    await indexPost({ postId }, context());
    await edit(postId, { is_archived: true });
    await indexPost({ postId }, context());
    expect(await found('vanishing')).to.eql([]);
    await edit(postId, { is_archived: false });
    await indexPost({ postId }, context());
    expect(await found('vanishing')).to.eql([`post ${postId}`]);
    await alice.delete(`/v1/posts/${postId}`);
    await indexPost({ postId }, context());
    expect(await found('vanishing')).to.eql([]);
  });

  it('index-post leaves the last state when edits overtake each other', async () => {
    const postId = await upload({ caption: 'draft' });
    const runs: Promise<void>[] = [];
    for (let number = 0; number < 8; number++) {
      await edit(postId, { caption: `revision${number}x` });
      runs.push(indexPost({ postId }, context()));
    }
    await Promise.all(runs);
    expect(await found('revision7x')).to.eql([`post ${postId}`]);
  });

  it('index-user makes a user known by name and full name, ranked by followers', async () => {
    const bob = await w.join('bobby_tables');
    await w.tools.db
      .updateTable('users')
      .set({ full_name: 'Robert Tables', follower_count: 7 })
      .where('user_id', '=', bob.userId)
      .execute();
    const other = await w.join('bobby_other');
    for (const userId of [other.userId, bob.userId]) await indexUser({ userId }, context());
    expect(await found('robert tables')).to.eql([`user ${bob.userId}`]);
    expect(await found('bobby')).to.eql([`user ${bob.userId}`, `user ${other.userId}`]);
  });

  it('index-user takes out whom there is no more', async () => {
    const userId = 'user_01j8z3k4m5n6p7q8r9s0t1v2w3';
    await w.tools.search.put({
      type: 'user',
      id: userId,
      username: 'phantom',
      fullName: null,
      popularity: 0,
    });
    await indexUser({ userId }, context());
    expect(await found('phantom')).to.eql([]);
  });

  it('index-hashtag makes a hashtag known while it has posts, those included that are not rolled up', async () => {
    const { id } = await w.tools.db
      .insertInto('hashtags')
      .values({ name: 'été', post_count: 0 })
      .returning('id')
      .executeTakeFirstOrThrow();
    await indexHashtag({ hashtag: 'été' }, context());
    expect(await found('été')).to.eql([]);
    const waiting = { counter: 'hashtag.posts', target_id: id, delta: 2 };
    await w.tools.db.insertInto('count_deltas').values(waiting).execute();
    await indexHashtag({ hashtag: 'été' }, context());
    expect(await found('été')).to.eql(['hashtag été']);
    await w.tools.db
      .insertInto('count_deltas')
      .values({ ...waiting, delta: -2 })
      .execute();
    await indexHashtag({ hashtag: 'été' }, context());
    await indexHashtag({ hashtag: 'never' }, context());
    expect(await found('été')).to.eql([]);
  });
});
