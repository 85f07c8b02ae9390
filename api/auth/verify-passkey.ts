/**
 * Checking what an authenticator signed, through @simplewebauthn/server; only here and where options are made is it
 * imported. It throws for whatever is wrong with what a client sent, and asks nobody else.
 */
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import { COSEALG, decodeAttestationObject } from '@simplewebauthn/server/helpers';
import type { z } from 'zod';
import type { Config } from '../../shared/config.ts';
import type { assertionSchema, registrationSchema } from './passkey-schema.ts';

/** What every authenticator has one of. */
export const algorithms = [COSEALG.EdDSA, COSEALG.ES256, COSEALG.RS256];

/** The domain, and the places, that passkeys are for. */
type RelyingParty = Pick<Config, 'RP_ID' | 'RP_ORIGINS'>;

/** A passkey that was just made. */
export type NewPasskey = {
  credentialId: string;
  publicKey: Buffer;
  counter: number;
  transports: string[];
  isBackedUp: boolean;
};

/**
 * Checks what a client answered to a challenge for a new passkey.
 *
 * @throws {Error} saying what is wrong with it.
 */
export async function verifyNewPasskey(
  { RP_ID: rpId, RP_ORIGINS: origins }: RelyingParty,
  challenge: string,
  response: z.output<typeof registrationSchema>,
): Promise<NewPasskey> {
  refuseCertificates(response.response.attestationObject);
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response: { ...response, clientExtensionResults: {} },
    expectedChallenge: challenge,
    expectedOrigin: origins,
    expectedRPID: rpId,
    requireUserVerification: true,
    supportedAlgorithmIDs: algorithms,
  });
  if (!verified) throw new Error('The attestation does not fit the passkey');
  const { credential, credentialBackedUp } = registrationInfo;
  if (credential.id !== response.id) throw new Error('The id is not that of the passkey');
  return {
    credentialId: credential.id,
    publicKey: Buffer.from(credential.publicKey),
    counter: credential.counter,
    transports: response.response.transports ?? [],
    isBackedUp: credentialBackedUp,
  };
}

/**
 * No attestation is asked for, so there is none that would need certificates. The library fetches the revocation
 * lists that certificates name, and a stranger's certificate would name whatever address in our network it likes.
 */
function refuseCertificates(attestationObject: string): void {
  const attestation = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')));
  const format: unknown = attestation.get('fmt');
  if (typeof format !== 'string') throw new Error('The attestation names no format');
  const isSelf = format === 'packed' && attestation.get('attStmt').get('x5c') === undefined;
  if (format !== 'none' && !isSelf)
    throw new Error(`Attestation of the format "${format}" was not asked for`);
}

/**
 * Checks what a client signed to sign in.
 *
 * @returns how often the authenticator says it has signed, and whether the passkey is kept somewhere else too.
 * @throws {Error} saying what is wrong with it; a counter that has not risen, too, since then there is a copy.
 */
export async function verifyAssertion(
  { RP_ID: rpId, RP_ORIGINS: origins }: RelyingParty,
  challenge: string,
  response: z.output<typeof assertionSchema>,
  passkey: { credential_id: string; public_key: Buffer; counter: number },
): Promise<{ counter: number; isBackedUp: boolean }> {
  const { userHandle, ...signed } = response.response;
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response: { ...response, response: signed, clientExtensionResults: {} },
    expectedChallenge: challenge,
    expectedOrigin: origins,
    expectedRPID: rpId,
    requireUserVerification: true,
    credential: {
      id: passkey.credential_id,
      publicKey: new Uint8Array(passkey.public_key),
      counter: passkey.counter,
    },
  });
  if (!verified) throw new Error('The signature is not that of the passkey');
  return { counter: authenticationInfo.newCounter, isBackedUp: authenticationInfo.credentialBackedUp };
}
