/**
 * The addresses an account was signed in to from. Guesses from there are counted apart, so that whoever guesses
 * from elsewhere, however long, does not lock the owner out (OWASP, Authentication Cheat Sheet, "Device Cookies").
 */
import { keyedHash } from '../../shared/auth/sealing.ts';
import { keys } from '../../shared/keys.ts';
import type { Tools } from '../../shared/tools.ts';

const rememberedDays = 30;

function keyOf({ config }: Tools, userId: string, address: string): string {
  return keys.signInAddress(
    keyedHash(config.AUTH_SECRET, 'sign-in address', userId, address).toString('base64url'),
  );
}

/** Remembers that the user signed in from there. */
export async function rememberAddress(tools: Tools, userId: string, address: string): Promise<void> {
  await tools.cache.set(keyOf(tools, userId, address), '', 'EX', rememberedDays * 86_400);
}

/** True if the user signed in from there within the last 30 days, as far as Redis remembers. */
export async function isKnownAddress(tools: Tools, userId: string, address: string): Promise<boolean> {
  return (await tools.cache.exists(keyOf(tools, userId, address))) === 1;
}
