/** DELETE /v1/auth/sessions/{session_id}: signs a device out, with its tokens and sockets. */
import { z } from 'zod';
import { endSession } from '../../../shared/auth/sessions.ts';
import { notFound } from '../../../shared/errors.ts';
import { isId } from '../../../shared/ids.ts';
import { route } from '../../route.ts';

export const revokeSession = route({
  method: 'delete',
  path: '/v1/auth/sessions/{session_id}',
  area: 'auth',
  summary: 'Sign a device out',
  auth: 'user',
  params: z.object({
    session_id: z.string().meta({ examples: ['session_01j8z3k4m5n6p7q8r9s0t1v2w3'] }),
  }),
  status: 204,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, write, tools }) {
    const sessionId = params.session_id;
    return write(
      async (tx) => {
        const own = isId('session', sessionId)
          ? await tx
              .selectFrom('sessions')
              .select('session_id')
              .where('session_id', '=', sessionId)
              .where('user_id', '=', viewer.id)
              .executeTakeFirst()
          : undefined;
        if (!own) notFound('Session', 'session_id', sessionId);
        await endSession(tx, sessionId);
        return undefined;
      },
      () => tools.changes.announce('session', sessionId),
    );
  },
});
