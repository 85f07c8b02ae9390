/** Without Postgres nothing can be promised: what is not cached is refused, and what was accepted before is done after. */
import { testDatabase } from '../tools/database.ts';
import { type Line, layLine } from '../tools/line.ts';
import { outlive } from '../tools/outage.ts';
import { acts } from '../tools/traffic.ts';
import { type World, world } from '../tools/world.ts';

describe('while Postgres is away', function () {
  this.timeout(300_000);
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let line: Line;
  let w: World;
  beforeEach(async () => {
    database = await testDatabase();
    line = await layLine(database.url);
    w = await world({ env: { DATABASE_URL: line.url } });
  });
  afterEach(async () => {
    await w[Symbol.asyncDispose]();
    await line[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const cached = ['feed'] as const;
  const needs = acts.filter((act) => !cached.some((each) => each === act));
  const outage = { part: 'postgres', needs, mayNeed: cached, isRefusalUnsure: true } as const;

  it('what was accepted is done soon after, if it was stopped', async () => {
    await outlive(w, { ...outage, leave: line.cut, comeBack: line.mend });
  });

  it('what was accepted is done soon after, if it said nothing', async () => {
    await outlive(w, {
      ...outage,
      leave: line.hush,
      comeBack: line.mend,
      // A request may wait for a connection, and then on it.
      withinMs: 15_000,
    });
  });
});
