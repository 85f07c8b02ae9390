/**
 * An authenticator in software: what a phone does with passkeys, for real verification to run against. One key
 * pair (ES256) a passkey, no attestation. The bytes are those of WebAuthn Level 3, section 6.1 and 6.5.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** Values of CBOR (RFC 8949), as far as authenticators need them. */
type Cbor = number | string | Uint8Array | Map<Cbor, Cbor>;

/** What the browser in front of an authenticator is, and tells it. */
export type Ceremony = {
  /** Where the page comes from. */
  origin: string;
  /** Told in place of the challenge that the options carry. */
  challenge?: string;
  /** False for one who only touched the key: no finger, no PIN. */
  isVerified?: boolean;
  /** The attestation's format and statement; `none` and nothing if not given. */
  attestation?: [format: string, statement: Map<Cbor, Cbor>];
};

type CreationOptions = { challenge: string; rp: { id: string }; user: { id: string } };
type RequestOptions = { challenge: string; rpId: string };
type Passkey = { id: Buffer; key: KeyObject; rpId: string; userHandle: string };

const flags = { userPresent: 0x01, userVerified: 0x04, backupEligible: 0x08, backedUp: 0x10, attested: 0x40 };

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest();

function head(major: number, value: number): Buffer {
  if (value < 24) return Buffer.from([(major << 5) | value]);
  if (value < 0x100) return Buffer.from([(major << 5) | 24, value]);
  return Buffer.from([(major << 5) | 25, value >> 8, value & 0xff]);
}

/** Writes a value as CBOR. */
export function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string')
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  const entries = [...value].flatMap(([key, inner]) => [cbor(key), cbor(inner)]);
  return Buffer.concat([head(5, value.size), ...entries]);
}

/** The public half as COSE writes it (RFC 9053, section 7.1): EC2, ES256, P-256, x, y. */
function coseKey(publicKey: KeyObject): Buffer {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  return cbor(
    new Map<Cbor, Cbor>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Buffer.from(x, 'base64url')],
      [-3, Buffer.from(y, 'base64url')],
    ]),
  );
}

/** A device that makes and uses passkeys. `counter` is what it says of how often it has signed. */
export class Authenticator {
  counter = 0;
  readonly passkeys: Passkey[] = [];

  /** Answers the options for a new passkey, as `PublicKeyCredential.toJSON` would. */
  create(options: CreationOptions, ceremony: Ceremony) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const id = randomBytes(16);
    this.passkeys.push({ id, key: privateKey, rpId: options.rp.id, userHandle: options.user.id });
    const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, coseKey(publicKey)]);
    const authData = Buffer.concat([this.#data(options.rp.id, ceremony, flags.attested), attested]);
    const [format, statement] = ceremony.attestation ?? ['none', new Map<Cbor, Cbor>()];
    const attestationObject = cbor(
      new Map<Cbor, Cbor>([
        ['fmt', format],
        ['attStmt', statement],
        ['authData', authData],
      ]),
    );
    return {
      ...this.#envelope(id),
      response: {
        clientDataJSON: clientData('webauthn.create', options.challenge, ceremony).toString('base64url'),
        attestationObject: attestationObject.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        transports: ['internal', 'hybrid'],
        publicKeyAlgorithm: -7,
      },
    };
  }

  /** Answers the options for signing in, with the passkey that was made last. */
  get(options: RequestOptions, ceremony: Ceremony) {
    const passkey = this.passkeys.at(-1);
    if (!passkey) throw new Error('this authenticator has no passkey');
    this.counter += 1;
    const authData = this.#data(options.rpId, ceremony, 0);
    const client = clientData('webauthn.get', options.challenge, ceremony);
    const signature = sign('sha256', Buffer.concat([authData, sha256(client)]), passkey.key);
    return {
      ...this.#envelope(passkey.id),
      response: {
        clientDataJSON: client.toString('base64url'),
        authenticatorData: authData.toString('base64url'),
        signature: signature.toString('base64url'),
        userHandle: passkey.userHandle,
      },
    };
  }

  #envelope(id: Buffer) {
    const text = id.toString('base64url');
    return {
      id: text,
      rawId: text,
      type: 'public-key' as const,
      authenticatorAttachment: 'platform',
      clientExtensionResults: { credProps: { rk: true } },
    };
  }

  #data(rpId: string, { isVerified = true }: Ceremony, more: number): Buffer {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(this.counter);
    const set =
      flags.userPresent |
      flags.backupEligible |
      flags.backedUp |
      (isVerified ? flags.userVerified : 0) |
      more;
    return Buffer.concat([sha256(rpId), Buffer.from([set]), counter]);
  }
}

function clientData(type: string, challenge: string, ceremony: Ceremony): Buffer {
  const { origin } = ceremony;
  return Buffer.from(
    JSON.stringify({ type, challenge: ceremony.challenge ?? challenge, origin, crossOrigin: false }),
  );
}
