/** What a user may type about themselves, wherever it is typed. */
import { z } from 'zod';
import { atMost } from '../characters.ts';

const maxFullNameLength = 100;

export const username = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9._]{3,30}$/, 'Must be 3 to 30 characters: letters a to z, digits, dots and underscores')
  .refine((text) => !/^\.|\.$|\.\./.test(text), 'Must not begin or end with a dot or have two in a row')
  .meta({ examples: ['photographer'] });

export const email = z
  .email('Must be an e-mail address')
  .max(254, 'Must be at most 254 characters')
  .toLowerCase()
  .meta({ examples: ['photographer@example.org'] });

/** Length is what counts (NIST SP 800-63B); the upper bound keeps hashing cheap. */
export const password = z
  .string()
  .min(8, 'Must be at least 8 characters')
  .max(128, 'Must be at most 128 characters')
  .meta({ examples: ['correct horse battery'] });

export const fullName = z
  .string()
  .trim()
  .refine(...atMost(maxFullNameLength))
  .meta({ maxLength: maxFullNameLength, examples: ['John Doe'] });
