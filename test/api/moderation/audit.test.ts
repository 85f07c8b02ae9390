import { expect } from 'chai';
import { routes } from '../../../api/routes/index.ts';
import { audited, joinAdmin } from '../../tools/admins.ts';
import { type Client, send } from '../../tools/client.ts';
import { expectRefusal } from '../../tools/refusal.ts';
import { type World, world } from '../../tools/world.ts';

describe('GET /v1/admin/audit', () => {
  let w: World;
  let alice: Client;
  let bob: Client;
  let carol: Client;
  before(async () => {
    w = await world({ serves: [] });
    [alice, bob, carol] = [await w.join('alice'), await w.join('bob'), await joinAdmin(w, 'carol')];
  });
  beforeEach(() => w.tools.db.deleteFrom('audit_log').execute());
  after(() => w[Symbol.asyncDispose]());

  const setTier = (client: Client, tier: string) => carol.patch(`/v1/admin/users/${client.userId}`, { tier });

  it('answers 200 with who did what to what, and when', async () => {
    const changed = await setTier(alice, 'pro');
    const { status, body } = await carol.get('/v1/admin/audit');
    expect(status).to.equal(200);
    expect(body).to.deep.include({ next_cursor: null, has_more: false });
    const [{ entry_id, created_at, ...entry }] = body.entries;
    expect(entry_id).to.match(/^audit_/);
    expect(Date.parse(created_at)).to.be.within(Date.now() - 60_000, Date.now() + 1_000);
    const { body: carols } = await alice.get(`/v1/users/${carol.userId}`);
    expect(entry).to.eql({
      source: 'api',
      actor_id: carol.userId,
      actor: {
        user_id: carol.userId,
        username: 'carol',
        profile_pic_url: carols.profile_pic_url,
        is_verified: false,
      },
      action: 'user.change',
      target_type: 'user',
      target_id: alice.userId,
      details: { tier: { from: 'free', to: 'pro' } },
      request_id: changed.headers.get('x-request-id'),
    });
  });

  it('pages, the newest first, while others are written', async () => {
    for (const tier of ['free', 'enterprise', 'free', 'pro']) await setTier(alice, tier);
    const tierOf = ({ details }: { details: Record<string, unknown> }) => (details.tier as { to: string }).to;
    const first = (await carol.get('/v1/admin/audit?limit=3')).body;
    expect(first.entries.map(tierOf)).to.eql(['pro', 'free', 'enterprise']);
    await setTier(bob, 'pro');
    const rest = (await carol.get(`/v1/admin/audit?limit=3&cursor=${first.next_cursor}`)).body;
    expect(rest.entries.map(tierOf)).to.eql(['free']);
    expect([rest.next_cursor, rest.has_more]).to.eql([null, false]);
    expectRefusal(await carol.get('/v1/admin/audit?cursor=x'), 'INVALID_INPUT', { field: 'cursor' });
  });

  it('outlives the admin and the account it tells of', async () => {
    const dave = await joinAdmin(w, 'dave');
    const erin = await w.join('erin');
    await dave.patch(`/v1/admin/users/${erin.userId}`, { is_verified: true });
    const gone = [dave.userId, erin.userId];
    await w.tools.db.deleteFrom('users').where('user_id', 'in', gone).execute();
    const [entry] = await audited(carol);
    expect(entry).to.deep.include({ actor_id: dave.userId, actor: null, target_id: erin.userId });
  });

  it('holds nothing of a write that failed', async () => {
    expectRefusal(await carol.post('/v1/admin/users/@carol/suspend', { reason: 'x' }), 'INVALID_INPUT', {
      field: 'user_id',
    });
    await carol.delete('/v1/admin/posts/post_01j8z3k4m5n6p7q8r9s0t1v2w3');
    expect(await audited(carol)).to.eql([]);
  });
});

describe('the routes below /v1/admin', () => {
  it('refuse everybody but admins, before they look at anything else', async () => {
    await using w = await world({ serves: [] });
    const alice = await w.join('alice');
    const guarded = routes.filter(({ path }) => /^\/v\d+\/admin\//.test(path));
    expect(guarded.map(({ path }) => path))
      .to.include('/v1/admin/reports')
      .and.include('/v1/admin/audit');
    for (const { method, path } of guarded) {
      const url = path.replace(/\{[^}]+\}/g, 'x');
      const verb = method.toUpperCase();
      expectRefusal(await send(w.base, verb, url), 'UNAUTHORIZED');
      const authorization = { Authorization: `Bearer ${alice.accessToken}` };
      expectRefusal(await send(w.base, verb, url, undefined, authorization), 'FORBIDDEN', {
        field: 'Authorization',
        reason: 'Only admins may do this',
      });
    }
  });
});
