/** What a user may type about themselves, wherever it is typed. */
import { z } from 'zod';
import { atLeast, atMost } from '../characters.ts';

const maxFullNameLength = 100;
const maxBioLength = 150;
const maxWebsiteLength = 200;

export const username = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9._]{3,30}$/, 'Must be 3 to 30 characters: letters a to z, digits, dots and underscores')
  .refine((text) => !/^\.|\.$|\.\./.test(text), 'Must not begin or end with a dot or have two in a row')
  // Both rules in one, before capitals are made small.
  .meta({
    pattern: '^[A-Za-z0-9_](?:[A-Za-z0-9_]|\\.(?=[A-Za-z0-9_])){2,29}$',
    examples: ['photographer'],
  });

/** Up to 64 characters before the @, and a host name whose parts neither begin nor end with a hyphen (RFC 5321, 4.5.3.1). */
const emailAddress =
  /^(?=[^@]{1,64}@)(?:[A-Za-z0-9_'+-]+\.)*[A-Za-z0-9_'+-]*[A-Za-z0-9_+-]@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/;

export const email = z
  .email({ pattern: emailAddress, error: 'Must be an e-mail address' })
  .max(254, 'Must be at most 254 characters')
  .toLowerCase()
  .meta({ examples: ['photographer@example.org'] });

/** Length is what counts (NIST SP 800-63B); the upper bound keeps hashing cheap. */
const minPasswordLength = 8;
const maxPasswordLength = 128;

export const password = z
  .string()
  .refine(...atLeast(minPasswordLength))
  .refine(...atMost(maxPasswordLength))
  .meta({ minLength: minPasswordLength, maxLength: maxPasswordLength, examples: ['correct horse battery'] });

/** The password somebody has, to be compared and nothing else: rules for new ones change over the years. */
export const currentPassword = z
  .string()
  .min(1)
  .refine(...atMost(maxPasswordLength))
  .meta({ maxLength: maxPasswordLength, examples: ['correct horse battery'] });

export const fullName = z
  .string()
  .trim()
  .refine(...atMost(maxFullNameLength))
  .meta({ maxLength: maxFullNameLength, examples: ['John Doe'] });

export const bio = z
  .string()
  .trim()
  .refine(...atMost(maxBioLength))
  .meta({ maxLength: maxBioLength, examples: ['Photography enthusiast'] });

/**
 * A web address, or nothing: http or https, a full host name (no address of a machine, no password before it), perhaps
 * a port up to 65535, and a path. Letters of any script are those from U+00A1 to U+FFFF, as in Django's URLValidator;
 * it is read by code points, as JSON Schema reads patterns, so that a host of emoji has to be in Punycode.
 */
const webAddress =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: to keep them out of a path they have to be named.
  /^(?:[hH][tT]{2}[pP][sS]?:\/\/(?:[a-zA-Z0-9\u00a1-\uffff](?:[a-zA-Z0-9\u00a1-\uffff-]{0,61}[a-zA-Z0-9\u00a1-\uffff])?\.)+[a-zA-Z\u00a1-\uffff](?:[a-zA-Z0-9\u00a1-\uffff-]{0,61}[a-zA-Z0-9\u00a1-\uffff])(?::(?:[1-5]?\d{1,4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5]))?(?:[/?#][^\u0000-\u0020"<>\\\u007f-\u00a0]*)?)?$/u;

export const website = z
  .string()
  .trim()
  .regex(webAddress, 'Must be an http or https address')
  .refine(...atMost(maxWebsiteLength))
  .meta({ maxLength: maxWebsiteLength, examples: ['https://example.org/'] });
