import { expect } from 'chai';
import { weaknessOf } from '../../../shared/auth/weak-passwords.ts';

const alice = { username: 'alice.doe', email: 'wonderland@example.org' };
const guessed = /guessed first/;
const own = /username or the e-mail/;

describe('passwords that are guessed first', () => {
  it('are common words, with whatever is added to them or put in place of their letters', () => {
    for (const password of [
      'password',
      'PASSWORD',
      'Password123!',
      'P@ssw0rd',
      '!!dragon2026',
      'iloveyou<3',
      'Sunshine1',
      'trustno1',
      'letmein!!',
      'emulsion',
      'Emulsion2026',
    ]) {
      expect(weaknessOf(password, alice), password).to.match(guessed);
    }
  });

  it('are runs over the keyboard, of letters and of digits, either way', () => {
    for (const password of [
      '12345678',
      '87654321',
      '23456789',
      'abcdefgh',
      'qwertzuiop',
      '1qaz2wsx',
      'lkjhgfds',
    ]) {
      expect(weaknessOf(password, alice), password).to.match(guessed);
    }
  });

  it('are repetitions', () => {
    for (const password of ['aaaaaaaa', 'abababab', 'abcabcabcabc', '11221122', '😀😀😀😀', '20262026']) {
      expect(weaknessOf(password, alice), password).to.match(guessed);
    }
  });

  it('are the names of their owner', () => {
    for (const password of [
      'alice.doe',
      'Alice.Doe1',
      'wonderland',
      'W0nderland!',
      'wonderland@example.org',
      'WONDERLAND@EXAMPLE.ORG',
    ]) {
      expect(weaknessOf(password, alice), password).to.match(own);
    }
  });

  it('are not what nobody would try', () => {
    for (const password of [
      'correct horse battery',
      'alice has a password',
      'a password of alice.doe',
      'dragons eat sunshine',
      'kE8#mmW2x!',
      '84615203',
      'Füße im Meer',
      '山田太郎のネコです',
      'qwertydontcare',
      '😀🎈🌊🍋🐙🚲🎹🪁',
    ]) {
      expect(weaknessOf(password, alice), password).to.equal(undefined);
    }
  });
});
