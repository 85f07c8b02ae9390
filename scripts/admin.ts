/** `npm run admin -- user NAME [--tier free|pro|enterprise] [--role user|admin] [--verified|--no-verified]` */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { loadConfig } from '../shared/config.ts';
import { openTools } from '../shared/tools.ts';

const usage =
  'Type: npm run admin -- user NAME [--tier free|pro|enterprise] [--role user|admin] [--verified|--no-verified]';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: { tier: { type: 'string' }, role: { type: 'string' }, verified: { type: 'boolean' } },
});
const changes = z
  .object({
    tier: z.enum(['free', 'pro', 'enterprise']).optional(),
    role: z.enum(['user', 'admin']).optional(),
    verified: z.boolean().optional(),
  })
  .safeParse(values);
const [subject, name] = positionals;
if (subject !== 'user' || !name || !changes.success) {
  console.error(usage);
  process.exit(1);
}

const tools = await openTools(loadConfig(), 'admin');
const { tier, role, verified } = changes.data;
const username = name.replace(/^@/, '').toLowerCase();
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
