/** What a client sent, checked against what a route takes. */
import type { z } from 'zod';
import { Failure, fail, shortened } from '../../shared/errors.ts';
import type { Route } from '../route.ts';

/**
 * Parses the input of a request.
 *
 * @throws {Failure} INVALID_INPUT: the first problem in `field` and `reason`, all of them in `problems`.
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalid(parsed.error);
  refuseNul(parsed.data);
  return parsed.data;
}

/**
 * Parses the query of a request. A parameter the route does not know is refused as an unknown field of a body is: it is
 * a slip that would go unnoticed.
 *
 * @throws {Failure} INVALID_INPUT
 */
export function parseQuery({ query: schema }: Route, query: object): unknown {
  const unknown = Object.keys(query).filter((name) => !schema || !Object.hasOwn(schema.shape, name));
  const problems = unknown.map((name) => ({ field: shortened(name), reason: 'Unknown parameter' }));
  if (problems.length > 0) {
    fail('INVALID_INPUT', { ...problems[0], ...(problems.length > 1 ? { problems } : {}) });
  }
  return schema && parseInput(schema, query);
}

function invalid(error: z.ZodError): Failure {
  const problems = error.issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ field: [...path, key].join('.'), reason: 'Unknown field' }));
    }
    return [{ field: path.join('.') || 'body', reason: issue.message }];
  });
  const first = problems[0] ?? { field: 'body', reason: 'Not valid' };
  return new Failure('INVALID_INPUT', problems.length > 1 ? { ...first, problems } : first);
}

/** Postgres cannot store NUL, and nobody types it. */
function refuseNul(value: unknown, path: string[] = []): void {
  if (typeof value === 'string' && value.includes('\0')) {
    fail('INVALID_INPUT', { field: path.join('.'), reason: 'Must not contain NUL characters' });
  }
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) refuseNul(inner, [...path, key]);
  }
}
