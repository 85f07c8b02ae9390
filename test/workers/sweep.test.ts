/** The sweep, where what it finds is not what it expects. */
import { expect } from 'chai';
import { notify } from '../../shared/notifications/index.ts';
import { retain, sweep, sweepEffects } from '../../workers/sweep.ts';
import { crowd } from '../tools/crowd.ts';
import { type World, world } from '../tools/world.ts';

describe('the sweep', () => {
  let w: World;
  before(async () => {
    w = await world({ serves: [] });
  });
  after(() => w[Symbol.asyncDispose]());

  /** An effect as another version of the code may have left it. */
  async function leave(job: string, payload: object, ageDays = 0): Promise<void> {
    const created = new Date(Date.now() - ageDays * 86_400_000 - 120_000);
    await w.tools.db
      .insertInto('effects')
      .values({
        event_id: 'event_left',
        job,
        event: 'postCreated',
        subject: 'post_left',
        payload: JSON.stringify(payload),
        created_at: created,
        touched_at: created,
      })
      .execute();
  }
  const stateOf = async (job: string) => {
    const effects = w.tools.db.selectFrom('effects').select(['state', 'last_error']);
    return effects.where('job', '=', job).executeTakeFirst();
  };

  it('passes over a job nobody declares and goes on to the next', async () => {
    await leave('job-of-tomorrow', {});
    await leave('index-post', { postId: 'post_left' });
    await sweep(w.tools);
    expect(await w.tools.queues.stateOf('index-post', 'event_left-index-post')).to.equal('waiting');
    expect(await stateOf('job-of-tomorrow')).to.deep.include({ state: 'pending' });
  });

  it('enqueues nothing twice', async () => {
    expect(await sweepEffects(w.tools, 0)).to.equal(0);
  });

  it('gives up a job that nobody has declared for a day', async () => {
    await leave('job-of-yesterday', {}, 2);
    await retain(w.tools);
    expect(await stateOf('job-of-yesterday')).to.eql({
      state: 'failed',
      last_error: 'no job of this name is declared',
    });
    expect(await stateOf('job-of-tomorrow')).to.deep.include({ state: 'pending' });
  });

  it('forgets password resets when they expire, and passkeys a day after they were removed', async () => {
    const { db } = w.tools;
    const [userId = 0] = await crowd(w, 'keyed', 1);
    const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);
    const reset = { user_id: null, salt: Buffer.alloc(16) };
    await db
      .insertInto('password_resets')
      .values([
        { ...reset, reset_id: 'reset_late', expires_at: hoursAgo(1) },
        { ...reset, reset_id: 'reset_open', expires_at: hoursAgo(-1) },
      ])
      .execute();
    const passkey = {
      user_id: userId,
      public_key: Buffer.alloc(1),
      counter: 0,
      transports: [],
      is_backed_up: true,
    };
    await db
      .insertInto('passkeys')
      .values([
        { ...passkey, passkey_id: 'passkey_gone', credential_id: 'gone', removed_at: hoursAgo(25) },
        { ...passkey, passkey_id: 'passkey_going', credential_id: 'going', removed_at: hoursAgo(23) },
        { ...passkey, passkey_id: 'passkey_kept', credential_id: 'kept' },
      ])
      .execute();
    await retain(w.tools);
    const resets = await db.selectFrom('password_resets').select('reset_id').execute();
    expect(resets.map((row) => row.reset_id)).to.eql(['reset_open']);
    const passkeys = await db.selectFrom('passkeys').select('passkey_id').orderBy('passkey_id').execute();
    expect(passkeys.map((row) => row.passkey_id)).to.eql(['passkey_going', 'passkey_kept']);
  });

  it('forgets notices after ninety days, and groups of which nothing is left', async () => {
    const { db } = w.tools;
    const [alice = 0, ...others] = await crowd(w, 'noticed', 4);
    for (const actorId of others) {
      await db.transaction().execute((tx) => notify(tx, { userId: alice, actorId, type: 'follow_request' }));
    }
    const [oldest, older] = await db.selectFrom('notifications').select('id').orderBy('id').execute();
    const ageTo = (id: number | undefined, days: number) =>
      db
        .updateTable('notifications')
        .set({ created_at: new Date(Date.now() - days * 86_400_000) })
        .where('id', '=', id ?? 0)
        .execute();
    await ageTo(oldest?.id, 91);
    await ageTo(older?.id, 89);
    await retain(w.tools);
    const left = await db.selectFrom('notifications').select('actor_id').orderBy('id').execute();
    expect(left.map((row) => row.actor_id)).to.eql(others.slice(1));
    expect(await db.selectFrom('notification_groups').select('id').execute()).to.have.length(2);
  });
});
