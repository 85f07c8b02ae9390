/**
 * Idempotency-Key: the same write, sent again, gets the same answer and happens once. The outcome is kept in
 * Postgres, in the transaction of the write itself, so no crash can separate the two; Redis holds a copy, and
 * the mark that a request is in flight.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Tx } from '../../shared/db/index.ts';
import { fail } from '../../shared/errors.ts';
import { keys } from '../../shared/keys.ts';
import { script } from '../../shared/redis/index.ts';
import type { Tools } from '../../shared/tools.ts';

const lifetimeS = 86_400;
/** The mark of a process that died lapses after this; a living one renews it well before. */
const markMs = 5_000;
const renewMs = 2_000;

/** What was answered. `fingerprint` tells what was asked. */
export type Outcome = {
  fingerprint: string;
  status: number;
  body: string;
  headers: Record<string, string>;
};

/** Outcomes up to this time count as forgotten. */
function oldest(): Date {
  return new Date(Date.now() - lifetimeS * 1_000);
}

const releaseIfMine = script<number>(
  `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`,
);
const renewIfMine = script<number>(
  `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0`,
);

/** Another request with this key was committed meanwhile: this one's work must not be. */
export class AlreadyAnswered extends Error {
  override name = 'AlreadyAnswered';
}

/** A key in use by one request. */
export type Claim = {
  /** The outcome of an earlier request with this key, if there is one. */
  earlier: Outcome | undefined;
  /**
   * Keeps the outcome; call it in the write's transaction.
   *
   * @throws {AlreadyAnswered} if the key has one by now; the transaction must then be rolled back.
   */
  keep(tx: Tx, outcome: Outcome): Promise<void>;
  /** The outcome somebody else committed under this key since the claim. */
  lookAgain(): Promise<Outcome | undefined>;
  /** Ends the claim, leaving the outcome, if there is one, to later requests. */
  end(outcome: Outcome | undefined): Promise<void>;
};

/**
 * Claims a key for one request.
 *
 * @param scope what the key is unique within: user, method and path
 * @param ownerId internal id of the user, with whose account the outcome goes
 * @throws {Failure} INVALID_INPUT if the key has characters or a length it may not have; CONFLICT if another
 *   request with it is in flight.
 */
export async function claimKey(
  tools: Tools,
  scope: string,
  key: string,
  ownerId: number | undefined,
): Promise<Claim> {
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    fail('INVALID_INPUT', {
      field: 'Idempotency-Key',
      reason: 'Must be 1 to 255 visible ASCII characters, such as a UUID',
    });
  }
  const { cache, log } = tools;
  const scoped = createHash('sha256').update(`${scope}\n${key}`).digest('base64url');
  const redisKey = keys.idempotency(scoped);
  const mark = `in flight ${randomUUID()}`;
  const claimed = await cache.set(redisKey, mark, 'PX', markMs, 'NX');
  if (!claimed) {
    const text = await cache.get(redisKey);
    if (text?.startsWith('{')) {
      const earlier = JSON.parse(text) as Outcome;
      return {
        earlier,
        keep: async () => {},
        lookAgain: async () => earlier,
        end: async () => {},
      };
    }
    fail(
      'CONFLICT',
      { field: 'Idempotency-Key', reason: 'A request with this key is still being processed' },
      { retryAfterS: 1 },
    );
  }

  const timer = setInterval(() => {
    renewIfMine(cache, [redisKey], [mark, markMs]).catch(() => {});
  }, renewMs);
  try {
    return {
      earlier: await findOutcome(tools, scoped),
      async keep(tx, outcome) {
        const row = { ...outcome, headers: JSON.stringify(outcome.headers), created_at: new Date() };
        const kept = await tx
          .insertInto('idempotency_keys')
          .values({ ...row, scope: scoped, user_id: ownerId ?? null })
          .onConflict((conflict) =>
            conflict.column('scope').doUpdateSet(row).where('idempotency_keys.created_at', '<=', oldest()),
          )
          .returning('scope')
          .executeTakeFirst();
        if (!kept) throw new AlreadyAnswered();
      },
      lookAgain: () => findOutcome(tools, scoped),
      async end(outcome) {
        clearInterval(timer);
        // Losing this only costs the next request a look into Postgres.
        await (outcome
          ? cache.set(redisKey, JSON.stringify(outcome), 'EX', lifetimeS)
          : releaseIfMine(cache, [redisKey], [mark])
        ).catch((error: Error) => log.warn({ error: error.message }, 'an idempotency key was not released'));
      },
    };
  } catch (error) {
    clearInterval(timer);
    await releaseIfMine(cache, [redisKey], [mark]).catch(() => {});
    throw error;
  }
}

async function findOutcome({ db }: Tools, scoped: string): Promise<Outcome | undefined> {
  return db
    .selectFrom('idempotency_keys')
    .select(['fingerprint', 'status', 'body', 'headers'])
    .where('scope', '=', scoped)
    .where('created_at', '>', oldest())
    .executeTakeFirst();
}

/** What a request asked: its parsed fields and the digests of its files, in a fixed order. */
export function fingerprintOf(fields: unknown, fileDigests: string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([fields ?? null, fileDigests]))
    .digest('base64url');
}
