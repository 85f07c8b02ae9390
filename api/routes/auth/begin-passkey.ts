/**
 * POST /v1/auth/passkeys/options: what an authenticator needs to make a passkey. The password is asked for: a
 * stolen access token must not make itself a way in that outlives it.
 */
import { generateRegistrationOptions } from '@simplewebauthn/server';
import { z } from 'zod';
import { currentPassword } from '../../../shared/users/fields.ts';
import { challengeLifetimeS, makeChallenge } from '../../auth/challenges.ts';
import { requireOwnPassword } from '../../auth/own-password.ts';
import { creationOptionsSchema } from '../../auth/passkey-schema.ts';
import { algorithms } from '../../auth/verify-passkey.ts';
import { route } from '../../route.ts';

export const beginPasskey = route({
  method: 'post',
  path: '/v1/auth/passkeys/options',
  area: 'auth',
  summary: 'Get the options for making a passkey',
  auth: 'user',
  body: z.strictObject({ password: currentPassword }),
  status: 200,
  reply: creationOptionsSchema,
  errors: ['FORBIDDEN'],
  async handle({ viewer, body, write, tools, request }) {
    await requireOwnPassword(tools, request, viewer, body.password, 'password');
    const { cache, config } = tools;
    return write(async (tx) => {
      const known = await tx
        .selectFrom('passkeys')
        .select(['credential_id as id', 'transports'])
        .where('user_id', '=', viewer.id)
        .where('removed_at', 'is', null)
        .execute();
      const options = await generateRegistrationOptions({
        rpName: 'Emulsion',
        rpID: config.RP_ID,
        userID: new TextEncoder().encode(viewer.userId),
        userName: viewer.username,
        userDisplayName: viewer.username,
        challenge: await makeChallenge(cache, `register ${viewer.userId}`),
        timeout: challengeLifetimeS * 1_000,
        excludeCredentials: known,
        // Discoverable, so that sign-in needs no name; with a finger or a PIN, so that it needs no password either.
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        supportedAlgorithmIDs: algorithms,
      });
      return creationOptionsSchema.parse(options);
    });
  },
});
