/**
 * `npm run admin -- user NAME [--tier free|pro|enterprise] [--role user|admin] [--verified|--no-verified]
 * [--suspend REASON | --reinstate]`
 */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { loadConfig } from '../shared/config.ts';
import { Failure } from '../shared/errors.ts';
import {
  type AccountChange,
  afterAccountChange,
  changeAccount,
  reinstate,
  suspend,
} from '../shared/moderation/accounts.ts';
import { openTools, type Tools } from '../shared/tools.ts';
import { PlainError, reportError } from './plain-error.ts';

const usage = `Type: npm run admin -- user NAME [--tier free|pro|enterprise] [--role user|admin] [--verified|--no-verified]
                                  [--suspend REASON | --reinstate]`;

const wanted = z
  .object({
    tier: z.enum(['free', 'pro', 'enterprise']).optional(),
    role: z.enum(['user', 'admin']).optional(),
    verified: z.boolean().optional(),
    suspend: z.string().trim().min(1).max(1_000).optional(),
    reinstate: z.literal(true).optional(),
  })
  .refine((options) => Object.keys(options).length > 0)
  .refine((options) => options.suspend === undefined || options.reinstate === undefined);

type Wanted = z.output<typeof wanted>;

/** What was typed: whose account, and what of it is to change. */
function readArguments(): { username: string; options: Wanted } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      allowNegative: true,
      options: {
        tier: { type: 'string' },
        role: { type: 'string' },
        verified: { type: 'boolean' },
        suspend: { type: 'string' },
        reinstate: { type: 'boolean' },
      },
    });
    const [subject, name, ...more] = positionals;
    const options = wanted.parse({ ...values });
    if (subject !== 'user' || !name || more.length > 0) throw new Error();
    return { username: name.replace(/^@/, '').toLowerCase(), options };
  } catch {
    throw new PlainError(usage);
  }
}

/** Does what was typed, all of it or nothing; the audit log tells of it as done from the shell. */
async function change(tools: Tools, userId: string, options: Wanted): Promise<void> {
  const by = { source: 'shell' } as const;
  const { tier, role, verified, suspend: reason } = options;
  const changes = {
    ...(tier ? { tier } : {}),
    ...(role ? { role } : {}),
    ...(verified === undefined ? {} : { is_verified: verified }),
  };
  const done = await tools.db.transaction().execute(
    async (tx): Promise<(AccountChange | undefined)[]> => [
      // The role first: one command can take it away and suspend.
      await changeAccount(tools, tx, by, userId, changes),
      reason === undefined ? undefined : await suspend(tools, tx, by, userId, reason),
      options.reinstate ? await reinstate(tools, tx, by, userId) : undefined,
    ],
  );
  for (const each of done) if (each) await afterAccountChange(tools, each);
}

async function main(): Promise<void> {
  const { username, options } = readArguments();
  const tools = await openTools(loadConfig(), 'admin');
  try {
    const find = () =>
      tools.db
        .selectFrom('users')
        .select(['user_id', 'username', 'tier', 'role', 'is_verified', 'suspended_at'])
        .where('username', '=', username)
        .where('deleted_at', 'is', null)
        .executeTakeFirst();
    const user = await find();
    if (!user) throw new PlainError(`There is no user named ${username}`);
    await change(tools, user.user_id, options);
    const now = await find();
    console.log(
      `${username} (${user.user_id}): tier ${now?.tier}, role ${now?.role}, verified ${now?.is_verified}, ` +
        `suspended ${now?.suspended_at?.toISOString() ?? false}`,
    );
  } catch (error) {
    throw error instanceof Failure ? new PlainError(String(error.details?.reason ?? error.message)) : error;
  } finally {
    await tools.stop();
  }
}

main().catch(reportError);
