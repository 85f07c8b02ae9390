import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import { sql } from 'kysely';
import { send } from '../tools/client.ts';
import { until, type World, world } from '../tools/world.ts';

describe('health', () => {
  let w: World;
  beforeEach(async () => {
    w = await world({ serves: [] });
  });
  afterEach(() => w[Symbol.asyncDispose]());

  const ready = () => send(w.base, 'GET', '/readyz');
  const statusBecomes = (status: string) =>
    until(`status ${status}`, async () => (await ready()).body.status === status);

  it('says that the process lives', async () => {
    const reply = await send(w.base, 'GET', '/healthz');
    expect(reply.status).to.equal(200);
    expect(reply.body).to.eql({ status: 'ok' });
    expect(reply.headers.get('x-request-id')).to.match(/^req_/);
    expect(reply.headers.get('x-ratelimit-limit')).to.equal(null);
  });

  it('names every part when all is well', async () => {
    const reply = await ready();
    expect(reply.status).to.equal(200);
    const parts = { postgres: 'ok', queue: 'ok', cache: 'ok', search: 'ok', images: 'ok' };
    expect(reply.body).to.eql({ status: 'ready', parts });
  });

  it('is degraded, and still ready, when only a part of the service is down', async () => {
    await rm(`${w.config.DATA_DIR}/images`, { recursive: true });
    await statusBecomes('degraded');
    const reply = await ready();
    expect(reply.status).to.equal(200);
    expect(reply.body.parts).to.deep.include({ images: 'down', postgres: 'ok', queue: 'ok' });
  });

  it('is unavailable when Postgres takes no writes', async () => {
    const { db } = w.tools;
    const { rows } = await sql<{ name: string }>`SELECT current_database() AS name`.execute(db);
    const name = sql.id(rows[0]?.name ?? '');
    await sql`ALTER DATABASE ${name} SET default_transaction_read_only = on`.execute(db);
    // What is connected keeps its setting, so everything has to connect anew.
    await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`.execute(db);
    await sql`SELECT pg_terminate_backend(pg_backend_pid())`.execute(db).catch(() => {});
    await statusBecomes('unavailable');
    const reply = await ready();
    expect(reply.status).to.equal(503);
    expect(reply.headers.get('retry-after')).to.equal('2');
    expect(reply.body.parts).to.deep.include({ postgres: 'down', queue: 'ok' });
    expect(reply.body.error).to.deep.include({ code: 'SERVICE_UNAVAILABLE' });
    expect(reply.body.error.details.reason).to.contain('postgres');
    expect(reply.body.error.request_id).to.equal(reply.headers.get('x-request-id'));
    expect((await send(w.base, 'GET', '/healthz')).status, 'the process lives').to.equal(200);
  });

  it('is unavailable when the queue is away, and ready again when it is back', async () => {
    w.tools.queueRedis.disconnect();
    await statusBecomes('unavailable');
    expect((await ready()).body.parts).to.deep.include({ queue: 'down', postgres: 'ok' });
    await w.tools.queueRedis.connect();
    await statusBecomes('ready');
  });

  it('asks each engine once a second at the most, however many poll', async () => {
    const statements = async () => {
      await w.tools.db.selectNoFrom(sql<number>`1`.as('one')).execute();
      const { rows } = await sql<{ calls: number }>`SELECT xact_commit AS calls FROM pg_stat_database
        WHERE datname = current_database()`.execute(w.tools.db);
      return rows[0]?.calls ?? 0;
    };
    await ready();
    const before = await statements();
    const started = performance.now();
    await Promise.all(Array.from({ length: 300 }, ready));
    const seconds = (performance.now() - started) / 1_000;
    await sql`SELECT pg_stat_force_next_flush()`.execute(w.tools.db).catch(() => {});
    expect((await statements()) - before).to.be.below(60 + 30 * seconds);
  });
});
