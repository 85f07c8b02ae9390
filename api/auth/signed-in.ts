/** What register, login and refresh answer alike. */
import { z } from 'zod';
import type { Tx } from '../../shared/db/index.ts';
import type { Tools } from '../../shared/tools.ts';
import { loadProfile } from '../../shared/users/profiles.ts';
import { profileSchema } from '../../shared/users/schema.ts';
import { accessTokenLifetimeS, openTokens } from '../door/tokens.ts';

export const signedInSchema = z
  .object({
    user: profileSchema,
    access_token: z.string(),
    refresh_token: z.string(),
    token_type: z.literal('Bearer'),
    expires_in: z.int().describe('Seconds the access token lives.'),
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
    user: { ...profile, is_following: false },
    access_token: await openTokens(config.AUTH_SECRET).sign(userId, session.sessionId),
    refresh_token: session.refreshToken,
    token_type: 'Bearer',
    expires_in: accessTokenLifetimeS,
  };
}
