/** GET /v1/auth/sessions: where the viewer is signed in, latest sign-in first. */
import { sql } from 'kysely';
import { z } from 'zod';
import { isId } from '../../../shared/ids.ts';
import { decodeCursor, pageQuery } from '../../cursor.ts';
import { cutPage, pageFields } from '../../page.ts';
import { route } from '../../route.ts';

const cursorValues = z.tuple([z.string().refine((id) => isId('session', id))]);

const sessionSchema = z
  .object({
    session_id: z.string().meta({ examples: ['session_01j8z3k4m5n6p7q8r9s0t1v2w3'] }),
    user_agent: z
      .string()
      .nullable()
      .describe('How the device named itself when it signed in.')
      .meta({ examples: ['Emulsion/1.4 (iPhone; iOS 26.1)'] }),
    created_at: z.iso.datetime().meta({ examples: ['2026-01-20T15:30:00.000Z'] }),
    used_at: z.iso
      .datetime()
      .describe('When its tokens were last refreshed, which an active device does every 15 minutes.')
      .meta({ examples: ['2026-01-21T08:12:45.120Z'] }),
    is_current: z
      .boolean()
      .describe('The session this request was made in.')
      .meta({ examples: [true] }),
  })
  .meta({ id: 'Session', description: 'A device that is signed in.' });

export const listSessions = route({
  method: 'get',
  path: '/v1/auth/sessions',
  area: 'auth',
  summary: 'List where you are signed in',
  auth: 'user',
  query: pageQuery,
  status: 200,
  reply: z.object({ sessions: z.array(sessionSchema), ...pageFields }),
  errors: [],
  async handle({ viewer, query, tools }) {
    const before = query.cursor ? decodeCursor('sessions', cursorValues, query.cursor)[0] : '~';
    const rows = await tools.db
      .selectFrom('sessions')
      .select(['session_id', 'user_agent', 'created_at', 'used_at'])
      .where('user_id', '=', viewer.id)
      .where('ended_at', 'is', null)
      .where('expires_at', '>', sql<Date>`now()`)
      .where('session_id', '<', before)
      .orderBy('session_id', 'desc')
      .limit(query.limit + 1)
      .execute();
    const { rows: page, ...rest } = cutPage(rows, query.limit, 'sessions', (row) => [row.session_id]);
    const sessions = page.map((row) => ({
      session_id: row.session_id,
      user_agent: row.user_agent,
      created_at: row.created_at.toISOString(),
      used_at: row.used_at.toISOString(),
      is_current: row.session_id === viewer.sessionId,
    }));
    return { sessions, ...rest };
  },
});
