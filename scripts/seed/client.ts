/** A client of the API that acts for many accounts. */

/** One signed-in account. */
export type Account = {
  userId: string;
  username: string;
  /** @throws {ApiError} for any status but 2xx. */
  send<Body>(
    method: string,
    path: string,
    body?: FormData | object,
    headers?: Record<string, string>,
  ): Promise<Body>;
};

export type SignUp = { username: string; email: string; password: string; full_name?: string };

type SignedIn = { access_token: string; user: { user_id: string } };

/** An answer that was not the one hoped for. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;
  constructor(what: string, status: number, body: unknown) {
    super(`${what}: ${status} ${JSON.stringify(body)}`);
    this.status = status;
  }
}

/** Access tokens live 15 minutes; one is used for ten. */
const tokenLifetimeMs = 600_000;

async function request<Body>(
  url: string,
  method: string,
  body: FormData | object | undefined,
  headers: Record<string, string>,
): Promise<Body> {
  const isForm = body instanceof FormData;
  const reply = await fetch(url, {
    method,
    headers: { ...(body && !isForm ? { 'Content-Type': 'application/json' } : {}), ...headers },
    body: body === undefined || isForm ? (body ?? null) : JSON.stringify(body),
  });
  const text = await reply.text();
  const isJson = reply.headers.get('content-type')?.startsWith('application/json');
  const content = isJson ? JSON.parse(text) : text;
  if (!reply.ok) throw new ApiError(`${method} ${new URL(url).pathname}`, reply.status, content);
  return content as Body;
}

/**
 * Registers an account, or signs in to the one that has this name and password already.
 *
 * @param base such as `http://127.0.0.1:3000`
 * @throws {ApiError} if the name is taken by somebody else.
 */
export async function join(base: string, signUp: SignUp): Promise<Account> {
  const { username, password } = signUp;
  const signIn = () => request<SignedIn>(`${base}/v1/auth/login`, 'POST', { login: username, password }, {});
  let session = await request<SignedIn>(`${base}/v1/auth/register`, 'POST', signUp, {}).catch((error) => {
    if (error instanceof ApiError && error.status === 409) return signIn();
    throw error;
  });
  let signedInAt = performance.now();
  return {
    userId: session.user.user_id,
    username,
    async send(method, path, body, headers) {
      if (performance.now() - signedInAt > tokenLifetimeMs) {
        session = await signIn();
        signedInAt = performance.now();
      }
      return request(base + path, method, body, {
        Authorization: `Bearer ${session.access_token}`,
        ...headers,
      });
    },
  };
}

/** The form of `POST /v1/posts`; fields that are no strings are sent as JSON, undefined ones not at all. */
export function photoForm(photo: Buffer, fields: Record<string, unknown> = {}): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) form.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  form.set('image', new Blob([new Uint8Array(photo)], { type: 'image/jpeg' }), 'photo.jpg');
  return form;
}

/** Works through a list, so many at a time. */
export async function inParallel<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  const entries = items.entries();
  const lane = async () => {
    for (const [index, item] of entries) await work(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
}
