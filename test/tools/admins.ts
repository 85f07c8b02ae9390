/** Admins, and what the audit log says of them. */
import type { Client } from './client.ts';
import type { World } from './world.ts';

/** Registers a user who is an admin. */
export async function joinAdmin(w: World, username: string): Promise<Client> {
  const client = await w.join(username);
  await w.tools.db.updateTable('users').set({ role: 'admin' }).where('user_id', '=', client.userId).execute();
  await w.tools.profiles.forget(client.userId);
  return client;
}

/** What the audit log tells an admin, the newest first: by whom, what was done, to what. */
export async function audited(admin: Client, query = '?limit=100') {
  const { body } = await admin.get(`/v1/admin/audit${query}`);
  return body.entries as {
    entry_id: string;
    source: string;
    actor_id: string | null;
    actor: { username: string } | null;
    action: string;
    target_type: string;
    target_id: string;
    details: Record<string, unknown>;
    request_id: string | null;
    created_at: string;
  }[];
}
