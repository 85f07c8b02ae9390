/** POST /v1/auth/passkeys: keeps a passkey the viewer's authenticator has made. */
import { z } from 'zod';
import { atMost } from '../../../shared/characters.ts';
import { isDuplicate } from '../../../shared/db/index.ts';
import { fail, shortened } from '../../../shared/errors.ts';
import { newId } from '../../../shared/ids.ts';
import { useChallenge } from '../../auth/challenges.ts';
import { passkeyOf, passkeySchema, registrationSchema } from '../../auth/passkey-schema.ts';
import { verifyNewPasskey } from '../../auth/verify-passkey.ts';
import { route } from '../../route.ts';

/** More than anybody has devices; the options for a new one list them all. */
const maxPasskeys = 50;
const maxNameLength = 100;

export const addPasskey = route({
  method: 'post',
  path: '/v1/auth/passkeys',
  area: 'auth',
  summary: 'Add the passkey that was made',
  auth: 'user',
  body: z.strictObject({
    response: registrationSchema.describe(
      'What `navigator.credentials.create` gave, as its `toJSON` writes it.',
    ),
    name: z
      .string()
      .trim()
      .min(1)
      .refine(...atMost(maxNameLength))
      .optional()
      .meta({ maxLength: maxNameLength, examples: ['My phone'] }),
  }),
  status: 201,
  reply: passkeySchema,
  errors: ['CONFLICT'],
  async handle({ viewer, body, write, tools }) {
    const { response } = body;
    const purpose = `register ${viewer.userId}` as const;
    const challenge = await useChallenge(tools.cache, purpose, response.response.clientDataJSON);
    if (challenge === undefined) refuse('Its challenge was used, is too old or not yours; get new options');
    const made = await verifyNewPasskey(tools.config, challenge, response).catch((error: Error) =>
      refuse(reasonOf(error)),
    );
    return write(async (tx) => {
      const { count } = await tx
        .selectFrom('passkeys')
        .select((select) => select.fn.countAll<number>().as('count'))
        .where('user_id', '=', viewer.id)
        .where('removed_at', 'is', null)
        .executeTakeFirstOrThrow();
      if (count >= maxPasskeys) {
        fail('CONFLICT', {
          field: 'response',
          reason: `There are ${maxPasskeys} passkeys; remove one first`,
        });
      }
      const row = await tx
        .insertInto('passkeys')
        .values({
          passkey_id: newId('passkey'),
          user_id: viewer.id,
          credential_id: made.credentialId,
          public_key: made.publicKey,
          counter: made.counter,
          transports: made.transports,
          is_backed_up: made.isBackedUp,
          name: body.name ?? null,
        })
        .returning(['passkey_id', 'name', 'is_backed_up', 'created_at', 'used_at'])
        .executeTakeFirstOrThrow()
        .catch((error: unknown) => {
          if (!isDuplicate(error)) throw error;
          return fail('CONFLICT', { field: 'response', reason: 'This passkey is there already' });
        });
      return passkeyOf(row);
    });
  },
});

/** What the library says of a response; what the language says of one that is no such thing would help nobody. */
function reasonOf(error: Error): string {
  const isOfTheLanguage = error instanceof TypeError || error instanceof RangeError;
  return isOfTheLanguage ? 'This is not what an authenticator makes' : error.message;
}

function refuse(reason: string): never {
  return fail('INVALID_INPUT', { field: 'response', reason: shortened(reason) });
}
