/** An app as its developers write it: the typed client of the API, signed in as somebody. */
import {
  type components,
  type Emulsion,
  type EmulsionOptions,
  openEmulsion,
  type paths,
} from '../../api/client/index.ts';
import { type Client, passwordOf } from './client.ts';
import { type Asked, holdToContract } from './contract.ts';

export type App = Emulsion & {
  userId: string;
  username: string;
  readonly accessToken: string;
  readonly refreshToken: string;
};
export type Post = components['schemas']['Post'];
type PostForm = paths['/v1/posts']['post']['requestBody']['content']['multipart/form-data'];

/** Opens the client; what it sends and gets has to be what the OpenAPI document describes. */
export function openApp({ baseUrl, ...options }: EmulsionOptions): Emulsion {
  return openEmulsion({
    baseUrl,
    async fetch(request) {
      const asked = await askedBy(request.clone());
      const response = await fetch(request);
      const text = await response.clone().text();
      const isJson = response.headers.get('content-type')?.startsWith('application/json');
      const body: unknown = isJson && text ? JSON.parse(text) : undefined;
      const { status, headers } = response;
      holdToContract(baseUrl, asked, { status, headers, body, text });
      return response;
    },
    ...options,
  });
}

/** A request as the contract looks at it. */
async function askedBy(request: Request): Promise<Asked> {
  const { method, headers } = request;
  const { pathname, search } = new URL(request.url);
  const isForm = headers.get('content-type')?.startsWith('multipart/form-data');
  const body = isForm ? await request.formData() : await request.text();
  return { method, path: pathname + search, headers, body };
}

/** Registers somebody through the client. */
export async function joinApp(base: string, username: string): Promise<App> {
  const app = openApp({ baseUrl: base });
  const account = { username, email: `${username}@example.org`, password: passwordOf({ username }) };
  const signedIn = await dataOf(app.POST('/v1/auth/register', { body: account }));
  app.signIn(signedIn);
  return named(app, signedIn.user.user_id, username);
}

/** Signs somebody who joined in once more, as another device of theirs does. */
export async function signInApp(base: string, username: string): Promise<App> {
  const app = openApp({ baseUrl: base });
  const body = { login: username, password: passwordOf({ username }) };
  const signedIn = await dataOf(app.POST('/v1/auth/login', { body }));
  app.signIn(signedIn);
  return named(app, signedIn.user.user_id, username);
}

/** The client in the hands of somebody who joined already, at the same server or another one. */
export function appOf(
  base: string,
  {
    userId,
    username,
    accessToken,
    refreshToken,
  }: Pick<Client, 'userId' | 'username' | 'accessToken' | 'refreshToken'>,
): App {
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
    get refreshToken() {
      return app.session()?.refresh_token ?? '';
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

/** Waits for what has no reply, such as a delete. @throws with the error's envelope if it was refused. */
export async function done(asked: Promise<{ error?: unknown; response: Response }>): Promise<void> {
  const { error, response } = await asked;
  if (response.status !== 204) throw new Error(`${response.status} ${JSON.stringify(error)}`);
}

/** The status of the reply. */
export async function statusOf(asked: Promise<{ response: Response }>): Promise<number> {
  return (await asked).response.status;
}

/** The error something was refused with. @throws if it was not refused. */
export async function refusalOf(
  asked: Promise<{ error?: components['schemas']['Error'] | undefined; response: Response }>,
): Promise<components['schemas']['Error']['error'] & { status: number }> {
  const { error, response } = await asked;
  if (!error) throw new Error(`it was not refused: ${response.status}`);
  return { ...error.error, status: response.status };
}

/** The parameters of a request: those in its path, then those of its query. */
export function at<const Path extends object>(path: Path): { params: { path: Path } };
export function at<const Path extends object, const Query extends object>(
  path: Path,
  query: Query,
): { params: { path: Path; query: Query } };
export function at(path: object, query?: object): { params: object } {
  return { params: { path, ...(query && { query }) } };
}

/** The parameters of a request that has none in its path. */
export function asking<const Query extends object>(query: Query): { params: { query: Query } } {
  return { params: { query } };
}

/** Posts a photo. */
export async function share(
  app: Emulsion,
  image: Uint8Array,
  fields: Omit<PostForm, 'image'> = {},
): Promise<Post> {
  return dataOf(app.POST('/v1/posts', { body: { image: [imageFile(image)], ...fields } }));
}

/** A picture as a form carries it. */
export function imageFile(bytes: Uint8Array): File {
  return new File([new Uint8Array(bytes)], 'photo.jpg', { type: 'image/jpeg' });
}
