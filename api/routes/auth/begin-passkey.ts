/** POST /v1/auth/passkeys/options: what an authenticator needs to make a passkey. */
import { generateRegistrationOptions } from '@simplewebauthn/server';
import { challengeLifetimeS, makeChallenge } from '../../auth/challenges.ts';
import { creationOptionsSchema } from '../../auth/passkey-schema.ts';
import { algorithms } from '../../auth/verify-passkey.ts';
import { route } from '../../route.ts';

export const beginPasskey = route({
  method: 'post',
  path: '/v1/auth/passkeys/options',
  area: 'auth',
  summary: 'Get the options for making a passkey',
  auth: 'user',
  status: 200,
  reply: creationOptionsSchema,
  errors: [],
  async handle({ viewer, write, tools }) {
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
