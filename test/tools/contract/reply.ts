/** Replies, held to the document: a status it lists, the headers it promises, a body as it describes it. */

import type { JsonSchema } from '../../../api/openapi/json-schema.ts';
import type { Operation } from '../../../api/openapi/operation.ts';
import type { Contract } from './document.ts';

/** What is looked at of a reply. */
export type Answer = { status: number; headers: Headers; body: unknown; text: string };

/** A reply as the document has it. */
type Described = {
  headers?: Record<string, unknown>;
  content?: Record<string, { schema: JsonSchema }>;
};

/** What of the reply the document does not describe, or undefined. */
export function problemOfReply(
  contract: Contract,
  operation: Operation,
  method: string,
  { status, headers, body, text }: Answer,
): string | undefined {
  const described = contract.follow(operation.responses[status]) as Described | undefined;
  if (!described) return `${status} is not among ${Object.keys(operation.responses).join(', ')}`;
  for (const [name, header] of Object.entries(described.headers ?? {})) {
    const { required } = contract.follow(header) as { required?: boolean };
    if (required && !headers.has(name)) return `the header ${name} is missing`;
  }
  if (method === 'HEAD') return undefined;
  const schema = described.content?.['application/json']?.schema;
  if (schema) return contract.problemOf(body, schema);
  return described.content || text === '' ? undefined : 'there is a body';
}
