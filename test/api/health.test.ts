import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import { sql } from 'kysely';
import { openDatabase } from '../../shared/db/index.ts';
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
    const parts = { postgres: 'ok', queue: 'ok', cache: 'ok', search: 'ok', stories: 'ok', images: 'ok' };
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
    const { db, pool } = openDatabase(w.config.DATABASE_URL, 1, w.tools.log);
    const { rows } = await sql<{ name: string }>`SELECT current_database() AS name`.execute(db);
    await sql`ALTER DATABASE ${sql.id(rows[0]?.name ?? '')} SET default_transaction_read_only = on`.execute(
      db,
    );
    // What is connected keeps its setting, so it has to connect anew.
    await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`.execute(db);
    await pool.end();
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
    await ready();
    await rm(`${w.config.DATA_DIR}/images`, { recursive: true });
    const replies = await Promise.all(Array.from({ length: 10 }, ready));
    expect(replies.map(({ body }) => body.status)).to.eql(Array(10).fill('ready'));
    await statusBecomes('degraded');
  });
});
