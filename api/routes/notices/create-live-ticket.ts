/** POST /v1/live/ticket: what a browser opens the live channel with. */
import { z } from 'zod';
import { makeTicket, ticketLifetimeS } from '../../live/tickets.ts';
import { route } from '../../route.ts';

export const createLiveTicket = route({
  method: 'post',
  path: '/v1/live/ticket',
  area: 'notices',
  summary: 'Get a one-use ticket for the live channel',
  auth: 'user',
  status: 201,
  reply: z.object({
    ticket: z.string().describe('Opens one WebSocket: `/v1?ticket=…`.'),
    expires_in: z.int().describe('Seconds it can be used for.'),
  }),
  errors: [],
  async handle({ viewer, tools, write }) {
    return write(async () => ({
      ticket: await makeTicket(tools.cache, viewer),
      expires_in: ticketLifetimeS,
    }));
  },
});
