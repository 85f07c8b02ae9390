/** One request, from its first byte to its reply: the same steps for every route. */
import type { Request, Response } from 'express';
import { fail } from '../../shared/errors.ts';
import { impliedErrors, isKeyed, Prepared, type Route, type Viewer, Written } from '../route.ts';
import { admit, type Door } from './admit.ts';
import { asFailure } from './answer-error.ts';
import { orClosedAccount } from './closed-account.ts';
import { announceDeprecation } from './deprecation.ts';
import { sendJson, sendUnchanged } from './headers.ts';
import { AlreadyAnswered, type Claim, claimKey, fingerprintOf, type Outcome } from './idempotency.ts';
import { parseInput, parseQuery } from './parse-input.ts';
import { type ReadBody, readBody } from './read-body.ts';

/** Checks that only tests pay for: replies match their schema, errors are among those declared. */
export type Strictness = { checkReplies: boolean };

/**
 * Serves one request of a route.
 *
 * @throws whatever refuses it, for the error handler to answer; nothing has been sent then.
 */
export async function serve(
  spec: Route,
  door: Door,
  strictness: Strictness,
  request: Request,
  response: Response,
): Promise<void> {
  const { tools } = door;
  let viewer: Viewer | undefined;
  let claim: Claim | undefined;
  let read: ReadBody | undefined;
  let outcome: Outcome | undefined;
  let fingerprint = '';
  try {
    if (spec.deprecated) announceDeprecation(spec.deprecated, request.params, response);
    const own = spec.perMinute ? { policy: spec.path, perMinute: spec.perMinute } : undefined;
    viewer = await admit(door, request, response, own);
    if ((spec.auth === 'user' || spec.auth === 'admin') && !viewer) fail('UNAUTHORIZED');
    if (spec.auth === 'admin' && viewer?.role !== 'admin') {
      fail('FORBIDDEN', { field: 'Authorization', reason: 'Only admins may do this' });
    }

    const key = isKeyed(spec) ? request.get('Idempotency-Key') : undefined;
    if (key !== undefined) {
      const path = request.path;
      claim = await claimKey(tools, `${viewer?.userId ?? ''}\n${spec.method}\n${path}`, key, viewer?.id);
    }
    const params = spec.params?.parse(request.params);
    const query = parseQuery(spec, request.query);
    read = await readBody(spec, tools, request, response);
    const body = spec.body && parseInput(spec.body, read.fields);
    // Only a key is ever compared by it.
    if (claim) fingerprint = fingerprintOf(read.fields, read.upload?.files.map((file) => file.sha256) ?? []);
    if (claim?.earlier) {
      outcome = claim.earlier;
      return replay(outcome, fingerprint, response);
    }
    const headers: Record<string, string> = {};
    const result = await spec.handle({
      viewer: viewer as Viewer,
      params,
      query,
      body,
      upload: read.upload,
      tools,
      request,
      setHeader(name, value) {
        headers[name] = value;
      },
      async write(work, afterCommit) {
        const committed = await tools.db.transaction().execute(async (tx) => {
          const reply = await work(tx);
          const text = reply === undefined ? '' : JSON.stringify(reply);
          const made = { fingerprint, status: spec.status, body: text, headers };
          if (claim) await claim.keep(tx, made);
          return { reply, made };
        });
        outcome = committed.made;
        await afterCommit?.(committed.reply).catch((error: unknown) => {
          tools.log.error({ err: error }, 'after a commit, something was left to the jobs');
        });
        return new Written(committed.reply, committed.made.body);
      },
    });
    for (const name in headers) response.setHeader(name, headers[name] as string);
    if (strictness.checkReplies) checkReply(spec, result);
    if (isUnchanged(request, headers.ETag)) sendUnchanged(response);
    else send(spec, result, response);
  } catch (thrown) {
    if (thrown instanceof AlreadyAnswered) {
      outcome = await claim?.lookAgain();
      if (outcome) return replay(outcome, fingerprint, response);
    }
    const error = await orClosedAccount(tools, viewer, thrown);
    if (strictness.checkReplies) checkDeclared(spec, error);
    throw error;
  } finally {
    await claim?.end(outcome);
    await read?.upload?.[Symbol.asyncDispose]();
  }
}

function replay(earlier: Outcome, fingerprint: string, response: Response): void {
  if (earlier.fingerprint !== fingerprint) {
    fail('UNPROCESSABLE', {
      field: 'Idempotency-Key',
      reason: 'This key was used for another request; use a new one',
    });
  }
  for (const name in earlier.headers) response.setHeader(name, earlier.headers[name] as string);
  response.setHeader('Idempotent-Replayed', 'true');
  if (earlier.status === 204) response.status(204).end();
  else sendJson(response, earlier.status, earlier.body);
}

/** True if the client has this very reply already (RFC 9110, If-None-Match). */
function isUnchanged(request: Request, etag: string | undefined): boolean {
  const known =
    request.method === 'GET' || request.method === 'HEAD' ? request.get('If-None-Match') : undefined;
  if (etag === undefined || known === undefined) return false;
  return known.trim() === '*' || known.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

function send(spec: Route, result: unknown, response: Response): void {
  if (spec.status === 204) {
    response.status(204).end();
  } else if (result instanceof Written || result instanceof Prepared) {
    sendJson(response, spec.status, result.text ?? '');
  } else {
    sendJson(response, spec.status, JSON.stringify(result));
  }
}

function checkReply(spec: Route, result: unknown): void {
  const sent = result instanceof Written || result instanceof Prepared ? result.text : JSON.stringify(result);
  if (spec.reply) spec.reply.parse(JSON.parse(String(sent ?? 'null')));
  else if (sent) throw new Error(`${spec.method} ${spec.path} declares no reply but sends one`);
}

function checkDeclared(spec: Route, error: unknown): void {
  const { code } = asFailure(error);
  if (spec.errors.includes(code) || impliedErrors(spec).includes(code)) return;
  throw new Error(`${spec.method} ${spec.path} answers ${code}, which it does not declare`, { cause: error });
}
