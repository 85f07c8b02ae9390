/** The sweep, where what it finds is not what it expects. */
import { expect } from 'chai';
import { retain, sweep, sweepEffects } from '../../workers/sweep.ts';
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
});
