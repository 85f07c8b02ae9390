/** POST /v1/auth/passkeys/login/options: what a device needs to sign in with whichever passkey its user picks. */
import { generateAuthenticationOptions } from '@simplewebauthn/server';
import { challengeLifetimeS, makeChallenge } from '../../auth/challenges.ts';
import { requestOptionsSchema } from '../../auth/passkey-schema.ts';
import { route } from '../../route.ts';

export const beginPasskeyLogin = route({
  method: 'post',
  path: '/v1/auth/passkeys/login/options',
  area: 'auth',
  summary: 'Get the options for signing in with a passkey',
  auth: 'none',
  perMinute: 20,
  status: 200,
  reply: requestOptionsSchema,
  errors: [],
  async handle({ write, tools }) {
    return write(async () => {
      const options = await generateAuthenticationOptions({
        rpID: tools.config.RP_ID,
        challenge: await makeChallenge(tools.cache, 'login'),
        timeout: challengeLifetimeS * 1_000,
        userVerification: 'required',
      });
      return requestOptionsSchema.parse(options);
    });
  },
});
