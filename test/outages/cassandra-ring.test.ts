/** Of three nodes with a copy each one may go: two are a quorum. */
import { needsEngine } from '../tools/engine-url.ts';
import { outlive } from '../tools/outage.ts';
import { type OwnEngine, type OwnProgram, ownEngine } from '../tools/own-engine.ts';
import { type World, world } from '../tools/world.ts';

describe('a Cassandra ring of which one node goes', function () {
  this.timeout(400_000);
  let engine: OwnEngine;
  let w: World | undefined;
  before(async function () {
    needsEngine(this, 'TEST_CASSANDRA_URL');
    engine = await ownEngine('cassandra-ring');
  });
  afterEach(async () => {
    await w?.[Symbol.asyncDispose]();
    w = undefined;
  });
  after(() => engine?.[Symbol.asyncDispose]());

  it('goes on as if nothing was, if the node was killed', async () => {
    w = await world({ env: engine.urls });
    const node = engine.programs[1] as OwnProgram;
    await outlive(w, { part: undefined, leave: () => node.kill(), comeBack: () => node.start(), needs: [] });
  });

  it('goes on as if nothing was, if the node says nothing', async () => {
    w = await world({ env: engine.urls });
    const node = engine.programs[2] as OwnProgram;
    await outlive(w, { part: undefined, leave: () => node.freeze(), comeBack: () => node.thaw(), needs: [] });
  });
});
