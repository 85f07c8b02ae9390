/**
 * route(): an endpoint as one value, from which come its Express handler, its validation, its types and its
 * OpenAPI entry. `server.ts` serves the values, `openapi.ts` describes them.
 */
import type { Request } from 'express';
import type { z } from 'zod';
import type { Tx } from '../shared/db/index.ts';
import type { Role, Tier } from '../shared/db/schema.ts';
import type { ErrorCode } from '../shared/errors.ts';
import type { Tools } from '../shared/tools.ts';
import type { Upload } from './uploads.ts';

/** Who is asking. */
export type Viewer = {
  /** Internal id. */
  id: number;
  userId: string;
  sessionId: string;
  username: string;
  tier: Tier;
  role: Role;
};

/** The outcome of a write; only `write` makes one, so no write route can forget idempotency. */
export class Written<Reply> {
  readonly reply: Reply;
  /** The reply as it was sent the first time; set when an earlier outcome is repeated. */
  readonly text: string | undefined;
  /** Makes the type nominal: no look-alike object passes for a write. */
  protected readonly made = true;
  /** @internal called by the door only */
  constructor(reply: Reply, text?: string) {
    this.reply = reply;
    this.text = text;
  }
  /** The same outcome under a narrower type. */
  as<Narrow extends Reply>(reply: Narrow): Written<Narrow> {
    return new Written(reply, this.text);
  }
}

/** A reply that is already JSON, as text or its UTF-8: the feed assembles its pages from cached pieces. */
export class Prepared {
  readonly text: string | Buffer;
  constructor(text: string | Buffer) {
    this.text = text;
  }
}

/**
 * Runs `work` in one transaction, keeps its reply under the request's Idempotency-Key in that transaction,
 * and after the commit runs `afterCommit` (what must be forgotten before the reply goes out). A failure there
 * is logged, not answered: the fact is committed, and the event's jobs do the same again.
 */
export type Write = <const Reply>(
  work: (tx: Tx) => Promise<Reply>,
  afterCommit?: (reply: Reply) => Promise<unknown>,
) => Promise<Written<Reply>>;

/** What a multipart route accepts. */
export type Multipart = { field: string; maxFiles: number; maxFileBytes: number };

/** The headings of the documentation, each with what stands under it. */
export const areas = {
  auth: 'Accounts and sessions.',
  feed: 'What a user sees of others.',
  posts: 'Photos: upload, read, edit, like.',
  comments: 'What people say under posts, one level of replies deep.',
  stories: 'What is seen for a day, and highlights, which stay.',
  receipts: 'What became of everything a post caused.',
  users: 'People and who follows whom.',
  discovery: 'Posts by hashtag, by place, and what is popular.',
  search: 'Finding people, hashtags and posts.',
  notices: 'Being told: the list of notices, and the live channel.',
  moderation: 'Reports, and what admins do.',
  meta: 'What this server can do and how it is.',
  images: 'The pictures themselves, cacheable. They spend no quota.',
} as const;

export type Area = keyof typeof areas;

/**
 * A route that will go. Days are `2026-01-15`; what takes its place is a path in OpenAPI's form, whose parameters are
 * filled in from the request, or a URL.
 */
export type Deprecation = { since: string; sunset: string; successor: string };

/** Clients are told of a route's end so many months ahead, at the least. */
const noticeMonths = 6;

/** Who may call: a signed-in user, an admin, anybody (known or not), anybody (never looked at). */
type Auth = 'user' | 'admin' | 'optional' | 'none';
type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Shape = z.ZodObject | undefined;
type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;

export type Context<A extends Auth, Params, Query, Body> = {
  viewer: A extends 'user' | 'admin' ? Viewer : A extends 'optional' ? Viewer | undefined : undefined;
  params: Params;
  query: Query;
  body: Body;
  /** The files of a multipart request; they are gone when the request ends. */
  upload: Upload | undefined;
  write: Write;
  tools: Tools;
  /** Headers and address, for the few routes that need them. */
  request: Request;
  /** Sets a header of a successful reply. */
  setHeader(name: string, value: string): void;
};

export type RouteSpec<
  M extends Method = Method,
  A extends Auth = Auth,
  Params extends Shape = Shape,
  Query extends Shape = Shape,
  Body extends Shape = Shape,
  Reply extends z.ZodType | undefined = z.ZodType | undefined,
> = {
  method: M;
  /** OpenAPI's form: `/v1/posts/{post_id}`. */
  path: `/v${number}/${string}`;
  /** The heading it stands under in the documentation. */
  area: Area;
  summary: string;
  auth: A;
  params?: Params;
  query?: Query;
  /** JSON, or the text fields of a multipart request. */
  body?: Body;
  multipart?: Multipart;
  status: 200 | 201 | 202 | 204;
  reply?: Reply;
  /** Codes the handler may answer, beyond those every route can (see `impliedErrors`). */
  errors: readonly ErrorCode[];
  /** Headers a successful reply carries, by name, each with what it says. */
  headers?: Record<string, string>;
  /** Limits of its own on top of the tier's: requests a minute by address. */
  perMinute?: number;
  deprecated?: Deprecation;
  handle(
    context: Context<A, Parsed<Params>, Parsed<Query>, Parsed<Body>>,
  ): M extends 'get' ? Promise<Parsed<Reply> | Prepared> : Promise<Written<Parsed<Reply>>>;
};

/** A route as the server and the documentation see it, whatever its types. */
// biome-ignore lint/suspicious/noExplicitAny: the table of contents holds routes of every type.
export type Route = RouteSpec<Method, any, any, any, any, any>;

/**
 * Declares an endpoint.
 *
 * @throws if it is deprecated and its days are none, or too near to each other.
 */
export function route<
  M extends Method,
  A extends Auth,
  Params extends Shape = undefined,
  Query extends Shape = undefined,
  Body extends Shape = undefined,
  Reply extends z.ZodType | undefined = undefined,
>(spec: RouteSpec<M, A, Params, Query, Body, Reply>): RouteSpec<M, A, Params, Query, Body, Reply> {
  if (spec.deprecated) checkNotice(spec.path, spec.deprecated);
  return spec;
}

function checkNotice(path: string, { since, sunset }: Deprecation): void {
  const earliest = new Date(since);
  earliest.setUTCMonth(earliest.getUTCMonth() + noticeMonths);
  if (!(Date.parse(sunset) >= earliest.getTime())) {
    throw new Error(
      `${path} must stay for ${noticeMonths} months after it is deprecated: ${since} to ${sunset}`,
    );
  }
}

/** The errors a route can answer because of what it is, so that no route has to list them. */
export function impliedErrors(spec: Route): ErrorCode[] {
  const hasInput = Boolean(spec.query || spec.body || spec.multipart || spec.method !== 'get');
  return [
    // Each refuses query parameters it does not know.
    'INVALID_INPUT',
    ...(hasInput ? (['PAYLOAD_TOO_LARGE'] as const) : []),
    ...(spec.multipart ? (['IMAGE_TOO_LARGE', 'INVALID_FORMAT'] as const) : []),
    // A token that is sent must be good, also where none is needed.
    'UNAUTHORIZED',
    ...(spec.auth === 'admin' ? (['FORBIDDEN'] as const) : []),
    ...(isKeyed(spec) ? (['CONFLICT', 'UNPROCESSABLE'] as const) : []),
    'RATE_LIMITED',
    'INTERNAL_ERROR',
    'SERVICE_UNAVAILABLE',
  ];
}

/** True if the route takes an Idempotency-Key: every write but those under `auth`. */
export function isKeyed(spec: Route): boolean {
  return spec.method !== 'get' && !/^\/v\d+\/auth\//.test(spec.path);
}
