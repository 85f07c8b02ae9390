/** Accounts as admins see them: every one, suspended or private, with what only admins change. */
import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import type { Db, Tx } from '../../shared/db/index.ts';
import type { Role, Tier } from '../../shared/db/schema.ts';
import { notFound } from '../../shared/errors.ts';
import { isId } from '../../shared/ids.ts';
import { type CardRow, cardOf } from '../../shared/users/cards.ts';
import { userCardSchema } from '../../shared/users/schema.ts';

export const tiers = ['free', 'pro', 'enterprise'] as const satisfies readonly Tier[];
export const roles = ['user', 'admin'] as const satisfies readonly Role[];

export const accountSchema = userCardSchema
  .extend({
    full_name: z.string().nullable(),
    bio: z.string().nullable(),
    website: z.string().nullable(),
    is_private: z.boolean(),
    tier: z.enum(tiers),
    role: z.enum(roles),
    is_suspended: z.boolean(),
    suspended_at: z.iso.datetime().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'Account', description: 'An account as admins see it.' });

export type Account = z.output<typeof accountSchema>;

type Row = CardRow &
  Omit<Account, 'is_suspended' | 'suspended_at' | 'created_at'> & {
    suspended_at: Date | null;
    created_at: Date;
  };

/** The accounts that fit a condition on `users`; one on its way out is none any more. */
async function accountsWhere(db: Db | Tx, cdn: string, condition: RawBuilder<boolean>): Promise<Account[]> {
  const { rows } = await sql<Row>`
    SELECT user_id, username, profile_pic_url, is_verified, full_name, bio, website, is_private, tier, role,
      suspended_at, created_at
    FROM users WHERE deleted_at IS NULL AND ${condition}`.execute(db);
  return rows.map((row) => ({
    ...cardOf(cdn, row),
    full_name: row.full_name,
    bio: row.bio,
    website: row.website,
    is_private: row.is_private,
    tier: row.tier,
    role: row.role,
    is_suspended: row.suspended_at !== null,
    suspended_at: row.suspended_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
  }));
}

/** The accounts with these public ids, in no order. */
export function accountsOf(db: Db | Tx, cdn: string, userIds: string[]): Promise<Account[]> {
  return accountsWhere(db, cdn, sql`user_id = ANY(${userIds})`);
}

/**
 * The account a path names, by id or `@username`.
 *
 * @throws {Failure} NOT_FOUND on `user_id`
 */
export async function findAccount(db: Db | Tx, cdn: string, name: string): Promise<Account> {
  const condition = name.startsWith('@')
    ? /^@[\w.]{1,30}$/.test(name) && sql<boolean>`username = ${name.slice(1).toLowerCase()}`
    : isId('user', name) && sql<boolean>`user_id = ${name}`;
  const [account] = condition ? await accountsWhere(db, cdn, condition) : [];
  return account ?? notFound('User', 'user_id', name);
}
