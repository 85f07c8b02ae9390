/** Elasticsearch: one node, from the distribution that its makers publish for integration tests. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endLeftover } from '../embedded/leftover.ts';
import { giveTo, placeData, placeProgram } from '../embedded/place.ts';
import { isListening } from '../embedded/port.ts';
import { chooseRunAs, type RefusesRoot, type RunAs } from '../embedded/run-as.ts';
import { spawnEngine } from '../embedded/spawn-engine.ts';
import { PlainError } from '../plain-error.ts';
import { cached, fetchArtifact } from './fetch.ts';
import { findJava, type Java } from './java.ts';
import type { RealEngine } from './room.ts';
import { javaFor, versions } from './versions.ts';

const refusesRoot: RefusesRoot = { engine: 'Elasticsearch', setting: 'ELASTICSEARCH_URL=http://…' };
const heap = '512m';
/** A cold start on two busy cores; an idle machine needs 11 s. */
const startTimeoutMs = 180_000;
/** The superuser that every cluster has. */
const user = 'elastic';

async function provideElasticsearch(java: Java, signal: AbortSignal): Promise<string> {
  const name = `elasticsearch-${versions.elasticsearch}`;
  const artifact = {
    groupId: 'org.elasticsearch.distribution.integ-test-zip',
    artifactId: 'elasticsearch',
    version: versions.elasticsearch,
    type: 'zip',
  };
  const folder = await cached(name, 'Fetching Elasticsearch with Maven', (draft) =>
    fetchArtifact(artifact, 'unpack-dependencies', draft, java.home, signal),
  );
  return join(folder, name);
}

function configOf(data: string, port: number, transportPort: number): string {
  const settings = {
    'cluster.name': 'emulsion',
    'node.name': 'emulsion-1',
    'path.data': join(data, 'data'),
    'path.logs': join(data, 'logs'),
    'network.host': '127.0.0.1',
    'http.port': port,
    'transport.port': transportPort,
    'discovery.type': 'single-node',
    'xpack.security.enabled': true,
    'xpack.security.http.ssl.enabled': false,
    'xpack.security.transport.ssl.enabled': false,
    // A disk that is 95 % full would make every index read-only; here it is a developer's.
    'cluster.routing.allocation.disk.threshold_enabled': false,
    // Another user or a full address space may not allow it, and a heap of this size is not swapped.
    'bootstrap.memory_lock': false,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)
    .join('');
}

/** Puts the first password of the superuser into the keystore, which is where Elasticsearch looks for it. */
function writeKeystore(program: string, env: NodeJS.ProcessEnv, runAs: RunAs, password: string): void {
  const tool = join(program, 'bin/elasticsearch-keystore');
  const options = { ...runAs, env, cwd: '/', encoding: 'utf8' } as const;
  for (const { args, input } of [
    { args: ['create'], input: '' },
    { args: ['add', '--stdin', '--force', 'bootstrap.password'], input: password },
  ]) {
    const { status, stdout, stderr, error } = spawnSync(tool, args, { ...options, input });
    if (status !== 0)
      throw new PlainError(`elasticsearch-keystore failed:\n${stdout}${stderr}${error?.message ?? ''}`);
  }
}

export const elasticsearch: RealEngine = {
  portOffset: 1,
  async start(room) {
    const java = await findJava('Elasticsearch', javaFor.elasticsearch);
    const folder = join(room.folder, 'node');
    const runAs = chooseRunAs(folder, refusesRoot);
    const program = await placeProgram(
      runAs,
      await provideElasticsearch(java, room.signal),
      `elasticsearch-${versions.elasticsearch}`,
      refusesRoot,
    );
    const data = placeData(runAs, folder, 'elasticsearch', refusesRoot);
    const conf = join(data, 'config');
    for (const path of [data, conf, join(data, 'temporary'), join(data, 'logs')]) {
      mkdirSync(path, { recursive: true });
      chmodSync(path, 0o700);
      giveTo(runAs, path);
    }
    const pidFile = join(room.folder, 'elasticsearch.pid');
    await endLeftover(pidFile, program, ['SIGTERM', 'SIGKILL']);
    const port = await room.port('port', 0);
    const transportPort = await room.port('transport_port', 1);
    const password = room.secret('password');

    const write = (name: string, text: string) => {
      writeFileSync(join(conf, name), text, { mode: 0o600 });
      giveTo(runAs, join(conf, name));
    };
    write('elasticsearch.yml', configOf(data, port, transportPort));
    for (const name of [
      'jvm.options',
      'log4j2.properties',
      'roles.yml',
      'role_mapping.yml',
      'users',
      'users_roles',
    ]) {
      copyFileSync(join(program, 'config', name), join(conf, name));
      giveTo(runAs, join(conf, name));
    }
    const env = {
      PATH: process.env.PATH,
      ES_JAVA_HOME: java.home,
      ES_PATH_CONF: conf,
      ES_TMPDIR: join(data, 'temporary'),
      ES_JAVA_OPTS: `-Xms${heap} -Xmx${heap}`,
    };
    if (!existsSync(join(conf, 'elasticsearch.keystore'))) {
      rmSync(join(conf, 'elasticsearch.keystore.tmp'), { force: true });
      writeKeystore(program, env, runAs, password);
    }

    const url = `http://${user}:${password}@127.0.0.1:${port}`;
    const logFile = join(room.folder, 'elasticsearch.log');
    const stopSignal = 'SIGTERM';
    await room.run({
      url,
      port,
      logFile,
      startTimeoutMs,
      program: {
        name: 'elasticsearch',
        stopSignal,
        killSignal: 'SIGKILL',
        spawn: () =>
          spawnEngine({
            command: join(program, 'bin/elasticsearch'),
            args: [],
            env,
            runAs,
            folder: program,
            pidFile,
            stopSignal,
            logFile,
          }),
      },
      isReady: async () => {
        if (!(await isListening('127.0.0.1', port))) return false;
        const reply = await fetch(
          `http://127.0.0.1:${port}/_cluster/health?wait_for_status=yellow&timeout=5s`,
          {
            headers: { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` },
            signal: AbortSignal.timeout(10_000),
          },
        );
        if (!reply.ok) throw new Error(`/_cluster/health answers ${reply.status}: ${await reply.text()}`);
        return true;
      },
    });
    return { ELASTICSEARCH_URL: `${url}?prefix=emulsion` };
  },
};
