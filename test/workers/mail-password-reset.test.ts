import { expect } from 'chai';
import { beginReset, voidResets } from '../../shared/auth/password-resets.ts';
import { GiveUp } from '../../workers/handler.ts';
import { mailPasswordReset } from '../../workers/handlers/mail-password-reset.ts';
import type { Client } from '../tools/client.ts';
import { mailEnv, resetTokenFor } from '../tools/mail.ts';
import { internalId } from '../tools/rows.ts';
import { type MailServer, mailServer } from '../tools/smtp.ts';
import { type World, world } from '../tools/world.ts';

describe('mail-password-reset', () => {
  let mail: MailServer;
  let w: World;
  let alice: Client;
  let aliceId: number;
  let refusal: string | undefined;
  before(async () => {
    mail = await mailServer({ refuse: () => refusal });
    w = await world({ serves: [], env: mailEnv(mail) });
    alice = await w.join('alice');
    aliceId = await internalId(w, 'users', alice.userId);
  });
  after(async () => {
    await w[Symbol.asyncDispose]();
    await mail[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    refusal = undefined;
    mail.mails.length = 0;
  });

  const begin = (userId: number | undefined) =>
    w.tools.db.transaction().execute((tx) => beginReset(tx, userId));
  const run = (resetId: string) =>
    mailPasswordReset({ resetId }, { tools: w.tools, signal: new AbortController().signal });

  it('mails a reset once, however often it runs', async () => {
    const resetId = await begin(aliceId);
    await run(resetId);
    await run(resetId);
    expect(mail.mails).to.have.length(1);
  });

  it('mails the same token under the same id when it could not note that it had', async () => {
    const resetId = await begin(aliceId);
    await run(resetId);
    const first = resetTokenFor(mail, 'alice@example.org');
    await w.tools.db.updateTable('password_resets').set({ mailed_at: null }).execute();
    await run(resetId);
    expect(resetTokenFor(mail, 'alice@example.org')).to.equal(first);
    expect(new Set(mail.mails.map(({ headers }) => headers['message-id'])).size).to.equal(1);
  });

  it('mails nothing for a reset that is void, expired, unknown, or nobody’s', async () => {
    const voided = await begin(aliceId);
    await w.tools.db.transaction().execute((tx) => voidResets(tx, aliceId));
    const nobody = await begin(undefined);
    const expired = await begin(aliceId);
    await w.tools.db
      .updateTable('password_resets')
      .set({ expires_at: new Date(Date.now() - 1_000) })
      .where('reset_id', '=', expired)
      .execute();
    for (const resetId of [voided, nobody, expired, 'reset_01j8z3k4m5n6p7q8r9s0t1v2w3']) await run(resetId);
    expect(mail.mails).to.eql([]);
    const left = await w.tools.db.selectFrom('password_resets').select('reset_id').execute();
    expect(left.map((row) => row.reset_id)).to.eql([expired]);
  });

  it('is tried again when the server cannot now, and given up when it never will', async () => {
    const resetId = await begin(aliceId);
    refusal = '451 Try again later';
    const later = await run(resetId).catch((error: unknown) => error);
    expect(later).to.be.an.instanceOf(Error).and.not.an.instanceOf(GiveUp);
    refusal = '550 No such mailbox';
    expect(await run(resetId).catch((error: unknown) => error)).to.be.an.instanceOf(GiveUp);
    refusal = undefined;
    await run(resetId);
    expect(mail.mails).to.have.length(1);
  });
});
