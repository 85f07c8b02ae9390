/** One Cassandra node: its configuration, and how its JVM is started without the scripts of a distribution. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'cassandra-driver';
import type { EmbeddedEngine } from '../embedded/engine.ts';
import { endLeftover } from '../embedded/leftover.ts';
import { isListening } from '../embedded/port.ts';
import { spawnEngine } from '../embedded/spawn-engine.ts';
import { cached, fetchArtifact } from './fetch.ts';
import { findJava, type Java } from './java.ts';
import { javaFor, versions } from './versions.ts';

/** A cold start on two busy cores; an idle machine needs 8 s for one node and 13 s for a ring of three. */
const startTimeoutMs = 180_000;

export type CassandraProgram = { java: Java; jars: string };

/** Finds Java and fetches the server with all it depends on, unless the cache has it. */
export async function provideCassandra(signal: AbortSignal): Promise<CassandraProgram> {
  const java = await findJava('Cassandra', javaFor.cassandra);
  const artifact = {
    groupId: 'org.apache.cassandra',
    artifactId: 'cassandra-all',
    version: versions.cassandra,
  };
  const folder = await cached(`cassandra-${versions.cassandra}`, 'Fetching Cassandra with Maven', (draft) =>
    fetchArtifact(artifact, 'copy-dependencies', draft, java.home, signal),
  );
  return { java, jars: join(folder, 'lib') };
}

/** What Cassandra wants opened of Java's modules: conf/jvm17-server.options of its distribution. */
const opened = [
  '--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED',
  '--add-exports=java.management.rmi/com.sun.jmx.remote.internal.rmi=ALL-UNNAMED',
  '--add-exports=java.rmi/sun.rmi.registry=ALL-UNNAMED',
  '--add-exports=java.rmi/sun.rmi.server=ALL-UNNAMED',
  '--add-exports=java.sql/java.sql=ALL-UNNAMED',
  '--add-exports=java.base/java.lang.ref=ALL-UNNAMED',
  '--add-exports=jdk.unsupported/sun.misc=ALL-UNNAMED',
  '--add-opens=java.base/java.lang.module=ALL-UNNAMED',
  '--add-opens=java.base/jdk.internal.loader=ALL-UNNAMED',
  '--add-opens=java.base/jdk.internal.ref=ALL-UNNAMED',
  '--add-opens=java.base/jdk.internal.reflect=ALL-UNNAMED',
  '--add-opens=java.base/jdk.internal.math=ALL-UNNAMED',
  '--add-opens=java.base/jdk.internal.module=ALL-UNNAMED',
  '--add-opens=java.base/jdk.internal.util.jar=ALL-UNNAMED',
  '--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED',
  '--add-opens=java.base/sun.nio.ch=ALL-UNNAMED',
  '--add-opens=java.base/java.io=ALL-UNNAMED',
  '--add-opens=java.base/java.lang=ALL-UNNAMED',
  '--add-opens=java.base/java.lang.reflect=ALL-UNNAMED',
  '--add-opens=java.base/java.util=ALL-UNNAMED',
  '--add-opens=java.base/java.util.concurrent=ALL-UNNAMED',
  '--add-opens=java.base/java.util.concurrent.atomic=ALL-UNNAMED',
  '--add-opens=java.base/java.nio=ALL-UNNAMED',
  '--add-opens=java.base/java.net=ALL-UNNAMED',
];

const logback = `<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%date{ISO8601} %-5level %logger{0} %msg%n</pattern></encoder>
  </appender>
  <root level="WARN"><appender-ref ref="OUT"/></root>
</configuration>
`;

export type CassandraNode = {
  folder: string;
  /** How it is called in the log. */
  name: string;
  address: string;
  /** For clients, and for other nodes. */
  port: number;
  storagePort: number;
  /** The address of the node that others ask for the way in. */
  seed: string;
  /** Where on the ring it begins. */
  token: string;
  isForTests?: boolean;
};

/** JSON is YAML. */
function configOf({ folder, address, port, storagePort, seed, token }: CassandraNode): string {
  return JSON.stringify(
    {
      cluster_name: 'emulsion',
      // One range for each node: with as many nodes as replicas it does not matter how they are cut.
      num_tokens: 1,
      initial_token: token,
      auto_bootstrap: false,
      partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
      endpoint_snitch: 'SimpleSnitch',
      authenticator: 'AllowAllAuthenticator',
      authorizer: 'AllowAllAuthorizer',
      seed_provider: [
        {
          class_name: 'org.apache.cassandra.locator.SimpleSeedProvider',
          parameters: [{ seeds: `${seed}:${storagePort}` }],
        },
      ],
      listen_address: address,
      rpc_address: address,
      native_transport_port: port,
      storage_port: storagePort,
      data_file_directories: [join(folder, 'data')],
      commitlog_directory: join(folder, 'commitlog'),
      saved_caches_directory: join(folder, 'caches'),
      hints_directory: join(folder, 'hints'),
      cdc_raw_directory: join(folder, 'cdc'),
      commitlog_sync: 'periodic',
      commitlog_sync_period: '1000ms',
      commitlog_segment_size: '16MiB',
      commitlog_total_space: '256MiB',
      // Half a gigabyte is all there is, so each part gets less than its default.
      memtable_heap_space: '96MiB',
      memtable_offheap_space: '64MiB',
      key_cache_size: '16MiB',
      counter_cache_size: '0MiB',
      file_cache_size: '64MiB',
      networking_cache_size: '32MiB',
      native_transport_max_threads: 32,
      concurrent_reads: 16,
      concurrent_writes: 16,
      // A table that is dropped is gone: tests drop many.
      auto_snapshot: false,
    },
    null,
    2,
  );
}

/**
 * Makes everything ready to run one node.
 *
 * @param program as `provideCassandra` gives it
 */
export async function prepareNode(
  { java, jars }: CassandraProgram,
  node: CassandraNode,
): Promise<EmbeddedEngine> {
  const { folder, name, address, port, isForTests } = node;
  mkdirSync(join(folder, 'temporary'), { recursive: true, mode: 0o700 });
  const pidFile = join(folder, 'cassandra.pid');
  await endLeftover(pidFile, folder, ['SIGTERM', 'SIGKILL']);
  writeFileSync(join(folder, 'cassandra.yaml'), configOf(node));
  writeFileSync(join(folder, 'logback.xml'), logback);
  const logFile = join(folder, 'cassandra.log');
  const stopSignal = 'SIGTERM';
  const args = [
    '-Xms512m',
    '-Xmx512m',
    '-XX:MaxDirectMemorySize=256m',
    '-XX:+UseG1GC',
    '-XX:+ExitOnOutOfMemoryError',
    '-Xss256k',
    `-javaagent:${join(jars, 'jamm-0.4.0.jar')}`,
    '-Djdk.attach.allowAttachSelf=true',
    '-Djava.awt.headless=true',
    '-Djava.net.preferIPv4Stack=true',
    `-Djava.io.tmpdir=${join(folder, 'temporary')}`,
    '-Dfile.encoding=UTF-8',
    '-Dio.netty.tryReflectionSetAccessible=true',
    `-Dlogback.configurationFile=${join(folder, 'logback.xml')}`,
    `-Dcassandra.config=file://${join(folder, 'cassandra.yaml')}`,
    `-Dcassandra.storagedir=${folder}`,
    '-Dcassandra-foreground=yes',
    // Everybody is on this machine: nobody has to be waited for.
    '-Dcassandra.skip_wait_for_gossip_to_settle=0',
    '-Dcassandra.shutdown_announce_in_ms=100',
    // A change of tables is in the commit log alone, which is several times as fast as on the disk at once.
    ...(isForTests
      ? ['-Dcassandra.test.flush_local_schema_changes=false', '-Dcassandra.unsafesystem=true']
      : []),
    ...opened,
    '-cp',
    join(jars, '*'),
    'org.apache.cassandra.service.CassandraDaemon',
  ];
  return {
    url: `${address}:${port}`,
    port,
    logFile,
    startTimeoutMs,
    program: {
      name,
      stopSignal,
      killSignal: 'SIGKILL',
      spawn: () =>
        spawnEngine({ command: join(java.home, 'bin/java'), args, folder, pidFile, stopSignal, logFile }),
    },
    isReady: async () => (await isListening(address, port)) && (await knowsItself(address, port)),
  };
}

/** A query that this node alone can answer. */
async function knowsItself(address: string, port: number): Promise<boolean> {
  const client = new Client({
    contactPoints: [`${address}:${port}`],
    localDataCenter: 'datacenter1',
    socketOptions: { connectTimeout: 5_000 },
  });
  try {
    await client.connect();
    return (await client.execute('SELECT release_version FROM system.local')).rowLength === 1;
  } finally {
    await client.shutdown();
  }
}
