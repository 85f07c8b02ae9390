/**
 * Passkeys as they travel. What browsers and phones send and take has the shape WebAuthn gives it (Level 3, section
 * 5.1: RegistrationResponseJSON and so on): they add to it as they please, so it is not closed as bodies of ours are.
 */
import { z } from 'zod';

const base64url = (maxLength: number) =>
  z
    .string()
    .regex(/^[\w-]+$/, 'Must be base64url')
    .max(maxLength);

/** At most 1,023 bytes: WebAuthn Level 3, section 4, "credential ID". */
const credentialId = base64url(1_364).meta({ examples: ['AAECAwQFBgcICQoLDA0ODw'] });
const clientDataJson = base64url(8_192).meta({ examples: ['eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0'] });
const transports = z.array(z.string().max(30)).max(10);

export const registrationSchema = z.object({
  id: credentialId,
  rawId: credentialId,
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: clientDataJson,
    attestationObject: base64url(16_384).meta({ examples: ['o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YQ'] }),
    transports: transports.optional().meta({ examples: [['internal', 'hybrid']] }),
  }),
});

export const assertionSchema = z.object({
  id: credentialId,
  rawId: credentialId,
  type: z.literal('public-key'),
  response: z.object({
    clientDataJSON: clientDataJson,
    authenticatorData: base64url(8_192).meta({
      examples: ['SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MdAAAAAQ'],
    }),
    signature: base64url(8_192).meta({ examples: ['MEUCIQDbRsnE1pWJ3ZQ'] }),
    userHandle: base64url(100)
      .nullish()
      .meta({ examples: ['dXNlcl8wMWo4ejNrNG01bjZwN3E4cjlzMHQxdjJ3Mw'] }),
  }),
});

const descriptor = z.object({
  id: z.string(),
  type: z.literal('public-key'),
  transports: z.array(z.string()).optional(),
});

const timeout = z
  .int()
  .describe('Milliseconds.')
  .meta({ examples: [300_000] });
const rpId = z.string().meta({ examples: ['example.org'] });
const challenge = z.string().meta({ examples: ['q0mNKGSgxwJxVZ0ZkZlZb1ZlZb2ZlZb3ZlZb4ZlZb5Y'] });
const userVerification = z.string().meta({ examples: ['required'] });

export const creationOptionsSchema = z
  .object({
    challenge,
    rp: z.object({ name: z.string().meta({ examples: ['Emulsion'] }), id: rpId }),
    user: z.object({
      id: z.string().meta({ examples: ['dXNlcl8wMWo4ejNrNG01bjZwN3E4cjlzMHQxdjJ3Mw'] }),
      name: z.string().meta({ examples: ['photographer'] }),
      displayName: z.string().meta({ examples: ['photographer'] }),
    }),
    pubKeyCredParams: z
      .array(z.object({ type: z.literal('public-key'), alg: z.int() }))
      .meta({ examples: [[{ type: 'public-key', alg: -7 }]] }),
    timeout,
    attestation: z.string().meta({ examples: ['none'] }),
    excludeCredentials: z
      .array(descriptor)
      .describe('The passkeys there are.')
      .meta({ examples: [[]] }),
    authenticatorSelection: z.object({
      residentKey: z.string().meta({ examples: ['required'] }),
      requireResidentKey: z.boolean().meta({ examples: [true] }),
      userVerification,
    }),
    extensions: z.object({ credProps: z.boolean().meta({ examples: [true] }) }),
  })
  .meta({
    id: 'PasskeyCreationOptions',
    description: 'For `PublicKeyCredential.parseCreationOptionsFromJSON`.',
  });

export const requestOptionsSchema = z.object({ challenge, rpId, timeout, userVerification }).meta({
  id: 'PasskeyRequestOptions',
  description: 'For `PublicKeyCredential.parseRequestOptionsFromJSON`.',
});

export const passkeySchema = z
  .object({
    passkey_id: z.string().meta({ examples: ['passkey_01j8z3k4m5n6p7q8r9s0t1v2w3'] }),
    name: z
      .string()
      .nullable()
      .meta({ examples: ['My phone'] }),
    is_backed_up: z
      .boolean()
      .describe('It is kept somewhere else too, so that it outlives the device.')
      .meta({ examples: [true] }),
    created_at: z.iso.datetime().meta({ examples: ['2026-01-20T15:30:00.000Z'] }),
    used_at: z.iso
      .datetime()
      .nullable()
      .meta({ examples: ['2026-01-21T08:12:45.120Z'] }),
  })
  .meta({ id: 'Passkey' });

/** A row as replies show it. */
export function passkeyOf(row: {
  passkey_id: string;
  name: string | null;
  is_backed_up: boolean;
  created_at: Date;
  used_at: Date | null;
}): z.output<typeof passkeySchema> {
  return {
    passkey_id: row.passkey_id,
    name: row.name,
    is_backed_up: row.is_backed_up,
    created_at: row.created_at.toISOString(),
    used_at: row.used_at?.toISOString() ?? null,
  };
}
