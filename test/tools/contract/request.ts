/** Requests, held to the document: what a server takes has to be what the document describes. */

import type { JsonSchema } from '../../../api/openapi/json-schema.ts';
import type { Operation, Parameter } from '../../../api/openapi/operation.ts';
import type { Contract, Found } from './document.ts';
import { formValue } from './form.ts';
import { valueIn, valueInAll } from './values.ts';

/** What is looked at of a request; `path` is the URL without its host, the query with it. */
export type Asked = {
  method: string;
  path: string;
  headers: Headers;
  body: string | FormData | undefined;
};

/** JSON is in UTF-8, whether it says so or not (RFC 8259, section 8.1). */
const json = /^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i;

type Media = Record<string, { schema: JsonSchema }>;

/** What of the request the document does not describe, or undefined. */
export function problemOfRequest(contract: Contract, found: Found, asked: Asked): string | undefined {
  const { operation } = found;
  const parameters = (operation.parameters ?? []).map((each) => contract.follow(each) as Parameter);
  const of = (where: Parameter['in']) => parameters.filter((each) => each.in === where);
  return (
    problemOfPath(contract, of('path'), found.params) ??
    problemOfQuery(contract, of('query'), asked) ??
    problemOfHeaders(contract, of('header'), asked) ??
    problemOfToken(operation, asked) ??
    problemOfBody(contract, operation, asked)
  );
}

function problemOfPath(contract: Contract, described: Parameter[], params: Record<string, string>) {
  for (const { name, schema } of described) {
    const problem = contract.problemOf(valueIn(params[name] ?? '', schema), schema);
    if (problem) return `${name} in the path: ${problem}`;
  }
  return undefined;
}

function problemOfQuery(contract: Contract, described: Parameter[], { path }: Asked) {
  const query = new URLSearchParams(path.split('?')[1] ?? '');
  const unknown = [...query.keys()].find((key) => !described.some(({ name }) => name === key));
  if (unknown !== undefined) return `${unknown} in the query is not described`;
  for (const { name, required, schema } of described) {
    const texts = query.getAll(name);
    if (texts.length === 0 && required) return `${name} in the query is missing`;
    const problem = texts.length > 0 && contract.problemOf(valueInAll(texts, schema), schema);
    if (problem) return `${name} in the query: ${problem}`;
  }
  return undefined;
}

/** What a header means nothing to is free to ignore it (RFC 9110, section 5.1), but who sends a condition relies on it. */
function problemOfHeaders(contract: Contract, described: Parameter[], { headers }: Asked) {
  for (const { name, schema } of described) {
    const text = headers.get(name);
    const problem = text !== null && contract.problemOf(valueIn(text, schema), schema);
    if (problem) return `the header ${name}: ${problem}`;
  }
  const isCondition = described.some(({ name }) => name === 'If-Match');
  return headers.has('If-Match') && !isCondition ? 'the header If-Match is not described' : undefined;
}

function problemOfToken({ security = [] }: Operation, { headers }: Asked) {
  const isNeeded = security.length > 0 && security.every((scheme) => Object.keys(scheme).length > 0);
  return isNeeded && !headers.has('authorization') ? 'there is no Authorization' : undefined;
}

function problemOfBody(contract: Contract, { requestBody }: Operation, { body, headers }: Asked) {
  if (body === undefined || body === '') return requestBody?.required ? 'there is no body' : undefined;
  const content = (requestBody?.content ?? {}) as Media;
  if (body instanceof FormData) {
    const schema = content['multipart/form-data']?.schema;
    return schema ? contract.problemOf(formValue(body, schema), schema) : 'a form is not described';
  }
  if (!json.test(headers.get('content-type') ?? '')) return 'the body is not called JSON';
  if (headers.has('content-encoding')) return 'the body is encoded';
  // Where no body is described, one that says nothing does no harm: many clients send it along.
  const schema = requestBody ? content['application/json']?.schema : { type: 'object', maxProperties: 0 };
  if (!schema) return 'JSON is not described';
  try {
    return contract.problemOf(JSON.parse(body), schema);
  } catch {
    return 'the body is no JSON';
  }
}
