/** What register, login and refresh answer alike. */
import { z } from 'zod';
import type { Tx } from '../../shared/db/index.ts';
import type { Tools } from '../../shared/tools.ts';
import { loadProfile } from '../../shared/users/profiles.ts';
import { profileSchema } from '../../shared/users/schema.ts';
import { accessTokenLifetimeS, openTokens } from '../door/tokens.ts';
import { presentProfile } from '../users/profile.ts';

export const signedInSchema = z
  .object({
    user: profileSchema,
    access_token: z
      .string()
      .meta({ examples: ['eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzaWQiOiJzZXNzaW9uX3gifQ.c2lnbmF0dXJl'] }),
    refresh_token: z
      .string()
      .meta({ examples: ['rt_01j8z3k4m5n6p7q8r9s0t1v2w3.1.q0mNKGSgxwJxVZ0ZkZlZb1ZlZb2ZlZb3ZlZb4ZlZb5Y'] }),
    token_type: z.literal('Bearer'),
    expires_in: z
      .int()
      .describe('Seconds the access token lives.')
      .meta({ examples: [900] }),
  })
  .meta({ id: 'SignedIn', description: 'A session: who, and the tokens that prove it.' });

export type SignedIn = z.output<typeof signedInSchema>;

/** Makes the reply of a session; inside the transaction that began or refreshed it. */
export async function signedIn(
  { config }: Tools,
  tx: Tx,
  userId: string,
  session: { sessionId: string; refreshToken: string },
): Promise<SignedIn> {
  const profile = await loadProfile(tx, config.CDN_BASE_URL, userId);
  if (!profile) throw new Error(`user ${userId} has a session but no row`);
  return {
    user: presentProfile(profile),
    access_token: await openTokens(config.AUTH_SECRET).sign(userId, session.sessionId),
    refresh_token: session.refreshToken,
    token_type: 'Bearer',
    expires_in: accessTokenLifetimeS,
  };
}
