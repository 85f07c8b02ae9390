/**
 * The configuration: the only reader of `process.env`.
 *
 * A value is looked up in the environment, then in `.env`, then in two files below `DATA_DIR` that
 * `npm start` writes: `engines.json` (where the engines it runs and its API are) and `secrets.json`. So any
 * command given the same `DATA_DIR` finds the running engines without being told where they are.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { type Environment, environment } from './environment.ts';

/** What the rest of the code asks for: no optional address, no relative path. */
export type Config = Omit<
  Environment,
  | 'DATABASE_URL'
  | 'QUEUE_REDIS_URL'
  | 'CACHE_REDIS_URL'
  | 'AUTH_SECRET'
  | 'PUBLIC_URL'
  | 'CDN_BASE_URL'
  | 'RP_ID'
  | 'RP_ORIGINS'
> & {
  DATABASE_URL: string;
  QUEUE_REDIS_URL: string;
  CACHE_REDIS_URL: string;
  AUTH_SECRET: string;
  PUBLIC_URL: string;
  CDN_BASE_URL: string;
  RP_ID: string;
  RP_ORIGINS: string[];
};

/** Thrown when the environment cannot be used; its message lists every problem, each with what to type. */
export class ConfigError extends Error {
  override name = 'ConfigError';
  constructor(problems: string[]) {
    super(`The configuration cannot be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

function readJson(path: string): Record<string, string> {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>) : {};
}

/** An empty value counts as unset, as a line `NAME=` in `.env` means to say. */
function withoutEmpty(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
}

/**
 * Reads and checks the variables without asking that the engines are known: what the supervisor of
 * `npm start` needs before it has started them.
 *
 * @throws {ConfigError} naming every bad variable at once.
 */
export function loadEnvironment(given: Record<string, string | undefined> = process.env): Environment {
  const fromFile = existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {};
  const set = { ...withoutEmpty(fromFile), ...withoutEmpty(given) };
  const dataDir = resolve(set.DATA_DIR ?? 'data');
  const found = {
    ...readJson(join(dataDir, 'secrets.json')),
    ...readJson(join(dataDir, 'engines.json')),
    ...set,
  };
  const parsed = environment.safeParse(found);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
  }
  return { ...parsed.data, DATA_DIR: dataDir };
}

/**
 * Reads and checks the configuration of a process that serves: every engine has an address.
 *
 * @throws {ConfigError} naming every bad or missing variable at once.
 */
export function loadConfig(given: Record<string, string | undefined> = process.env): Config {
  const values = loadEnvironment(given);
  const problems: string[] = [];
  const hint = `run "npm start" with DATA_DIR=${values.DATA_DIR}, or type`;
  if (!values.DATABASE_URL)
    problems.push(`DATABASE_URL: ${hint} a URL such as postgres://user:password@127.0.0.1:5432/emulsion`);
  if (!values.QUEUE_REDIS_URL) problems.push(`QUEUE_REDIS_URL: ${hint} a URL such as redis://127.0.0.1:6379`);
  if (!values.AUTH_SECRET) problems.push(`AUTH_SECRET: ${hint} the output of: openssl rand -hex 32`);
  if (values.SMTP_URL && !values.MAIL_FROM) {
    problems.push('MAIL_FROM: type a sender such as Emulsion <no-reply@example.org>, or take SMTP_URL away');
  }
  if (problems.length > 0 || !values.DATABASE_URL || !values.QUEUE_REDIS_URL || !values.AUTH_SECRET) {
    throw new ConfigError(problems);
  }
  const shownHost = values.HOST === '0.0.0.0' || values.HOST === '::' ? 'localhost' : values.HOST;
  const publicUrl = values.PUBLIC_URL ?? `http://${shownHost}:${values.PORT}`;
  return {
    ...values,
    DATABASE_URL: values.DATABASE_URL,
    QUEUE_REDIS_URL: values.QUEUE_REDIS_URL,
    CACHE_REDIS_URL: values.CACHE_REDIS_URL ?? values.QUEUE_REDIS_URL,
    AUTH_SECRET: values.AUTH_SECRET,
    PUBLIC_URL: publicUrl,
    CDN_BASE_URL: values.CDN_BASE_URL ?? publicUrl,
    RP_ID: values.RP_ID ?? new URL(publicUrl).hostname,
    RP_ORIGINS: values.RP_ORIGINS ?? [new URL(publicUrl).origin],
  };
}
