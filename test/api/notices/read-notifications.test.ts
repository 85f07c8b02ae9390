import { expect } from 'chai';
import { newId } from '../../../shared/ids.ts';
import { notify, withdraw } from '../../../shared/notifications/index.ts';
import { tellRead } from '../../../workers/handlers/tell-read.ts';
import { type Client, send } from '../../tools/client.ts';
import { crowd } from '../../tools/crowd.ts';
import { listen } from '../../tools/listen.ts';
import { effectsOn } from '../../tools/owed.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { internalId } from '../../tools/rows.ts';
import { until, type World, world } from '../../tools/world.ts';

describe('POST /v1/notifications/read', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let aliceId: number;
  let people: number[];
  before(async () => {
    w = await world({ serves: [] });
    [alice, bob] = [await w.join('alice'), await w.join('bob')];
    aliceId = await internalId(w, 'users', alice.userId);
    people = await crowd(w, 'asker', 10);
  });
  beforeEach(async () => {
    await w.tools.db.deleteFrom('notification_groups').execute();
    await w.tools.db.deleteFrom('notification_reads').execute();
    await w.tools.db.deleteFrom('effects').execute();
  });
  after(() => w[Symbol.asyncDispose]());

  const ask = (actorId: number | undefined) =>
    w.tools.db
      .transaction()
      .execute((tx) => notify(tx, { userId: aliceId, actorId: actorId ?? 0, type: 'follow_request' }));
  const list = async () => (await alice.get('/v1/notifications')).body;
  const readStates = async () =>
    (await list()).notifications.map((entry: { is_read: boolean }) => entry.is_read);
  const idsOf = async (): Promise<string[]> =>
    (await list()).notifications.map((entry: { notification_id: string }) => entry.notification_id);
  const read = (upTo: unknown) => alice.post('/v1/notifications/read', { up_to: upTo });

  it('answers 200 with what is left unread, and reads all up to the notice', async () => {
    for (const id of people.slice(0, 4)) await ask(id);
    const [, second] = await idsOf();
    const reply = await read(second);
    expect(reply.status, reply.text).to.equal(200);
    expect(reply.body).to.eql({ unread_count: 1 });
    expect(await readStates()).to.eql([false, true, true, true]);
    expect((await list()).unread_count).to.equal(1);
  });

  it('never goes back, and leaves unread what comes later', async () => {
    for (const id of people.slice(0, 3)) await ask(id);
    const [newest, , oldest] = await idsOf();
    expect((await read(newest)).body).to.eql({ unread_count: 0 });
    expect((await read(oldest)).body).to.eql({ unread_count: 0 });
    expect(await readStates()).to.eql([true, true, true]);
    await ask(people[3]);
    expect(await readStates()).to.eql([false, true, true, true]);
    expect((await list()).unread_count).to.equal(1);
  });

  it('makes a group unread again when another joins it', async () => {
    const follow = (actorId: number | undefined) =>
      w.tools.db
        .transaction()
        .execute((tx) => notify(tx, { userId: aliceId, actorId: actorId ?? 0, type: 'follow' }));
    await follow(people[0]);
    const before = await list();
    await read(before.notifications[0].notification_id);
    await follow(people[1]);
    const after = await list();
    expect(after.notifications[0]).to.include({ group_id: before.notifications[0].group_id, is_read: false });
    expect(after.unread_count).to.equal(1);
    // What was seen on another device before the second one came reads the first only.
    expect((await read(before.notifications[0].notification_id)).body).to.eql({ unread_count: 1 });
  });

  it('takes the id of a notice that was taken back meanwhile for the one before it', async () => {
    for (const id of people.slice(0, 3)) await ask(id);
    const [, second] = await idsOf();
    await w.tools.db
      .transaction()
      .execute((tx) => withdraw(tx, { userId: aliceId, actorId: people[1] ?? 0, type: 'follow_request' }));
    expect((await read(second)).body).to.eql({ unread_count: 1 });
    expect(await readStates()).to.eql([false, true]);
  });

  it('reads nothing of anybody else', async () => {
    await ask(people[0]);
    const [own] = await idsOf();
    expect((await bob.post('/v1/notifications/read', { up_to: own })).body).to.eql({ unread_count: 0 });
    expect(await readStates()).to.eql([false]);
    expect((await read(newId('notification', 1_000))).body, 'before all').to.eql({ unread_count: 1 });
  });

  it('owes the other devices a message, unless nothing was read', async () => {
    await using ear = await listen(w.base, alice);
    for (const id of people.slice(0, 2)) await ask(id);
    const [newest] = await idsOf();
    const { headers } = await read(newest);
    await read(newest);
    expect(await effectsOn(w.tools, alice.userId)).to.eql([
      {
        event: 'notificationsRead',
        job: 'tell-read',
        state: 'pending',
        payload: { userId: alice.userId, upTo: newest, requestId: headers.get('x-request-id') },
      },
    ]);
    const context = { tools: w.tools, signal: new AbortController().signal };
    await tellRead({ userId: alice.userId, upTo: newest as string }, context);
    await until('alice’s device hears', () => ear.types().includes('notification.read'));
    expect(ear.messages.at(-1)?.data).to.eql({ up_to: newest, unread_count: 0 });
    await tellRead({ userId: newId('user'), upTo: newest as string }, context);
  });

  it('happens once for one Idempotency-Key', async () => {
    await ask(people[0]);
    const [newest] = await idsOf();
    const key = { 'Idempotency-Key': 'read-once' };
    const body = { up_to: newest };
    expect((await alice.post('/v1/notifications/read', body, key)).body).to.eql({ unread_count: 0 });
    await ask(people[1]);
    const again = await alice.post('/v1/notifications/read', body, key);
    expect(again.headers.get('idempotent-replayed')).to.equal('true');
    expect(again.body).to.eql({ unread_count: 0 });
  });

  it('refuses what is no notification id', async () => {
    for (const upTo of ['', 'x', 'notification_', alice.userId, 'notification_\u0000', 5, null, undefined]) {
      expectRefusal(await read(upTo), 'INVALID_INPUT', { field: 'up_to' });
    }
    expectRefusal(
      await alice.post('/v1/notifications/read', { up_to: newId('notification'), all: true }),
      'INVALID_INPUT',
      { field: 'all', reason: 'Unknown field' },
    );
    const anonymous = await send(w.base, 'POST', '/v1/notifications/read', '{}', {
      'Content-Type': 'application/json',
    });
    expectRefusal(anonymous, 'UNAUTHORIZED');
  });
});
