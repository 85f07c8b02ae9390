/** Whatever compose/ sets is a setting of ours, or of the image it is set for. */
import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { loadConfig } from '../../shared/config.ts';
import { environment } from '../../shared/environment.ts';
import { composeServices, manifests, ownServices, readCompose } from '../tools/manifests.ts';

const ours = new Set(Object.keys(environment.shape));

/** What the other images take, by service. */
const theirs: Record<string, string[]> = {
  postgres: ['POSTGRES_USER', 'POSTGRES_DB', 'POSTGRES_PASSWORD'],
  // Read by the command in compose.yaml that writes the password down.
  'redis-queue': ['REDIS_PASSWORD'],
  'redis-cache': ['REDIS_PASSWORD'],
  cassandra: [
    'CASSANDRA_CLUSTER_NAME',
    'CASSANDRA_DC',
    'CASSANDRA_ENDPOINT_SNITCH',
    'MAX_HEAP_SIZE',
    'HEAP_NEWSIZE',
  ],
  // Settings of elasticsearch.yml may be given by their own names.
  elasticsearch: [
    'discovery.type',
    'node.store.allow_mmap',
    'xpack.security.enabled',
    'xpack.security.http.ssl.enabled',
    'ELASTIC_PASSWORD',
    'ES_JAVA_OPTS',
  ],
  minio: ['MINIO_ROOT_USER', 'MINIO_ROOT_PASSWORD'],
};

/** What .env may hold beside our settings: they become part of a setting, or are compose.yaml's own. */
const onlyInEnv = [
  'COMPOSE_PROFILES', // Docker Compose's: which services run
  'EMULSION_IMAGE', // an image that was built elsewhere
  'TLS_NAME', // in the certificate that is made
  'HTTPS_PORT', // of the machine
  'HTTP_PORT',
  'POSTGRES_PASSWORD', // in DATABASE_URL
  'QUEUE_REDIS_PASSWORD', // in QUEUE_REDIS_URL
  'CACHE_REDIS_PASSWORD', // in CACHE_REDIS_URL
  'CACHE_REDIS_MAXMEMORY', // of that Redis
  'ELASTIC_PASSWORD', // in ELASTICSEARCH_URL
  'MINIO_PASSWORD', // in S3_URL
  'API_DECODER_PROCESSES', // DECODER_PROCESSES of the API
  'MEDIA_DECODER_PROCESSES', // DECODER_PROCESSES of the media worker
];

const valuesOf = (text: string) =>
  Object.fromEntries([...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value])) as Record<
    string,
    string
  >;
const secrets = /(PASSWORD|SECRET|TOKEN)$/;

describe('the settings in compose/', () => {
  it('of our processes are in the configuration', () => {
    for (const [name, { environment: set = {} }] of ownServices())
      for (const setting of Object.keys(set)) expect(ours, `${setting} of ${name}`).to.include(setting);
    for (const { file, data, stringData } of [...manifests('ConfigMap'), ...manifests('Secret')])
      for (const setting of Object.keys({ ...data, ...stringData })) expect(ours, file).to.include(setting);
    for (const { metadata, spec } of manifests('Deployment'))
      for (const { name } of spec.template.spec.containers[0]?.env ?? [])
        expect(ours, metadata.name).to.include(name);
  });

  it('of other images are those that were looked up', () => {
    const own = new Set(ownServices().map(([name]) => name));
    for (const [name, { environment: set = {} }] of Object.entries(composeServices()))
      if (!own.has(name)) expect(Object.keys(set), name).to.have.members(theirs[name] ?? []);
  });

  it('come from the environment under names that are known', () => {
    const names = [...readCompose('compose.yaml').matchAll(/(?<!\$)\$\{(\w+)/g)].map(
      ([, name]) => name ?? '',
    );
    const known = [...ours, ...onlyInEnv];
    expect(names).to.not.be.empty;
    for (const name of [...names, ...Object.keys(valuesOf(readCompose('.env.example')))])
      expect(known, name).to.include(name);
    for (const name of onlyInEnv.slice(2)) expect(names, name).to.include(name);
  });

  it('have no secret written down: what is missing is asked for', () => {
    for (const [whole, name, rest] of readCompose('compose.yaml').matchAll(/(?<!\$)\$\{(\w+)([^}]*)\}/g))
      if (secrets.test(name as string)) expect(rest, whole).to.match(/^:\?type /);
    for (const [name, value] of Object.entries(valuesOf(readCompose('.env.example'))))
      if (secrets.test(name)) expect(value, name).to.equal('');
  });

  for (const size of ['small', 'full'] as const) {
    it(`make a configuration, ${size}`, () => {
      const made = execFileSync('sh', ['compose/make-env.sh', size], { encoding: 'utf8' });
      const values = valuesOf(made);
      expect(values.COMPOSE_PROFILES).to.equal(size);
      const passwords = Object.entries(values).filter(([name]) => secrets.test(name));
      expect(new Set(passwords.map(([, value]) => value)).size).to.equal(passwords.length);
      const fill = (text: string): string =>
        text.replace(/\$\{(\w+)[^}]*\}/g, (_, name: string) => fill(values[name] ?? ''));
      for (const [name, { environment: set = {} }] of ownServices()) {
        const filled = Object.entries(set).map(([setting, value]) => [setting, fill(String(value))]);
        const config = loadConfig({ ...Object.fromEntries(filled), DATA_DIR: 'compose' });
        expect(config.DATABASE_URL, name).to.match(
          /^postgres:\/\/emulsion:[0-9a-f]{48}@postgres:5432\/emulsion$/,
        );
        expect(Boolean(config.S3_URL), name).to.equal(size === 'full');
        expect(Boolean(config.CASSANDRA_URL), name).to.equal(size === 'full');
        expect(Boolean(config.ELASTICSEARCH_URL), name).to.equal(size === 'full');
      }
    });
  }

  it('point every process at the services there are', () => {
    const hosts = [...readCompose('compose.yaml'), ...readCompose('.env.example')]
      .join('')
      .matchAll(/@(?!sha256)([a-z-]+):\d+/g);
    const services = Object.keys(composeServices());
    for (const [, host] of hosts) expect(services).to.include(host);
  });
});
