/**
 * The OpenAPI document as a contract: every reply a test gets has to be one that the document knows, with the headers
 * and the body it describes; every request that the server took has to be one that the document describes; and what
 * the document describes may not be refused for its form.
 */
import type { Route } from '../../api/route.ts';
import { routes as allRoutes } from '../../api/routes/index.ts';
import { type Contract, openContract } from './contract/document.ts';
import { isForForm } from './contract/refusals.ts';
import { type Answer, problemOfReply } from './contract/reply.ts';
import { type Asked, problemOfRequest } from './contract/request.ts';

export type { Answer } from './contract/reply.ts';
export type { Asked } from './contract/request.ts';

/** One for the routes there are, made when it is first needed; servers with routes of a test's own have their own. */
let common: Contract | undefined;
const ofServers = new Map<string, Contract>();

/** Says what the server at `base` serves, if that is not what every server does. */
export function agreeOn(base: string, routes: readonly Route[] | undefined): void {
  if (routes) ofServers.set(base, openContract(routes));
  else ofServers.delete(base);
}

/**
 * Compares a request and its reply with the document.
 *
 * @throws naming what differs. Paths and methods that are not in the document are not looked at.
 */
export function holdToContract(base: string, asked: Asked, answer: Answer): void {
  const { method } = asked;
  const [path = ''] = asked.path.split('?');
  common ??= openContract(allRoutes);
  const contract = ofServers.get(base) ?? common;
  const found = contract.find(method, path);
  if (!found) return;
  const refuse = (problem: string) => {
    const { status, text } = answer;
    throw new Error(`${method} ${path} breaks the contract: ${problem}\n${status} ${text.slice(0, 1_000)}`);
  };
  const problem = problemOfReply(contract, found.operation, method, answer);
  if (problem) refuse(problem);
  const isTaken = answer.status < 400;
  if (!isTaken && !isForForm(answer)) return;
  const asking = problemOfRequest(contract, found, asked);
  if (isTaken && asking) refuse(`it was taken, but ${asking}`);
  if (!isTaken && !asking) refuse('it was refused for its form, which is as described');
}
