/** `npm run admin -- user NAME [--tier free|pro|enterprise] [--role user|admin] [--verified|--no-verified]` */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { loadConfig } from '../shared/config.ts';
import { openTools } from '../shared/tools.ts';
import { PlainError, reportError } from './plain-error.ts';

const usage =
  'Type: npm run admin -- user NAME [--tier free|pro|enterprise] [--role user|admin] [--verified|--no-verified]';

const wanted = z.object({
  tier: z.enum(['free', 'pro', 'enterprise']).optional(),
  role: z.enum(['user', 'admin']).optional(),
  verified: z.boolean().optional(),
});

/** What was typed: whose account, and what of it is to change. */
function readArguments(): { username: string; changes: z.output<typeof wanted> } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      allowNegative: true,
      options: { tier: { type: 'string' }, role: { type: 'string' }, verified: { type: 'boolean' } },
    });
    const [subject, name, ...more] = positionals;
    const changes = wanted.parse(values);
    if (subject !== 'user' || !name || more.length > 0 || Object.keys(changes).length === 0)
      throw new Error();
    return { username: name.replace(/^@/, '').toLowerCase(), changes };
  } catch {
    throw new PlainError(usage);
  }
}

async function main(): Promise<void> {
  const { username, changes } = readArguments();
  const tools = await openTools(loadConfig(), 'admin');
  const { tier, role, verified } = changes;
  const user = await tools.db
    .updateTable('users')
    .set({
      updated_at: new Date(),
      ...(tier ? { tier } : {}),
      ...(role ? { role } : {}),
      ...(verified === undefined ? {} : { is_verified: verified }),
    })
    .where('username', '=', username)
    .returning(['user_id', 'username', 'tier', 'role', 'is_verified'])
    .executeTakeFirst();
  if (user) {
    await tools.profiles.forget(user.user_id);
    console.log(
      `${user.username} (${user.user_id}): tier ${user.tier}, role ${user.role}, verified ${user.is_verified}`,
    );
  } else {
    console.error(`There is no user named ${username}`);
    process.exitCode = 1;
  }
  await tools.stop();
}

main().catch(reportError);
