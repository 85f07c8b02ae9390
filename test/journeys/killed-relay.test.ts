/** Killing the relay loses nothing: what was accepted while it was dead arrives when it is back. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { at, dataOf, joinApp, share } from '../tools/app.ts';
import { photo } from '../tools/photos.ts';
import { spawnWorker } from '../tools/processes.ts';
import { until, type World, world } from '../tools/world.ts';

describe('a relay that is killed', () => {
  let w: World;
  let child: ChildProcess | undefined;
  before(async () => {
    w = await world({ serves: ['media', 'feeds', 'counts', 'search', 'notify'] });
  });
  after(async () => {
    child?.kill('SIGKILL');
    await w[Symbol.asyncDispose]();
  });

  it('delivers everything accepted meanwhile when it is started again', async () => {
    const alice = await joinApp(w.base, 'alice');
    const bob = await joinApp(w.base, 'bob');
    await dataOf(bob.POST('/v1/users/{user_id}/follow', at({ user_id: '@alice' })));
    await dataOf(bob.GET('/v1/feed'));
    child = spawnWorker(w.config, ['relay']);
    const { post_id: first } = await share(alice, await photo({ width: 200, height: 200 }));
    const statesOf = async (postId: string) => {
      const asked = alice.GET('/v1/posts/{post_id}/status', at({ post_id: postId }));
      return (await dataOf(asked)).effects.map(({ state }) => state);
    };
    const allDone = async (postId: string) => (await statesOf(postId)).every((state) => state === 'done');
    await until('the first post is delivered', () => allDone(first));

    child.kill('SIGKILL');
    await once(child, 'exit');
    const image = await photo({ width: 210, height: 200 });
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) ids.push((await share(alice, image)).post_id);
    expect(await statesOf(ids[0] as string)).to.include('pending');

    child = spawnWorker(w.config, ['relay']);
    for (const postId of ids) await until(`${postId} is delivered`, () => allDone(postId));
    const { posts } = await dataOf(bob.GET('/v1/feed'));
    expect(posts.map((post) => post.post_id)).to.eql([...ids.reverse(), first]);
  });
});
