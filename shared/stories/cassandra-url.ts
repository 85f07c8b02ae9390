/** What CASSANDRA_URL says. */

export type CassandraAddress = {
  /** `host:port`, any node of the cluster; the driver finds the others. */
  contactPoints: string[];
  /** The one port of all nodes. */
  port: number;
  keyspace: string;
  datacenter: string;
  /** How many nodes of the datacenter hold each row; counts only when the keyspace is made. */
  replication: number;
  credentials: { username: string; password: string } | undefined;
  /** What is checked of a node's certificate: `ca` leaves the name out. Undefined: nothing is encrypted. */
  tls: 'full' | 'ca' | undefined;
};

const defaultPort = 9042;
const example = 'cassandra://user:password@10.0.0.1,10.0.0.2/emulsion?datacenter=datacenter1&replication=3';
const urlPattern =
  /^cassandra(?<secure>s)?:\/\/(?:(?<user>[^/?#@:]*):(?<password>[^/?#@]*)@)?(?<hosts>[^/?#@]+)\/(?<keyspace>[^/?#]*)(?:\?(?<query>[^#]*))?$/;

/** A name, an IPv4 address or an IPv6 address in brackets, with or without a port. */
const hostPattern = /^(?<name>[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::(?<port>\d{1,5}))?$/;

const settingNames = new Set(['datacenter', 'replication', 'verify']);

/** Names that CQL takes without quotes; Cassandra allows 48 characters. */
const keyspacePattern = /^[a-z][a-z0-9_]{0,47}$/;

/**
 * Takes a `cassandra://[user:password@]host[:port][,host[:port]…]/keyspace?datacenter=…&replication=…` apart; user and
 * password are percent-encoded. `cassandras://` encrypts, and checks that the nodes' certificates name their addresses,
 * since that is what the driver connects to, also where a host is given by its name; with `verify=ca` it checks who signed
 * them alone.
 *
 * @throws {RangeError} whose message says what to type.
 */
export function parseCassandraUrl(url: string): CassandraAddress {
  const { secure, user, password, hosts, keyspace, query } = urlPattern.exec(url)?.groups ?? {};
  if (hosts === undefined || keyspace === undefined) throw new RangeError(`type a URL such as ${example}`);
  if (!keyspacePattern.test(keyspace)) {
    throw new RangeError(
      `type a keyspace of up to 48 small letters, digits and _ behind the hosts, as in ${example}`,
    );
  }
  const settings = new URLSearchParams(query ?? '');
  const unknown = [...settings.keys()].find((name) => !settingNames.has(name));
  if (unknown !== undefined) {
    throw new RangeError(`there is no setting '${unknown}': type ?datacenter=datacenter1&replication=3`);
  }
  const datacenter = settings.get('datacenter') ?? 'datacenter1';
  if (!/^[\w.-]+$/.test(datacenter)) {
    throw new RangeError(
      'type the name of the datacenter as "nodetool status" shows it, such as datacenter=datacenter1',
    );
  }
  const replication = settings.get('replication') ?? '1';
  if (!/^[1-9]\d?$/.test(replication)) {
    throw new RangeError('type how many nodes hold each row, such as replication=3');
  }
  const verify = settings.get('verify') ?? 'full';
  if (verify !== 'full' && verify !== 'ca') throw new RangeError('type verify=full or verify=ca');
  if (settings.has('verify') && !secure) {
    throw new RangeError('nothing is verified without TLS: type cassandras:// or take verify away');
  }
  const contactPoints = hosts.split(',').map(contactPointOf);
  const [port, ...others] = new Set(contactPoints.map(({ port: each }) => each));
  if (port === undefined || others.length > 0) {
    throw new RangeError(
      'all nodes of a cluster have to listen on one port: type the same one behind each host',
    );
  }
  return {
    contactPoints: contactPoints.map(({ name }) => `${name}:${port}`),
    port,
    keyspace,
    datacenter,
    replication: Number(replication),
    credentials:
      user === undefined || password === undefined
        ? undefined
        : { username: decoded(user), password: decoded(password) },
    tls: secure ? verify : undefined,
  };
}

function contactPointOf(host: string): { name: string; port: number } {
  const { name, port } = hostPattern.exec(host)?.groups ?? {};
  const number = Number(port ?? defaultPort);
  if (name === undefined || number < 1 || number > 65_535) {
    throw new RangeError(`'${host}' is no host: type hosts such as 10.0.0.1,10.0.0.2:9042`);
  }
  return { name, port: number };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RangeError('percent-encode user and password: a % is typed as %25');
  }
}
