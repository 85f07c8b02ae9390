/** The Elasticsearch at TEST_ELASTICSEARCH_URL, for the tests of what needs one. */
import { randomUUID } from 'node:crypto';
import { Client } from '@elastic/elasticsearch';
import { needsEngine } from '../tools/engine-url.ts';

export type TestElasticsearch = {
  /** The setting, with a prefix nobody else has. */
  url: string;
  prefix: string;
  /** A client of the test's own. */
  es: Client;
};

/**
 * Has the suite it is called in skipped, aloud, if there is no Elasticsearch, and fail instead where engines are
 * required. Whatever the tests leave below the prefix is removed.
 *
 * @returns a function that is good from the suite's `before` hooks on.
 */
export function testElasticsearch(): () => TestElasticsearch {
  let made: TestElasticsearch | undefined;
  before(function () {
    needsEngine(this, 'TEST_ELASTICSEARCH_URL');
    const prefix = `test-${randomUUID()}`;
    const url = new URL(process.env.TEST_ELASTICSEARCH_URL as string);
    url.searchParams.set('prefix', prefix);
    const auth = url.username
      ? { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
      : undefined;
    made = { url: url.href, prefix, es: new Client({ node: url.origin, ...(auth ? { auth } : {}) }) };
  });
  after(async () => {
    if (!made) return;
    const { es, prefix } = made;
    const left = Object.keys(await es.indices.get({ index: `${prefix}*`, expand_wildcards: 'all' }));
    if (left.length > 0) await es.indices.delete({ index: left });
    await es.close();
  });
  return () => {
    if (!made) throw new Error('there is no Elasticsearch yet: ask for it in a hook or a test');
    return made;
  };
}
