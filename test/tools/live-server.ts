/** The live door by itself, with limits a test can wait for, and sockets whose client is in the test's hands. */
import http from 'node:http';
import { WebSocket } from 'ws';
import { openTokens } from '../../api/door/tokens.ts';
import { openViewers } from '../../api/door/viewers.ts';
import { attachLive, isWebSocketUpgrade } from '../../api/live.ts';
import type { Tools } from '../../shared/tools.ts';
import type { Client } from './client.ts';
import type { Message } from './listen.ts';

export type LiveServer = { base: string; close(): Promise<void> };

/** Opens a live door of its own on the tools of a world. */
export async function liveServer(
  tools: Tools,
  limits: Parameters<typeof attachLive>[2] = {},
): Promise<LiveServer> {
  const server = http.createServer({ shouldUpgradeCallback: isWebSocketUpgrade });
  const viewers = await openViewers(tools);
  const live = attachLive(server, { tools, tokens: openTokens(tools.config.AUTH_SECRET), viewers }, limits);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    base: `http://127.0.0.1:${port}`,
    async close() {
      await live.close();
      viewers.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The header that says who asks. */
export const bearer = (client: Pick<Client, 'accessToken'>) => ({
  Authorization: `Bearer ${client.accessToken}`,
});

/** Connects, and leaves the socket to the test. */
export async function connect(base: string, client: Client) {
  const socket = new WebSocket(`${base.replace('http', 'ws')}/v1`, { headers: bearer(client) });
  const messages: Message[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as Message));
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return { socket, messages, closed };
}
