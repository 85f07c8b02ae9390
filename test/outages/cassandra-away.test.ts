/** Stories cannot be told or seen without their store; deleting them can wait. */
import { needsEngine } from '../tools/engine-url.ts';
import { outlive } from '../tools/outage.ts';
import { type OwnEngine, ownEngine } from '../tools/own-engine.ts';
import { type World, world } from '../tools/world.ts';

describe('while Cassandra is away', function () {
  this.timeout(300_000);
  let engine: OwnEngine;
  let w: World | undefined;
  before(async function () {
    needsEngine(this, 'TEST_CASSANDRA_URL');
    engine = await ownEngine('cassandra');
  });
  afterEach(async () => {
    await w?.[Symbol.asyncDispose]();
    w = undefined;
  });
  after(() => engine?.[Symbol.asyncDispose]());

  it('the rest works, and what is owed is done soon after, if it was stopped', async () => {
    w = await world({ env: engine.urls });
    const [program] = engine.programs;
    await outlive(w, {
      part: 'stories',
      leave: () => program.stop(),
      comeBack: () => program.start(),
      needs: ['story', 'view story', 'stories'],
    });
  });

  it('the rest works, and what is owed is done soon after, if it said nothing', async () => {
    w = await world({ env: engine.urls });
    const [program] = engine.programs;
    await outlive(w, {
      part: 'stories',
      leave: () => program.freeze(),
      comeBack: () => program.thaw(),
      needs: ['story', 'view story', 'stories'],
    });
  });
});
