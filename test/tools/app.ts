/** An app as its developers write it: the typed client of the API, signed in as somebody. */
import { type Emulsion, type EmulsionOptions, openEmulsion } from '../../api/client/index.ts';
import type { Client } from './client.ts';
import { holdToContract } from './contract.ts';

export type App = Emulsion & { userId: string; username: string; readonly accessToken: string };

/** Opens the client; every reply it gets has to be one that the OpenAPI document describes. */
export function openApp({ baseUrl, ...options }: EmulsionOptions): Emulsion {
  return openEmulsion({
    baseUrl,
    async fetch(request) {
      const response = await fetch(request);
      const text = await response.clone().text();
      const isJson = response.headers.get('content-type')?.startsWith('application/json');
      const body: unknown = isJson && text ? JSON.parse(text) : undefined;
      const { pathname } = new URL(request.url);
      holdToContract(baseUrl, request.method, pathname, {
        status: response.status,
        headers: response.headers,
        body,
        text,
      });
      return response;
    },
    ...options,
  });
}

/** Registers somebody through the client. */
export async function joinApp(base: string, username: string): Promise<App> {
  const app = openApp({ baseUrl: base });
  const account = { username, email: `${username}@example.org`, password: `${username} has a password` };
  const signedIn = await dataOf(app.POST('/v1/auth/register', { body: account }));
  app.signIn(signedIn);
  return named(app, signedIn.user.user_id, username);
}

/** The client in the hands of somebody who joined already. */
export function appOf(base: string, { userId, username, accessToken, refreshToken }: Client): App {
  const session = {
    access_token: accessToken,
    refresh_token: refreshToken,
    expiresAtMs: Date.now() + 900_000,
  };
  return named(openApp({ baseUrl: base, session }), userId, username);
}

function named(app: Emulsion, userId: string, username: string): App {
  const described = {
    userId,
    username,
    get accessToken() {
      return app.session()?.access_token ?? '';
    },
  };
  return Object.defineProperties(app, Object.getOwnPropertyDescriptors(described)) as App;
}

/** What was asked for. @throws with the error's envelope if it was refused. */
export async function dataOf<Data>(
  asked: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<NonNullable<Data>> {
  const { data, error, response } = await asked;
  if (data === undefined || data === null) throw new Error(`${response.status} ${JSON.stringify(error)}`);
  return data;
}

/** A picture as a form carries it. */
export function imageFile(bytes: Uint8Array): File {
  return new File([new Uint8Array(bytes)], 'photo.jpg', { type: 'image/jpeg' });
}
