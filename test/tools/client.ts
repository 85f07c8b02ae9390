/** A client of the API as a test needs it: signed in or not, every reply with its status and headers. */

import { holdToContract } from './contract.ts';

// biome-ignore lint/suspicious/noExplicitAny: a test says by its expectations what a body holds.
export type Reply<Body = any> = { status: number; headers: Headers; body: Body; text: string };

export type Client = {
  userId: string;
  username: string;
  accessToken: string;
  refreshToken: string;
  get(path: string, headers?: Record<string, string>): Promise<Reply>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  patch(path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  put(path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  /** Takes a body last, since most deletes have none. */
  delete(path: string, headers?: Record<string, string>, body?: unknown): Promise<Reply>;
  /** Sends a multipart form of any route. */
  form(method: string, path: string, form: FormData, headers?: Record<string, string>): Promise<Reply>;
  /** Uploads a photo, or several in one post; fields that are no strings are sent as JSON. */
  upload(
    image: Uint8Array | Uint8Array[],
    fields?: Record<string, unknown>,
    headers?: Record<string, string>,
  ): Promise<Reply>;
};

/**
 * Sends one request.
 *
 * @throws if the reply is not one that the OpenAPI document describes, or the server took what it does not describe.
 */
export async function send(
  base: string,
  method: string,
  path: string,
  body?: string | FormData,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const response = await fetch(base + path, { method, headers, body: body ?? null, redirect: 'manual' });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  const reply = {
    status: response.status,
    headers: response.headers,
    body: isJson && text ? JSON.parse(text) : undefined,
    text,
  };
  holdToContract(base, { method, path, headers: new Headers(headers), body }, reply);
  return reply;
}

/** The password of somebody who joined under this name. */
export const passwordOf = ({ username }: { username: string }) => `${username} has a password`;

/** The multipart body of an upload. */
export function photoForm(image: Uint8Array | Uint8Array[], fields: Record<string, unknown> = {}): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    form.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  for (const each of Array.isArray(image) ? image : [image]) {
    form.append('image', new Blob([new Uint8Array(each)], { type: 'image/jpeg' }), 'photo.jpg');
  }
  return form;
}

/** A client that sends this session's token. */
export function clientOf(
  base: string,
  session: { userId: string; username: string; accessToken: string; refreshToken: string },
): Client {
  const authorized = (headers?: Record<string, string>) => ({
    Authorization: `Bearer ${session.accessToken}`,
    ...headers,
  });
  const json = (method: string) => (path: string, body?: unknown, headers?: Record<string, string>) =>
    send(
      base,
      method,
      path,
      body === undefined ? undefined : JSON.stringify(body),
      authorized({ ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers }),
    );
  return {
    ...session,
    get: (path, headers) => send(base, 'GET', path, undefined, authorized(headers)),
    post: json('POST'),
    patch: json('PATCH'),
    put: json('PUT'),
    delete: (path, headers, body) => json('DELETE')(path, body, headers),
    form: (method, path, form, headers) => send(base, method, path, form, authorized(headers)),
    upload: (image, fields, headers) =>
      send(base, 'POST', '/v1/posts', photoForm(image, fields), authorized(headers)),
  };
}
