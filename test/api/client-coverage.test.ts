/** Whoever builds an app on the typed client finds every route of the API in use: in a journey. */
import { globSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { routes } from '../../api/routes/index.ts';

/** How the client is called: `alice.POST('/v1/posts', …)`, `visitor.GET(\n'/v1/feed', …)`. */
const call = /\.(GET|POST|PUT|PATCH|DELETE)\(\s*'([^']+)'/g;

/** What no app calls: a probe, a page of numbers, a picture. They are not under `/v1`. */
const operations = routes
  .filter(({ path }) => path.startsWith('/v1/'))
  .map(({ method, path }) => `${method.toUpperCase()} ${path}`);

describe('the typed client', () => {
  it('is used for every route of the API by some journey', () => {
    const sources = ['test/journeys/*.test.ts', 'test/tools/{app,sightings}.ts'].flatMap((files) =>
      globSync(files).map((file) => readFileSync(file, 'utf8')),
    );
    const called = new Set(
      sources.flatMap((source) => [...source.matchAll(call)].map(([, method, path]) => `${method} ${path}`)),
    );
    expect(operations).to.have.length.above(90);
    expect(operations.filter((operation) => !called.has(operation))).to.eql([]);
  });
});
