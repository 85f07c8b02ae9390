/** What `npm run engines` fetches and runs: one version of each, the one that was tried. */

export const versions = {
  /** The last commit of the module; its servers' releases have no tag that Go understands. */
  minio: 'v0.0.0-20260212201848-7aac2a2c5b7c',
  /** The distribution that Elastic publishes for integration tests: the core, without further modules. */
  elasticsearch: '9.2.0',
  cassandra: '5.0.5',
  mavenDependencyPlugin: '3.8.1',
} as const;

/** Major versions of Java an engine runs on, the best one first. */
export const javaFor = {
  // https://www.elastic.co/support/matrix
  elasticsearch: [25, 24, 23, 22, 21],
  // 5.0 knows 11 and 17, and refuses any newer: https://cassandra.apache.org/doc/5.0/cassandra/installing/
  cassandra: [17],
} as const;
