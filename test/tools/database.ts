/** A database of one's own, cloned from the migrated template. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';

/** Makes the database; disposing of it drops it, whoever is still connected. */
export async function testDatabase(): Promise<{ url: string; [Symbol.asyncDispose](): Promise<void> }> {
  const { TEST_DATABASE_URL, TEST_TEMPLATE } = process.env;
  if (!TEST_DATABASE_URL || !TEST_TEMPLATE) {
    throw new Error('TEST_DATABASE_URL and TEST_TEMPLATE are not set: run the tests with "npm test"');
  }
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await run(TEST_DATABASE_URL, `CREATE DATABASE ${name} TEMPLATE ${TEST_TEMPLATE}`);
  const url = new URL(TEST_DATABASE_URL);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    [Symbol.asyncDispose]: () => run(TEST_DATABASE_URL, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

async function run(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
