import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { z } from 'zod';
import { openApiDocument } from '../../api/openapi.ts';
import { type Route, route } from '../../api/route.ts';
import { routes } from '../../api/routes/index.ts';
import { errors } from '../../shared/errors.ts';

const addresses = { PUBLIC_URL: 'https://api.example.org', CDN_BASE_URL: 'https://cdn.example.org' };

// biome-ignore lint/suspicious/noExplicitAny: the expectations say what each part of the document is.
type Part = any;

/** A document with what to ask it. */
function reading(of: readonly Route[]) {
  const document: Part = openApiDocument(of, addresses);
  const ajv = new Ajv2020({ strict: false, validateSchema: false });
  for (const format of ['date-time', 'binary', 'email']) ajv.addFormat(format, true);
  ajv.addSchema({ $id: 'document', components: document.components });
  const resolve = (part: Part): Part =>
    part.$ref
      ? part.$ref
          .slice(2)
          .split('/')
          .reduce((at: Part, key: string) => at[key], document)
      : part;
  return {
    operations: Object.entries<Part>(document.paths).flatMap(([path, methods]) =>
      Object.entries<Part>(methods).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
    ),
    resolve,
    problemsOf(schema: Part, value: unknown) {
      const text = JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/');
      const validate = ajv.compile(JSON.parse(text));
      return validate(value) ? [] : validate.errors;
    },
  };
}

describe("the document's examples", () => {
  const { operations, resolve, problemsOf } = reading(routes);

  it('stand on every JSON body and every reply, and are what their schemas describe', () => {
    let checked = 0;
    for (const { name, operation } of operations) {
      const bodies: [string, Part][] = Object.entries<Part>(operation.responses).flatMap(([status, reply]) =>
        Object.values<Part>(resolve(reply).content ?? {}).map((media): [string, Part] => [status, media]),
      );
      const json = operation.requestBody?.content['application/json'];
      if (json) bodies.push(['body', json]);
      for (const [part, media] of bodies) {
        if (media.schema.format === 'binary') continue;
        const examples = media.examples
          ? Object.values<Part>(media.examples).map(({ value }) => value)
          : [media.example];
        for (const example of examples) {
          expect(example, `${name} ${part}`).not.to.equal(undefined);
          expect(problemsOf(media.schema, example), `${name} ${part}`).to.eql([]);
          checked += 1;
        }
      }
    }
    expect(checked).to.be.above(operations.length);
  });

  it('show each error a reply may have, in its envelope', () => {
    const statuses = new Map(Object.entries(errors).map(([code, { status }]) => [code, status]));
    const seen = new Set<string>();
    for (const { name, operation } of operations) {
      for (const [status, reply] of Object.entries<Part>(operation.responses)) {
        const { description, content } = resolve(reply);
        const { examples } = content?.['application/json'] ?? {};
        if (!examples) continue;
        const codes = Object.keys(examples);
        expect(codes, `${name} ${status}`).not.to.eql([]);
        for (const code of codes) {
          expect(statuses.get(code), `${name} ${code}`).to.equal(Number(status));
          expect(description).to.contain(`\`${code}\``);
          expect(examples[code].value.error).to.include({ code, message: errors[code as 'GONE'].message });
          seen.add(code);
        }
      }
    }
    // Only paths and methods there are not are answered so.
    expect([...statuses.keys()].filter((code) => !seen.has(code))).to.eql(['METHOD_NOT_ALLOWED']);
  });

  it('stand on every parameter in a path', () => {
    for (const { name, operation } of operations) {
      for (const each of operation.parameters ?? []) {
        const { in: where, schema, example } = resolve(each);
        if (where !== 'path') continue;
        expect(example ?? schema.enum?.[0], `${name} ${each.name}`).to.be.a('string');
        expect(problemsOf(schema, example ?? schema.enum[0]), `${name} ${each.name}`).to.eql([]);
      }
    }
  });
});

describe('the texts of a request, in the document', () => {
  const spec = route({
    method: 'post',
    path: '/v1/texts',
    area: 'posts',
    summary: 'Send texts',
    auth: 'none',
    body: z.strictObject({
      free: z.string().optional(),
      filled: z.string().trim().min(1).optional(),
      trimmed: z
        .string()
        .trim()
        .regex(/^[a-z]{2}$/)
        .optional(),
      found: z.string().regex(/[a-z]/).optional(),
      chosen: z.enum(['a', 'b']).optional(),
      swapped: z
        .string()
        .transform((text) => text.length)
        .default(3)
        .meta({ type: 'integer', examples: [4] }),
    }),
    status: 204,
    errors: [],
    handle: ({ write }) => write(async () => undefined),
  });
  const { operations, problemsOf } = reading([spec]);
  const { schema } = operations[0]?.operation.requestBody.content['application/json'] ?? {};
  const takes = (body: object) => problemsOf(schema, body)?.length === 0;

  it('hold no NUL', () => {
    expect(takes({ free: 'a\nb' })).to.equal(true);
    expect(takes({ free: 'a\0b' })).to.equal(false);
    expect(takes({ found: '-a-' })).to.equal(true);
    expect(takes({ found: '\0a' })).to.equal(false);
    expect(takes({ found: '1' })).to.equal(false);
  });

  it('may have blanks around them where the server takes those away, and nothing but blanks where it does not', () => {
    expect(takes({ trimmed: ' ab\ufeff\n' })).to.equal(true);
    expect(takes({ trimmed: 'a b' })).to.equal(false);
    expect(takes({ filled: ' \u00a0.' })).to.equal(true);
    expect(takes({ filled: ' \u00a0\ufeff' })).to.equal(false);
    expect(takes({ filled: '' })).to.equal(false);
  });

  it('keep their choices, their defaults and their examples', () => {
    expect(schema.properties.chosen).to.eql({ type: 'string', enum: ['a', 'b'] });
    expect(schema.properties.swapped).to.deep.include({ type: 'integer', default: 3, examples: [4] });
  });
});
