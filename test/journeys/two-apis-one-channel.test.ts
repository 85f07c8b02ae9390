/** Two API processes are one API: what one answers, the other knows, and the live channel spans both. */
import { expect } from 'chai';
import { startServer } from '../../api/server.ts';
import { openApiTools } from '../../api/tools.ts';
import type { Tools } from '../../shared/tools.ts';
import { appOf, at, dataOf, done, joinApp, refusalOf, share } from '../tools/app.ts';
import { listen } from '../tools/listen.ts';
import { photo } from '../tools/photos.ts';
import { freePort, until, type World, world } from '../tools/world.ts';

describe('two API processes', () => {
  let w: World;
  let otherTools: Tools;
  let other: Awaited<ReturnType<typeof startServer>>;
  let otherBase: string;
  before(async () => {
    w = await world();
    const config = { ...w.config, PORT: await freePort() };
    otherTools = await openApiTools(config);
    other = await startServer(otherTools, { checkReplies: true });
    otherBase = `http://127.0.0.1:${other.port}`;
  });
  after(async () => {
    await other.stop();
    await otherTools.stop();
    await w[Symbol.asyncDispose]();
  });

  it('tell a user on one what was caused on the other, and again after a reconnect', async () => {
    const alice = await joinApp(w.base, 'alice');
    const bob = await joinApp(w.base, 'bob');
    await dataOf(bob.POST('/v1/users/{user_id}/follow', at({ user_id: '@alice' })));
    await w.settle();
    const image = await photo({ width: 200, height: 200 });
    const ids = (messages: { id?: string | undefined }[]) => messages.map((message) => message.id as string);

    let lastHeard: string;
    {
      await using ear = await listen(otherBase, bob);
      await share(alice, image);
      await until('bob hears it on the other process', () => ear.types().includes('feed.new_post'));
      expect(ids(ear.messages)).to.eql([...ids(ear.messages)].sort());
      lastHeard = ids(ear.messages).at(-1) as string;
    }
    await share(alice, image);
    await w.settle();
    await using again = await listen(w.base, bob, `?resume_from=${lastHeard}`);
    await until('bob gets what he missed', () => again.types().includes('feed.new_post'));
    expect(again.types()).not.to.include('gap');
    expect(ids(again.messages).every((id) => id > lastHeard)).to.equal(true);
  });

  it('forget together: a deleted post and an ended session', async () => {
    const carol = await joinApp(w.base, 'carol');
    const post = await share(carol, await photo({ width: 200, height: 200 }));
    const thePost = at({ post_id: post.post_id });
    await w.settle();
    const elsewhere = appOf(otherBase, carol);
    const shown = async () => (await dataOf(elsewhere.GET('/v1/feed'))).posts.map((each) => each.caption);
    expect(await shown()).to.eql([null]);
    await dataOf(carol.PUT('/v1/posts/{post_id}', { ...thePost, body: { caption: 'edited here' } }));
    expect(await shown()).to.eql(['edited here']);
    await done(carol.DELETE('/v1/posts/{post_id}', thePost));
    expect(await shown()).to.eql([]);

    await using ear = await listen(otherBase, carol);
    await done(carol.POST('/v1/auth/logout'));
    expect((await refusalOf(elsewhere.GET('/v1/feed'))).status).to.equal(401);
    expect(await ear.closed, 'the socket on the other process is closed').to.equal(4401);
  });
});
