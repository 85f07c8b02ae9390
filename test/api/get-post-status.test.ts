import { expect } from 'chai';
import { type RunningWorker, startWorker } from '../../workers/worker.ts';
import { type Client, send } from '../tools/client.ts';
import { photo } from '../tools/photos.ts';
import { expectRefusal } from '../tools/refusal.ts';
import { until, type World, world } from '../tools/world.ts';

describe('GET /v1/posts/{post_id}/status', () => {
  let w: World;
  let worker: RunningWorker | undefined;
  let alice: Client;
  let bob: Client;
  let path: string;
  before(async () => {
    w = await world({ serves: [] });
    alice = await w.join('alice');
    bob = await w.join('bob');
    const { body } = await alice.upload(await photo({ width: 60, height: 60 }), { caption: '#status' });
    path = `/v1/posts/${body.post_id}`;
  });
  after(async () => {
    await worker?.stop();
    await w[Symbol.asyncDispose]();
  });

  const names = [
    'count-hashtags',
    'count-location',
    'fan-out-post',
    'index-post',
    'make-renditions',
    'notify-tagged',
  ];
  const effects = async () => (await alice.get(`${path}/status`)).body.effects;

  it('answers 200 with every effect, pending as long as no worker runs', async () => {
    const reply = await alice.get(`${path}/status`);
    expect(reply.status, reply.text).to.equal(200);
    expect(Object.keys(reply.body)).to.eql(['post_id', 'effects']);
    expect(reply.body.post_id).to.equal(path.split('/').at(-1));
    const createdAt = reply.body.effects[0].created_at;
    expect(Date.parse(createdAt)).to.be.within(Date.now() - 60_000, Date.now());
    expect(reply.body.effects).to.eql(
      names.map((name) => ({
        name,
        state: 'pending',
        attempts: 0,
        percent: 0,
        last_error: null,
        created_at: createdAt,
        started_at: null,
        finished_at: null,
      })),
    );
  });

  it('refuses who is not the author, until they are an admin', async () => {
    expectRefusal(await bob.get(`${path}/status`), 'FORBIDDEN', { field: 'post_id' });
    await w.tools.db.updateTable('users').set({ role: 'admin' }).where('username', '=', 'bob').execute();
    await w.tools.profiles.forget(bob.userId);
    expect((await bob.get(`${path}/status`)).status).to.equal(200);
  });

  it('follows each effect to its end', async () => {
    worker = await startWorker(w.config, ['relay', 'media', 'feeds', 'counts', 'search', 'notify']);
    await until('all is done', async () =>
      (await effects()).every((effect: { state: string }) => effect.state === 'done'),
    );
    for (const effect of await effects()) {
      expect(effect, effect.name).to.deep.include({ percent: 100, attempts: 1, last_error: null });
      const [created, started, finished] = [effect.created_at, effect.started_at, effect.finished_at].map(
        (text) => Date.parse(text),
      ) as [number, number, number];
      expect(started).to.be.at.least(created);
      expect(finished).to.be.at.least(started);
    }
  });

  it('tells of the newest run of an effect, and of those an edit owes', async () => {
    await alice.put(path, { caption: '#status #again' });
    await until('the edit is done', async () =>
      (await effects()).every((effect: { state: string }) => effect.state === 'done'),
    );
    const found = (await effects()).map((effect: { name: string }) => effect.name).sort();
    expect(found).to.eql([...names, 'refresh-post'].sort());
  });

  it('answers 404 to its author once the post is gone, and goes on telling admins what became of it', async () => {
    await alice.delete(path);
    expectRefusal(await alice.get(`${path}/status`), 'NOT_FOUND', {
      field: 'post_id',
      message: 'Post not found',
    });
    const told = (await bob.get(`${path}/status`)).body.effects;
    expect(told.map((effect: { name: string }) => effect.name)).to.include('remove-images');
  });

  it('answers 404 for a post there is none of', async () => {
    for (const client of [alice, bob]) {
      for (const id of ['post_01j8z3k4m5n6p7q8r9s0t1v2w3', '%00', 'x']) {
        const reply = await client.get(`/v1/posts/${id}/status`);
        expectRefusal(reply, 'NOT_FOUND', { field: 'post_id', message: 'Post not found' });
      }
    }
    expectRefusal(await send(w.base, 'GET', `${path}/status`), 'UNAUTHORIZED');
  });
});
