/** Nothing can be found without the index; what is written meanwhile is found soon after. */
import { needsEngine } from '../tools/engine-url.ts';
import { outlive } from '../tools/outage.ts';
import { type OwnEngine, ownEngine } from '../tools/own-engine.ts';
import { type World, world } from '../tools/world.ts';

describe('while Elasticsearch is away', function () {
  this.timeout(300_000);
  let engine: OwnEngine;
  let w: World | undefined;
  before(async function () {
    needsEngine(this, 'TEST_ELASTICSEARCH_URL');
    engine = await ownEngine('elasticsearch');
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
      part: 'search',
      leave: () => program.stop(),
      comeBack: () => program.start(),
      needs: ['search'],
    });
  });

  it('the rest works, and what is owed is done soon after, if it said nothing', async () => {
    w = await world({ env: engine.urls });
    const [program] = engine.programs;
    await outlive(w, {
      part: 'search',
      leave: () => program.freeze(),
      comeBack: () => program.thaw(),
      needs: ['search'],
    });
  });
});
