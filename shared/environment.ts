/** Every environment variable: what it may be, its default and the reason it exists. */
import { z } from 'zod';
import { parseS3Url, type S3UrlError } from './images/s3/url.ts';
import { parseRedisUrl } from './redis/url.ts';
import { parseElasticsearchUrl } from './search/elasticsearch/url.ts';
import { parseCassandraUrl } from './stories/cassandra-url.ts';

const tiers = ['anonymous', 'free', 'pro', 'enterprise'] as const;

/** Whose requests are counted together, and how many a minute each may make. `null`: no limit. */
export type RateLimits = Record<(typeof tiers)[number], number> | null;

const defaultRateLimits = 'anonymous:60,free:60,pro:1000,enterprise:10000';

const rateLimits = z.string().transform((text, context): RateLimits => {
  if (text === 'off') return null;
  const parsed = Object.fromEntries(text.split(',').map((pair) => pair.trim().split(':'))) as Record<
    string,
    string
  >;
  const limits = {} as Record<(typeof tiers)[number], number>;
  const unknown = Object.keys(parsed).find((name) => !tiers.includes(name as (typeof tiers)[number]));
  if (unknown !== undefined) {
    context.addIssue(`there is no tier '${unknown}': type "off" or ${defaultRateLimits}`);
    return z.NEVER;
  }
  for (const tier of tiers) {
    const perMinute = Number(parsed[tier]);
    if (!Number.isInteger(perMinute) || perMinute < 1) {
      context.addIssue(`type "off" or four limits a minute such as ${defaultRateLimits}`);
      return z.NEVER;
    }
    limits[tier] = perMinute;
  }
  return limits;
});

const redisUrl = z
  .string()
  .superRefine((url, context) => {
    try {
      parseRedisUrl(url);
    } catch (error) {
      context.addIssue((error as Error).message);
    }
  })
  .optional();

const s3Url = z
  .string()
  .superRefine((text, context) => {
    try {
      parseS3Url(text);
    } catch (error) {
      context.addIssue((error as S3UrlError).message);
    }
  })
  .optional();

const elasticsearchUrl = z
  .string()
  .superRefine((url, context) => {
    try {
      parseElasticsearchUrl(url);
    } catch (error) {
      context.addIssue((error as RangeError).message);
    }
  })
  .optional();

const secret = z.string().min(32, 'type at least 32 characters: openssl rand -hex 32').optional();

const cassandraUrl = z
  .string()
  .superRefine((url, context) => {
    try {
      parseCassandraUrl(url);
    } catch (error) {
      context.addIssue((error as RangeError).message);
    }
  })
  .optional();

const baseUrl = z
  .url({ protocol: /^https?$/, error: 'type a URL such as https://cdn.example.org' })
  .transform((url) => url.replace(/\/+$/, ''))
  .optional();

const origins = z
  .string()
  .transform((text) => text.split(',').map((origin) => origin.trim().replace(/\/+$/, '')))
  .pipe(
    z.array(
      z
        .string()
        .regex(
          /^(https?:\/\/[^\s/]+|android:apk-key-hash:[\w-]+)$/,
          'type origins such as https://app.example.org',
        ),
    ),
  )
  .optional();

/** Every variable, with its default and the reason it exists. `.env.example` is generated from this. */
export const environment = z.object({
  HOST: z
    .string()
    .default('127.0.0.1')
    .describe('The address the API listens on; 0.0.0.0 for every interface.'),
  PORT: z.coerce
    .number('type a port number such as 3000')
    .int()
    .min(0)
    .max(65535)
    .default(3000)
    .describe('The port of the API, its WebSocket included.'),
  PUBLIC_URL: baseUrl.describe(
    'Where clients reach the API; http://HOST:PORT when unset, with localhost for 0.0.0.0: set it if other devices use it.',
  ),
  CDN_BASE_URL: baseUrl.describe('What image URLs begin with; PUBLIC_URL when unset.'),
  DATA_DIR: z
    .string()
    .min(1)
    .default('data')
    .describe('Where the embedded engines and the disk store keep their data.'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'type a URL such as postgres://user:password@127.0.0.1:5432/emulsion')
    .optional()
    .describe('Postgres. Unset: `npm start` runs its own.'),
  DATABASE_CONNECTIONS: z.coerce
    .number('type a number of connections such as 10')
    .int()
    .min(2)
    .max(500)
    .default(10)
    .describe('The most Postgres connections one process opens.'),
  QUEUE_REDIS_URL: redisUrl.describe(
    'Redis for the queues; must not evict: redis://…, redis+cluster://[user:password@]host:port,host:port or redis+sentinel://[user:password@]host:port,host:port/master-name; rediss… for TLS. Unset: `npm start` runs its own.',
  ),
  CACHE_REDIS_URL: redisUrl.describe(
    'Redis for feeds and caches; may evict; URLs as above. QUEUE_REDIS_URL when unset.',
  ),
  CASSANDRA_URL: cassandraUrl.describe(
    'Cassandra for stories: cassandra://[user:password@]host[:port][,host[:port]…]/keyspace?datacenter=datacenter1&replication=1, or cassandras:// with TLS: certificates have to name the addresses of the nodes, or &verify=ca checks only who signed them. The keyspace and its tables are made if they are missing, with that many copies. Unset: stories are kept in Postgres.',
  ),
  S3_URL: s3Url.describe(
    'MinIO or any S3 for the images: http(s)://access-key:secret-key@host:port/bucket?region=us-east-1, keys percent-encoded; the bucket is made if missing, and stays private. Unset: a folder below DATA_DIR.',
  ),
  ELASTICSEARCH_URL: elasticsearchUrl.describe(
    'Elasticsearch 9 for search: http(s)://[user:password@]host:port[,host:port…]/?prefix=emulsion. Unset: search is in Postgres; `npm run reindex` fills a new one.',
  ),
  ENGINE_MIGRATION: z
    .enum(['to-engines', 'to-embedded'], { error: 'type to-engines or to-embedded, or take it away' })
    .optional()
    .describe(
      'While data moves (`npm run migrate:engines`): to-engines reads where it was before S3_URL, CASSANDRA_URL and ELASTICSEARCH_URL, to-embedded reads the engines; both write to both. Unset: an engine that has a URL is read and written alone.',
    ),
  AUTH_SECRET: secret.describe(
    'Signs tokens and URLs of private images, and encrypts what must not be read in the database; another one signs everybody out and makes TOTP unusable. Unset: `npm start` generates one and keeps it in DATA_DIR.',
  ),
  ADMIN_PASSWORD: z
    .string()
    .min(12, 'type at least 12 characters')
    .optional()
    .describe('Opens /admin. Unset: `npm start` generates one, keeps it in DATA_DIR and prints it.'),
  METRICS_TOKEN: z
    .string()
    .min(16, 'type at least 16 characters')
    .optional()
    .describe('The bearer token /metrics wants. Unset: `npm start` generates one and keeps it in DATA_DIR.'),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\/[^\s/]/, 'type a URL such as smtps://user:password@smtp.example.org')
    .optional()
    .describe('The server that sends mail (password resets). Unset: mail is written to the log.'),
  MAIL_FROM: z
    .string()
    .regex(
      /^([^<>\r\n]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/,
      'type a sender such as Emulsion <no-reply@example.org>',
    )
    .optional()
    .describe('The sender of mail; wanted with SMTP_URL.'),
  RP_ID: z
    .string()
    .regex(/^[a-z0-9.-]+$/, 'type a domain such as example.org')
    .optional()
    .describe('The domain passkeys belong to; cannot change later. The host of PUBLIC_URL when unset.'),
  RP_ORIGINS: origins.describe(
    'Where passkeys may be used, separated by commas: https://app.example.org,android:apk-key-hash:…; that of PUBLIC_URL when unset.',
  ),
  RATE_LIMITS: rateLimits
    .default({ anonymous: 60, free: 60, pro: 1000, enterprise: 10000 })
    .describe('Requests a minute by tier, or "off" (sign-in limits included).'),
  TRUST_PROXY: z.coerce
    .number('type how many reverse proxies stand in front, such as 1')
    .int()
    .min(0)
    .max(10)
    .default(0)
    .describe('How many reverse proxies stand in front; decides which X-Forwarded-For entry is the client.'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'type one of trace, debug, info, warn, error, fatal, silent',
    })
    .default('info')
    .describe('The least important log lines that are written.'),
  HEARTBEAT_FILE: z
    .string()
    .optional()
    .describe('A file a worker writes anew every 5 s while it lives, for health checks. Unset: none.'),
  DECODER_PROCESSES: z.coerce
    .number('type a number of processes such as 2')
    .int()
    .min(1)
    .max(64)
    .default(2)
    .describe('How many child processes of one process decode images; each takes up to about 300 MB.'),
  FEED_DEPTH: z.coerce
    .number('type a number of posts such as 500')
    .int()
    .min(20)
    .max(10_000)
    .default(500)
    .describe('How many posts of a feed are cached; older pages come from Postgres.'),
  FANOUT_MAX: z.coerce
    .number('type a number of followers such as 100000')
    .int()
    .min(0)
    .default(100_000)
    .describe(
      'Posts of authors with more followers are not pushed to feeds but merged in as feeds are read.',
    ),
  STORY_LIFETIME_S: z.coerce
    .number('type a number of seconds such as 86400')
    .int()
    .min(1)
    .max(30 * 86_400)
    .default(86_400)
    .describe('How long a story can be seen, in seconds; a change holds for stories posted from then on.'),
});

/** The variables that say where the engines are. */
export const engineVariables = [
  'DATABASE_URL',
  'QUEUE_REDIS_URL',
  'CACHE_REDIS_URL',
  'CASSANDRA_URL',
  'ELASTICSEARCH_URL',
  'S3_URL',
  // Whoever finds the engines here has to write where the others write.
  'ENGINE_MIGRATION',
] as const satisfies readonly (keyof typeof environment.shape)[];

export type Environment = z.output<typeof environment>;

/** Which way data moves between the embedded adapters and the engines; undefined if it does not. */
export type EngineMigration = Environment['ENGINE_MIGRATION'];
