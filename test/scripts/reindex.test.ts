import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { searchTypes } from '../../shared/search/index.ts';
import { photo } from '../tools/photos.ts';
import { environmentOf } from '../tools/processes.ts';
import { type World, world } from '../tools/world.ts';

const script = fileURLToPath(new URL('../../scripts/reindex.ts', import.meta.url));

describe('npm run reindex', function () {
  this.timeout(60_000);
  let w: World;
  before(async () => {
    w = await world({ serves: [] });
  });
  after(() => w[Symbol.asyncDispose]());

  async function run(...words: string[]): Promise<{ code: number; output: string }> {
    const ended = await promisify(execFile)(process.execPath, [script, ...words], {
      env: environmentOf(w.config),
    }).catch((error: { code: number; stdout: string; stderr: string }) => error);
    return { code: 'code' in ended ? ended.code : 0, output: ended.stdout + ended.stderr };
  }
  const found = async (text: string) => {
    await w.tools.search.refresh();
    const { hits } = await w.tools.search.query({ text, types: searchTypes, limit: 10 });
    return hits.map(({ type }) => type);
  };

  it('fills the index with what no job has brought there', async () => {
    const alice = await w.join('alice');
    await alice.upload(await photo({ width: 40, height: 40 }), { caption: 'a forgotten lighthouse' });
    expect([await found('alice'), await found('lighthouse')]).to.eql([[], []]);
    const users = await run('users');
    expect(users.code, users.output).to.equal(0);
    expect([await found('alice'), await found('lighthouse')]).to.eql([['user'], []]);
    const all = await run();
    expect(all.code, all.output).to.equal(0);
    expect(all.output).to.match(/posts .*1\/1/);
    expect([await found('alice'), await found('lighthouse')]).to.eql([['user'], ['post']]);
  });

  it('says what to type', async () => {
    for (const words of [['people'], ['--shards', '0'], ['--force']]) {
      const { code, output } = await run(...words);
      expect(code).to.equal(1);
      expect(output).to.contain('Type: npm run reindex');
    }
  });
});
