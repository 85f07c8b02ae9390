/** A request for a WebSocket that is refused: what the server answers instead of upgrading. */
import { request } from 'node:http';
import type { Reply } from './client.ts';

const handshake = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

/**
 * Asks for an upgrade and expects to be refused.
 *
 * @param headers added to those of a correct handshake
 */
export async function refusedUpgrade(
  base: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(base, { path, headers: { ...handshake, ...headers } });
    sent.on('error', reject);
    sent.on('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new Error(`${path} was upgraded`));
    });
    sent.on('response', async (response) => {
      let text = '';
      for await (const piece of response.setEncoding('utf8')) text += piece;
      const { statusCode: status = 0, headers: received } = response;
      const pairs = Object.entries(received).map(([name, value]): [string, string] => [name, String(value)]);
      resolve({ status, headers: new Headers(pairs), body: JSON.parse(text), text });
    });
    sent.end();
  });
}
