import { expect } from 'chai';
import { searchTypes } from '../../shared/search/index.ts';
import { indexPostsOf } from '../../workers/handlers/index-posts-of.ts';
import { indexUser } from '../../workers/handlers/index-user.ts';
import type { Client } from '../tools/client.ts';
import { queuedJobs } from '../tools/owed.ts';
import { photo } from '../tools/photos.ts';
import { type World, world } from '../tools/world.ts';

describe('what the search index makes of a suspended account', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let postIds: string[];
  before(async () => {
    w = await world();
    [alice, bob] = [await w.join('alice'), await w.join('bob')];
    const image = await photo({ width: 40, height: 40 });
    const upload = async (client: Client, caption: string) =>
      (await client.upload(image, { caption })).body.post_id as string;
    postIds = [await upload(alice, 'harbour at dawn'), await upload(alice, 'harbour at dusk')];
    await upload(bob, 'harbour at night');
  });
  after(() => w[Symbol.asyncDispose]());

  const context = () => ({ tools: w.tools, signal: new AbortController().signal });
  const index = async ({ userId }: Client) => {
    await indexPostsOf({ userId }, context());
    await indexUser({ userId }, context());
    await w.settle();
  };
  const found = async (text: string) => {
    const { hits } = await w.tools.search.query({ text, types: searchTypes, limit: 10 });
    return hits.map(({ id }) => id).sort();
  };
  const setSuspended = (at: Date | null) =>
    w.tools.db.updateTable('users').set({ suspended_at: at }).where('user_id', '=', alice.userId).execute();

  it('takes its posts and its name out, and puts them back', async () => {
    await index(alice);
    await index(bob);
    const all = await found('harbour');
    expect(all).to.include.members(postIds).and.have.length(3);
    expect(await found('alice')).to.eql([alice.userId]);
    await setSuspended(new Date());
    await index(alice);
    expect(await found('harbour')).to.eql(all.filter((id) => !postIds.includes(id)));
    expect(await found('alice')).to.eql([]);
    await setSuspended(null);
    await index(alice);
    await index(alice);
    expect([await found('harbour'), await found('alice')]).to.eql([all, [alice.userId]]);
  });

  it('does nothing for an account that has no posts, or is gone', async () => {
    const carol = await w.join('carol');
    await w.settle();
    for (const userId of [carol.userId, 'user_gone']) await indexPostsOf({ userId }, context());
    expect((await queuedJobs(w.tools)).filter(({ name }) => name === 'index-post')).to.eql([]);
  });
});
