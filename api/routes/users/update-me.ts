/** PATCH /v1/users/me: changes what is given, keeps what is not. */
import { z } from 'zod';
import type { Tx } from '../../../shared/db/index.ts';
import { isDeadlock, isDuplicate } from '../../../shared/db/index.ts';
import { fail } from '../../../shared/errors.ts';
import { bio, fullName, username, website } from '../../../shared/users/fields.ts';
import { acceptOldestRequests, forgetFollow, type Person } from '../../../shared/users/follows.ts';
import { lockSettings } from '../../../shared/users/locks.ts';
import { loadProfile } from '../../../shared/users/profiles.ts';
import { profileSchema } from '../../../shared/users/schema.ts';
import { route } from '../../route.ts';
import { replacingAvatar } from '../../users/avatar.ts';
import { presentProfile } from '../../users/profile.ts';

/** Requests that are accepted at once when the account becomes public: a tenth of a second. A job accepts the rest. */
const acceptedAtOnce = 20;

const fields = {
  full_name: fullName.nullable().describe('Null clears it.'),
  bio: bio.nullable().describe('Null clears it.'),
  website: website.nullable().describe('Null clears it.'),
  username,
  is_private: z
    .boolean()
    .describe('A private account shows itself to followers it accepted. A public one accepts all who ask.'),
};

export const updateMe = route({
  method: 'patch',
  path: '/v1/users/me',
  area: 'users',
  summary: 'Edit your profile',
  auth: 'user',
  body: z.strictObject(fields).partial(),
  status: 200,
  reply: profileSchema,
  errors: ['CONFLICT'],
  async handle({ viewer, body, write, tools }) {
    let isEdited = false;
    let accepted: Person[] = [];
    return write(
      async (tx) => {
        await lockSettings(tx, viewer.id, 'exclusive');
        const changed = await changesOf(tx, viewer.id, body);
        if (changed.is_private === false) {
          // Before the row is written: the locks between people come first.
          const taken = await acceptOldestRequests(tools, tx, viewer, acceptedAtOnce);
          accepted = taken.accepted;
          if (taken.mayBeMore) {
            await tools.outbox.emit(tx, 'userBecamePublic', viewer.userId, { userId: viewer.userId });
          }
        }
        isEdited = Object.keys(changed).length > 0;
        if (isEdited) {
          // A picture that is drawn shows the initial of the name.
          await replacingAvatar(tools, tx, viewer, () =>
            tx
              .updateTable('users')
              .set({ ...changed, updated_at: new Date() })
              .where('id', '=', viewer.id)
              .execute()
              .catch((error: unknown) => refuseTaken(error, changed.username)),
          );
          await tools.outbox.emit(tx, 'userEdited', viewer.userId, { userId: viewer.userId });
        }
        const profile = await loadProfile(tx, tools.config.CDN_BASE_URL, viewer.userId);
        if (!profile) fail('UNAUTHORIZED');
        return presentProfile(profile);
      },
      async () => {
        if (!isEdited) return;
        await Promise.all([
          tools.profiles.forget(viewer.userId),
          ...accepted.map((follower) => forgetFollow(tools, follower, viewer)),
          tools.wakeRelay(),
        ]);
      },
    );
  },
});

type Columns = {
  full_name: string | null;
  bio: string | null;
  website: string | null;
  username: string;
  is_private: boolean;
};

/** What differs from what is stored; nothing typed is nothing stored. */
async function changesOf(
  tx: Tx,
  userId: number,
  body: { [Field in keyof Columns]?: Columns[Field] | undefined },
): Promise<Partial<Columns>> {
  const before = await tx
    .selectFrom('users')
    .select(['full_name', 'bio', 'website', 'username', 'is_private'])
    .where('id', '=', userId)
    .executeTakeFirst();
  const given = Object.entries(body).map(([field, value]) => [field, value === '' ? null : value] as const);
  return Object.fromEntries(
    given.filter(([field, value]) => value !== undefined && value !== before?.[field as keyof Columns]),
  );
}

function refuseTaken(error: unknown, name = ''): never {
  // Two who want each other's name at the same moment wait for each other, until Postgres ends one of them.
  if (isDuplicate(error) || isDeadlock(error)) {
    fail('CONFLICT', { field: 'username', reason: `'${name}' is already taken` });
  }
  throw error;
}
