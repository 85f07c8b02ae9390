import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { House, isRunning, until } from '../tools/run-start.ts';

const names = ['api.ts', 'postgres', 'redis-server', 'start.ts', 'worker.ts'];

function engineUrls(house: House): { DATABASE_URL: string; QUEUE_REDIS_URL: string } {
  return JSON.parse(readFileSync(join(house.dataDir, 'engines.json'), 'utf8'));
}

async function query(house: House, sql: string): Promise<unknown[]> {
  const client = new Client(engineUrls(house).DATABASE_URL);
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function redis(house: House, ...command: [string, ...string[]]): Promise<unknown> {
  const client = new Redis(engineUrls(house).QUEUE_REDIS_URL, {
    retryStrategy: () => null,
    lazyConnect: true,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return await client.call(...command);
  } finally {
    client.disconnect();
  }
}

describe('npm start', function () {
  // Each test starts everything once or twice, on however busy a machine.
  this.timeout(60_000);

  before(function () {
    // Which processes there are is read from /proc.
    if (process.platform !== 'linux') this.skip();
  });

  it('runs everything, starts again what dies, and ends all of it on a signal', async () => {
    await using house = await House.open();
    const run = house.start();
    await until('ready', () => run.isReady());
    expect([...run.processes().keys()].sort()).to.deep.equal(names);
    expect(run.output()).to.contain(`http://127.0.0.1:${house.port}/v1`);
    await until('the worker speaks', () => run.output().includes('"args":["feeds","counts"]'));
    for (const file of ['engines.json', 'secrets.json', 'embedded.json'])
      expect(statSync(join(house.dataDir, file)).mode & 0o777, file).to.equal(0o600);
    const { ADMIN_PASSWORD } = JSON.parse(readFileSync(join(house.dataDir, 'secrets.json'), 'utf8'));
    expect(run.output()).to.contain(`password ${ADMIN_PASSWORD}`);

    const urls = engineUrls(house);
    await query(house, 'create table kept (n int); insert into kept values (1)');
    await redis(house, 'set', 'kept', '1');
    const busy = query(house, 'select pg_sleep(60)').catch(() => 'cut off');
    await until('a busy backend', () =>
      query(house, "select 1 from pg_stat_activity where query like 'select pg_sleep%'").then(
        (rows) => rows[0],
      ),
    );
    const before = run.processes();
    for (const [name, pid] of before) if (name !== 'start.ts') process.kill(pid, 'SIGKILL');
    await until('postgres again', async () => (await query(house, 'select * from kept')).length === 1);
    await until('redis again', async () => (await redis(house, 'get', 'kept')) === '1');
    await until('api again', () => fetch(`http://127.0.0.1:${house.port}`));
    await until('all of them', () => names.every((name) => run.processes().has(name)));
    expect(await busy).to.equal('cut off');
    expect(engineUrls(house)).to.deep.equal(urls);

    const after = run.processes();
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGTERM', 'SIGHUP'] as const) run.bootstrap.kill(signal);
    expect(await run.end).to.deep.equal({ code: 0, signal: null });
    expect([...after.values()].filter(isRunning)).to.deep.equal([]);
    expect(existsSync(join(house.dataDir, 'engines.json'))).to.equal(false);
  });

  it('finds its data again, and brings itself back when the supervisor is killed', async () => {
    await using house = await House.open();
    const first = house.start();
    await until('ready', () => first.isReady());
    await query(house, 'create table kept (n int)');
    const urls = engineUrls(house);
    process.kill(first.processes().get('start.ts') as number, 'SIGKILL');
    await until('ready again', () => first.isReady(2));
    expect(first.output()).to.contain('The supervisor was ended by SIGKILL');
    expect(await query(house, 'select * from kept')).to.deep.equal([]);
    expect(engineUrls(house)).to.deep.equal(urls);

    const second = house.start();
    expect(await second.end).to.deep.equal({ code: 1, signal: null });
    expect(second.output()).to.contain('Emulsion is already running');

    const left = first.processes();
    first.bootstrap.kill('SIGKILL');
    await until('everything ended', () => ![...left.values()].some(isRunning));
  });

  it('ends the engines that a killed supervisor left, where the kernel cannot be asked to', async () => {
    await using house = await House.open();
    // A setpriv that fails is how systems without one look.
    const fake = join(house.folder, 'bin');
    mkdirSync(fake);
    writeFileSync(join(fake, 'setpriv'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const env = { PATH: `${fake}:${process.env.PATH}` };
    const first = house.start(env);
    await until('ready', () => first.isReady());
    const left = first.processes();
    process.kill(-(first.bootstrap.pid as number), 'SIGKILL');
    await first.end;
    expect(isRunning(left.get('postgres') as number)).to.equal(true);
    const second = house.start(env);
    await until('ready', () => second.isReady());
    expect([...left.values()].filter(isRunning)).to.deep.equal([]);
    expect(await query(house, 'select 1 as one')).to.deep.equal([{ one: 1 }]);
  });

  it('says so when the port is taken', async () => {
    await using house = await House.open();
    const server = createServer().listen(house.port, '127.0.0.1');
    try {
      const run = house.start();
      expect(await run.end).to.deep.equal({ code: 1, signal: null });
      expect(run.output()).to.contain(`Port ${house.port} of 127.0.0.1 is taken`);
    } finally {
      server.close();
    }
  });

  it('names the engine it was given and cannot use, and starts nothing', async () => {
    await using house = await House.open();
    const database = new URL(process.env.TEST_DATABASE_URL as string);
    database.pathname = '/there_is_none';
    const run = house.start({ DATABASE_URL: database.href, QUEUE_REDIS_URL: process.env.TEST_REDIS_URL });
    expect(await run.end).to.deep.equal({ code: 1, signal: null });
    expect(run.output()).to.contain('database "there_is_none" does not exist');
    expect(run.output()).to.contain('An engine cannot be used:\n  - DATABASE_URL: ');
    expect(run.output()).not.to.contain('READY');
  });
});
