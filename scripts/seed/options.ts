/** What `npm run seed` can be told. */
import { parseArgs } from 'node:util';
import { PlainError } from '../plain-error.ts';

export const usage = `npm run seed -- [--users 20] [--posts 60] [--followers N] [--seed 1]

Makes users who follow each other, posts with drawn photographs, and likes, in the Emulsion that runs on
DATA_DIR, through an API process of its own without rate limits. The same seed makes the same world; within a
day a second run with it makes nothing twice.

  --users N      how many users (1 to 5,000); all have the same password, which is printed
  --posts N      how many posts (0 to 100,000)
  --followers N  how many followers the first user has at least (up to 5,000,000). Beyond the registered
                 users they are bare rows, written straight into Postgres: nobody can sign in as one of
                 them, and search does not find them
  --seed N       what everything is drawn from`;

export type Options = { users: number; posts: number; followers: number; seed: number };

/**
 * Reads the command line; undefined if help is all that was asked for.
 *
 * @throws {PlainError} saying what to type.
 */
export function readOptions(): Options | undefined {
  const option = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      users: { ...option, default: '20' },
      posts: { ...option, default: '60' },
      followers: { ...option, default: '0' },
      seed: { ...option, default: '1' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  const whole = (name: keyof Options, least: number, most: number) => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new PlainError(`--${name}: type a whole number from ${least} to ${most}.\n\n${usage}`);
  };
  return {
    users: whole('users', 1, 5_000),
    posts: whole('posts', 0, 100_000),
    followers: whole('followers', 0, 5_000_000),
    seed: whole('seed', 0, 999_999),
  };
}
