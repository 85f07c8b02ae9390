/** The account behind a name, a session or a passkey, as signing in needs it. */
import type { Db, Tx } from '../../shared/db/index.ts';
import { fail } from '../../shared/errors.ts';

export type Account = {
  /** Internal id. */
  id: number;
  user_id: string;
  username: string;
  email: string;
  password_hash: string;
  suspended_at: Date | null;
};

function accounts(db: Db | Tx) {
  return db
    .selectFrom('users')
    .innerJoin('credentials', 'credentials.user_id', 'users.id')
    .select([
      'users.id',
      'users.user_id',
      'users.username',
      'users.suspended_at',
      'credentials.email',
      'credentials.password_hash',
    ])
    .where('users.deleted_at', 'is', null);
}

/** The account of a username or e-mail address in lower case; a deleted one is none. */
export function accountNamed(db: Db | Tx, name: string): Promise<Account | undefined> {
  return accounts(db)
    .where((where) => where.or([where('users.username', '=', name), where('credentials.email', '=', name)]))
    .executeTakeFirst();
}

/** The account of a user, by internal id; a deleted one is none. */
export function accountOf(db: Db | Tx, id: number): Promise<Account | undefined> {
  return accounts(db).where('users.id', '=', id).executeTakeFirst();
}

/** The same, its password kept as it is until the transaction ends. */
export function accountHeld(tx: Tx, id: number): Promise<Account | undefined> {
  return accounts(tx).where('users.id', '=', id).forShare('credentials').executeTakeFirst();
}

/**
 * Refuses to sign in to a suspended account, once the caller has proved that it is theirs.
 *
 * @throws {Failure} FORBIDDEN
 */
export function refuseSuspended({ suspended_at }: Account, field: string): void {
  if (suspended_at) fail('FORBIDDEN', { field, reason: 'This account is suspended' });
}
