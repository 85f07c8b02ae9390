/** POST /v1/auth/logout: ends the session this token belongs to, with its tokens and sockets. */
import { endSession } from '../../../shared/auth/sessions.ts';
import { route } from '../../route.ts';

export const logout = route({
  method: 'post',
  path: '/v1/auth/logout',
  area: 'auth',
  summary: 'Sign out',
  auth: 'user',
  status: 204,
  errors: [],
  async handle({ viewer, write, tools }) {
    return write(
      async (tx) => {
        await endSession(tx, viewer.sessionId);
        return undefined;
      },
      () => tools.changes.announce('session', viewer.sessionId),
    );
  },
});
