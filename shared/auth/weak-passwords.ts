/**
 * Passwords that are guessed first. NIST SP 800-63B-4, section 3.1.1.2, wants a new password compared with a list
 * of those that are commonly used, expected or compromised, and with words of its context, and wants no rules of
 * composition besides. What people make of a common word by adding digits or signs, or by writing `p@ssw0rd`, is
 * expected as well; so are rows of the keyboard and repetitions.
 */
import { commonWords } from './common-words.ts';

/** What must not be a password because everybody knows it of its owner. */
export type Person = { username: string; email: string };

/** Rows of a keyboard, columns, and zigzags between the first two rows, as fingers run over them. */
const runs = [
  '12345678901234567890',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiopasdfghjklzxcvbnm',
  'qwertzuiopasdfghjklyxcvbnm',
  'azertyuiopqsdfghjklmwxcvbn',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p',
  'qazwsxedcrfvtgbyhnujmikolp',
  '1q2w3e4r5t6y7u8i9o0p',
].flatMap((run) => [run, [...run].reverse().join('')]);

const lookAlikes: Record<string, string> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

/** The word behind a password: no digits or signs around it, no look-alikes in it. */
function wordOf(password: string): string {
  const bare = password.replace(/^[^\p{L}@$]+|[^\p{L}]+$/gu, '');
  return bare.replace(/[013457@$!]/g, (character) => lookAlikes[character] ?? character);
}

/**
 * Why a password would be guessed, in words for whoever typed it; undefined if nothing speaks against it.
 *
 * @param person whose password it is to be
 */
export function weaknessOf(password: string, { username, email }: Person): string | undefined {
  const text = password.toLowerCase();
  const own = [username, email, email.slice(0, email.lastIndexOf('@'))].map((name) => name.toLowerCase());
  if (own.includes(text) || own.some((name) => wordOf(text) === wordOf(name) && wordOf(text) !== '')) {
    return 'Must not be the username or the e-mail address';
  }
  const isRun = runs.some((run) => run.includes(text));
  const isRepetition = /^(.{1,4})\1+.{0,3}$/su.test(text) || new Set(text).size < 4;
  if (isRun || isRepetition || commonWords.has(wordOf(text))) {
    return 'Is among the passwords that are guessed first; take a longer or less usual one';
  }
  return undefined;
}
