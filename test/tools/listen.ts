/** An ear on the live channel. */
import { WebSocket } from 'ws';
import type { Client } from './client.ts';

export type Message = { id?: string; type: string; created_at?: string; data?: Record<string, unknown> };

export type Ear = {
  messages: Message[];
  types(): string[];
  /** The code the channel was closed with, once it was. */
  closed: Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Connects, with a client's token if one is given, and collects what is told. */
export async function listen(
  base: string,
  client: Pick<Client, 'accessToken'> | undefined,
  query = '',
): Promise<Ear> {
  const socket = new WebSocket(`${base.replace(/^http/, 'ws')}/v1${query}`, {
    headers: client ? { Authorization: `Bearer ${client.accessToken}` } : {},
  });
  const messages: Message[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data)) as Message));
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return {
    messages,
    types: () => messages.map((message) => message.type),
    closed,
    async [Symbol.asyncDispose]() {
      socket.close();
      await closed;
    },
  };
}
