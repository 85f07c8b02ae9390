import { expect } from 'chai';
import { keyedHash, seal, unseal } from '../../../shared/auth/sealing.ts';

const secret = 'a secret that only tests would ever use';
const plain = Buffer.from('twenty bytes of them');

describe('sealing', () => {
  it('opens under the same secret, purpose and owner, and no other', () => {
    const sealed = seal(secret, 'totp secret', 'alice', plain);
    expect(unseal(secret, 'totp secret', 'alice', sealed)).to.eql(plain);
    expect(() => unseal(`${secret}!`, 'totp secret', 'alice', sealed)).to.throw();
    expect(() => unseal(secret, 'recovery code', 'alice', sealed)).to.throw();
    expect(() => unseal(secret, 'totp secret', 'bob', sealed)).to.throw();
  });

  it('notices any changed byte, and one that is missing', () => {
    const sealed = seal(secret, 'totp secret', 'alice', plain);
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] as number) ^ 1;
      expect(() => unseal(secret, 'totp secret', 'alice', changed), String(at)).to.throw();
    }
    for (const length of [0, 5, 12, 27, sealed.length - 1]) {
      expect(() => unseal(secret, 'totp secret', 'alice', sealed.subarray(0, length))).to.throw();
    }
  });

  it('never looks the same twice', () => {
    const texts = [1, 2, 3].map(() => seal(secret, 'totp secret', 'alice', plain).toString('hex'));
    expect(new Set(texts).size).to.equal(3);
  });

  it('hashes the same text to another value for each purpose, owner and secret', () => {
    const hashes = [
      keyedHash(secret, 'recovery code', 'alice', 'x'),
      keyedHash(secret, 'recovery code', 'bob', 'x'),
      keyedHash(secret, 'sign-in address', 'alice', 'x'),
      keyedHash(`${secret}!`, 'recovery code', 'alice', 'x'),
      keyedHash(secret, 'recovery code', 'alice', 'y'),
    ].map((hash) => hash.toString('hex'));
    expect(new Set(hashes).size).to.equal(hashes.length);
    expect(keyedHash(secret, 'recovery code', 'alice', 'x').toString('hex')).to.equal(hashes[0]);
  });
});
