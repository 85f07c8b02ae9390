import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { startWorker } from '../../workers/worker.ts';
import { composeServices } from '../tools/manifests.ts';
import { type World, world } from '../tools/world.ts';

describe('the heartbeat of a worker', () => {
  let w: World;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'emulsion-heartbeat-'));
    w = await world({ serves: [] });
  });
  after(async () => {
    await w[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  it('is there once the worker serves, is what the health check asks for, and goes with the worker', async () => {
    const file = join(folder, 'heartbeat');
    const [, check = ''] = composeServices()['worker-media']?.healthcheck?.test ?? [];
    const isHealthy = () => {
      try {
        execFileSync('sh', ['-c', check.replace('/tmp/heartbeat', file)], { stdio: 'pipe' });
        return true;
      } catch {
        return false;
      }
    };
    expect(isHealthy()).to.equal(false);
    const worker = await startWorker({ ...w.config, HEARTBEAT_FILE: file }, ['search']);
    try {
      expect(isHealthy()).to.equal(true);
      const old = Date.now() / 1_000 - 120;
      utimesSync(file, old, old);
      expect(isHealthy()).to.equal(false);
    } finally {
      await worker.stop();
    }
    expect(existsSync(file)).to.equal(false);
  });

  it('that cannot be written keeps the worker from starting', async () => {
    const config = { ...w.config, HEARTBEAT_FILE: join(folder, 'nowhere', 'heartbeat') };
    const failed = await startWorker(config, ['search']).then(
      () => undefined,
      (error: Error) => error,
    );
    expect(failed?.message).to.contain('ENOENT');
    const queue = w.tools.queues.all.find(({ name }) => name === 'search');
    // Other tests have workers on the same server, in other databases of it.
    const database = /\/(\d+)$/.exec(w.config.QUEUE_REDIS_URL)?.[1] ?? '0';
    const workers = (await queue?.getWorkers())?.filter(({ db }) => db === database);
    expect(workers, 'nothing of it takes a job').to.eql([]);
  });
});
