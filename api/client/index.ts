/**
 * A typed client of this API for TypeScript apps: openapi-fetch over the types beside this file, signed in and kept
 * signed in. `npm run client -- FOLDER` writes both files there; they need nothing but `openapi-fetch`.
 */
import createFetchClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './schema.d.ts';

export type { components, paths } from './schema.d.ts';

/** What register, login and refresh answer. */
export type SignedIn = components['schemas']['SignedIn'];

/** What keeps an app signed in; store it where only the app can read it. */
export type Session = Pick<SignedIn, 'access_token' | 'refresh_token'> & {
  /** When the access token ends, in Unix milliseconds. */
  expiresAtMs: number;
};

export type EmulsionOptions = {
  /** Where the API is, without `/v1`. */
  baseUrl: string;
  /** A session kept from an earlier run. */
  session?: Session;
  /** Told of each new session, and of undefined when it has ended, so that the app can keep it. */
  onSession?(session: Session | undefined): void;
  /** What sends the requests; default: `fetch`. */
  fetch?(request: Request): Promise<Response>;
};

export type Emulsion = Client<paths> & {
  /** The session as it is now. */
  session(): Session | undefined;
  /** Takes what register or login answered: everything after it is asked in its name. */
  signIn(signedIn: SignedIn): void;
  /** Forgets the session here; POST /v1/auth/logout ends it on the server. */
  signOut(): void;
};

/** An access token is renewed when less is left of it: a slow upload must not outlive its token. */
const renewBeforeMs = 60_000;

/** Paths that are asked without a session; renewing one there would go round in circles. */
const withoutSession = /\/v1\/auth\/(?:register|login|refresh)$/;

/**
 * Opens a client. Its methods are openapi-fetch's: `GET('/v1/feed', { params: { query: { limit: 20 } } })`. A body with
 * a file in it goes out as a form: `POST('/v1/posts', { body: { image: [file], caption } })`.
 */
export function openEmulsion({ baseUrl, session: kept, onSession, fetch }: EmulsionOptions): Emulsion {
  let session = kept;
  let renewal: Promise<void> | undefined;
  const client = createFetchClient<paths>({
    baseUrl,
    bodySerializer: (body) => (hasFile(body) ? toForm(body) : JSON.stringify(body)),
    ...(fetch ? { fetch } : {}),
  });

  function keep(next: Session | undefined) {
    session = next;
    onSession?.(next);
  }
  function signIn({ access_token, refresh_token, expires_in }: SignedIn) {
    keep({ access_token, refresh_token, expiresAtMs: Date.now() + expires_in * 1_000 });
  }

  /** A reply that is lost on the way does no harm: the old refresh token works until its successor is used. */
  async function renew(refreshToken: string) {
    const { data, response } = await client.POST('/v1/auth/refresh', {
      body: { refresh_token: refreshToken },
    });
    if (data) signIn(data);
    else if (response.status === 401) keep(undefined);
  }

  client.use({
    async onRequest({ request, schemaPath }) {
      if (!session || withoutSession.test(schemaPath)) return undefined;
      if (session.expiresAtMs - Date.now() < renewBeforeMs) {
        renewal ??= renew(session.refresh_token).finally(() => {
          renewal = undefined;
        });
        await renewal;
      }
      if (session) request.headers.set('Authorization', `Bearer ${session.access_token}`);
      return request;
    },
  });

  return Object.assign(client, { signIn, signOut: () => keep(undefined), session: () => session });
}

function hasFile(body: unknown): body is Record<string, unknown> {
  return typeof body === 'object' && body !== null && Object.values(body).flat().some(isFile);
}

function isFile(value: unknown): value is Blob {
  return value instanceof Blob;
}

/**
 * A form of the fields: files, and texts as they are, everything else as JSON. A list of files becomes a repeated
 * field; what is undefined is left out.
 */
export function toForm(fields: Record<string, unknown>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    for (const item of Array.isArray(value) && value.some(isFile) ? value : [value]) {
      if (item === undefined) continue;
      if (isFile(item)) form.append(name, item);
      else form.append(name, typeof item === 'string' ? item : JSON.stringify(item));
    }
  }
  return form;
}
