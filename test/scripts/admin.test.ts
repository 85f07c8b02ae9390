import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { audited, joinAdmin } from '../tools/admins.ts';
import type { Client } from '../tools/client.ts';
import { listen } from '../tools/listen.ts';
import { environmentOf } from '../tools/processes.ts';
import { type World, world } from '../tools/world.ts';

const script = fileURLToPath(new URL('../../scripts/admin.ts', import.meta.url));

describe('npm run admin', () => {
  let w: World;
  let alice: Client;
  let carol: Client;
  before(async () => {
    w = await world({ serves: [] });
    [alice, carol] = [await w.join('alice'), await joinAdmin(w, 'carol')];
  });
  after(() => w[Symbol.asyncDispose]());

  async function run(...words: string[]): Promise<{ code: number; output: string }> {
    const ended = await promisify(execFile)(process.execPath, [script, ...words], {
      env: environmentOf(w.config),
    }).catch((error: { code: number; stdout: string; stderr: string }) => error);
    return { code: 'code' in ended ? ended.code : 0, output: ended.stdout + ended.stderr };
  }

  it('changes an account, at once for those who are connected, and writes it down as done from the shell', async () => {
    expect((await alice.get('/v1/users/me')).body.is_verified).to.equal(false);
    const { code, output } = await run('user', '@Alice', '--tier', 'pro', '--verified');
    expect(code, output).to.equal(0);
    expect(output).to.contain(`alice (${alice.userId}): tier pro, role user, verified true, suspended false`);
    expect((await alice.get('/v1/users/me')).body.is_verified).to.equal(true);
    const [entry] = await audited(carol);
    expect(entry).to.deep.include({
      source: 'shell',
      actor_id: null,
      actor: null,
      action: 'user.change',
      target_id: alice.userId,
      details: { tier: { from: 'free', to: 'pro' }, is_verified: { from: false, to: true } },
      request_id: null,
    });
  });

  it('suspends and reinstates', async () => {
    await using ear = await listen(w.base, alice);
    expect((await run('user', 'alice', '--suspend', 'Sells followers')).code).to.equal(0);
    expect(await ear.closed).to.equal(4401);
    expect((await carol.get('/v1/users/@alice')).status).to.equal(404);
    expect((await run('user', 'alice', '--reinstate')).output).to.contain('suspended false');
    expect((await carol.get('/v1/users/@alice')).status).to.equal(200);
    const entries = (await audited(carol)).slice(0, 2);
    expect(entries.map(({ action, source }) => `${action} from ${source}`)).to.eql([
      'user.reinstate from shell',
      'user.suspend from shell',
    ]);
  });

  it('says what is wrong, and then does nothing', async () => {
    const before = (await audited(carol)).length;
    expect((await run('user', 'nobody', '--verified')).output).to.contain('There is no user named nobody');
    const admin = await run('user', 'carol', '--tier', 'pro', '--suspend', 'x');
    expect(admin.output).to.contain('An admin cannot be suspended');
    expect(admin.code).to.equal(1);
    for (const words of [
      [],
      ['user', 'alice'],
      ['user', 'alice', '--tier', 'gold'],
      ['user', 'alice', '--suspend', 'x', '--reinstate'],
      ['post', 'alice', '--verified'],
    ]) {
      const { code, output } = await run(...words);
      expect(code, words.join(' ')).to.equal(1);
      expect(output).to.contain('Type: npm run admin -- user NAME');
    }
    expect(await audited(carol)).to.have.length(before);
  });
});
