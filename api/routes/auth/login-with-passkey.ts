/**
 * POST /v1/auth/passkeys/login: a session for a passkey. No code is asked for: a device was shown, and a finger or a
 * PIN to the device.
 */
import { z } from 'zod';
import { beginSession } from '../../../shared/auth/sessions.ts';
import type { Tx } from '../../../shared/db/index.ts';
import { fail } from '../../../shared/errors.ts';
import type { Tools } from '../../../shared/tools.ts';
import { type Account, accountHeld, refuseSuspended } from '../../auth/account.ts';
import { useChallenge } from '../../auth/challenges.ts';
import { rememberAddress } from '../../auth/known-addresses.ts';
import { assertionSchema } from '../../auth/passkey-schema.ts';
import { signedIn, signedInSchema } from '../../auth/signed-in.ts';
import { verifyAssertion } from '../../auth/verify-passkey.ts';
import { addressOf } from '../../door/address.ts';
import { route } from '../../route.ts';

export const loginWithPasskey = route({
  method: 'post',
  path: '/v1/auth/passkeys/login',
  area: 'auth',
  summary: 'Sign in with a passkey',
  auth: 'none',
  perMinute: 20,
  body: z.strictObject({
    response: assertionSchema.describe('What `navigator.credentials.get` gave, as its `toJSON` writes it.'),
  }),
  status: 200,
  reply: signedInSchema,
  errors: ['FORBIDDEN'],
  async handle({ body, write, tools, request }) {
    const { response } = body;
    const challenge = await useChallenge(tools.cache, 'login', response.response.clientDataJSON);
    if (challenge === undefined) refuse();
    return write(
      async (tx) => {
        const account = await accountOfPasskey(tools, tx, challenge, response);
        refuseSuspended(account, 'response');
        const userAgent = request.get('User-Agent');
        const session = await beginSession(tx, tools.config.AUTH_SECRET, account.id, userAgent);
        return signedIn(tools, tx, account.user_id, session);
      },
      (reply) => rememberAddress(tools, reply.user.user_id, addressOf(request)),
    );
  },
});

/** Whose passkey has signed the challenge; it is noted that it was used. */
async function accountOfPasskey(
  { config, log }: Tools,
  tx: Tx,
  challenge: string,
  response: z.output<typeof assertionSchema>,
): Promise<Account> {
  const passkey = await tx
    .selectFrom('passkeys')
    .select(['passkey_id', 'user_id', 'credential_id', 'public_key', 'counter'])
    .where('credential_id', '=', response.id)
    .where('removed_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  const account = passkey && (await accountHeld(tx, passkey.user_id));
  if (!account) refuse();
  const { userHandle } = response.response;
  if (userHandle !== Buffer.from(account.user_id).toString('base64url')) refuse();
  const used = await verifyAssertion(config, challenge, response, passkey).catch((error: Error) => {
    log.info({ passkey_id: passkey.passkey_id, reason: error.message }, 'a passkey was refused');
    return refuse();
  });
  await tx
    .updateTable('passkeys')
    .set({ counter: used.counter, is_backed_up: used.isBackedUp, used_at: new Date() })
    .where('passkey_id', '=', passkey.passkey_id)
    .execute();
  return account;
}

function refuse(): never {
  return fail('UNAUTHORIZED', {
    field: 'response',
    reason: 'This passkey is not known here, or what it signed is not valid (any more)',
  });
}
