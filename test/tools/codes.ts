/** An authenticator app, as far as a test needs one. */
import { Secret, TOTP } from 'otpauth';

const stepMs = 30_000;

/**
 * The code an app shows so many steps from now.
 *
 * @param secret in base32
 */
export function codeOf(secret: string, steps = 0): string {
  return TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: Date.now() + steps * stepMs });
}

/** Six digits that are right at no time near now. */
export function wrongCode(secret: string): string {
  const right = [-3, -2, -1, 0, 1, 2, 3].map((steps) => codeOf(secret, steps));
  for (let code = 0; ; code += 1) {
    const digits = String(code).padStart(6, '0');
    if (!right.includes(digits)) return digits;
  }
}

/** Resolves when the present step has at least so many seconds left, so that it does not end within a test. */
export async function freshStep(leftS = 5): Promise<void> {
  while (TOTP.remaining() < leftS * 1_000) await new Promise((resolve) => setTimeout(resolve, 50));
}
