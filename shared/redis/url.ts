/** Where a Redis is: one server, a Redis Cluster, or a master that Sentinels know. Only here are such URLs read. */

export type HostPort = { host: string; port: number };
type Access = { username?: string; password?: string; isTls: boolean };

/** One server keeps its URL as it is. `database` is the number of one; a cluster has only the first. */
export type RedisAddress =
  | { kind: 'server'; url: string }
  | ({ kind: 'cluster'; nodes: HostPort[] } & Access)
  | ({ kind: 'sentinel'; sentinels: HostPort[]; masterName: string; database: number } & Access);

const forms =
  'type a URL such as redis://127.0.0.1:6379, redis+cluster://host:port,host:port or redis+sentinel://host:port,host:port/master-name';

const several =
  /^(?<scheme>rediss?)\+(?<kind>cluster|sentinel):\/\/(?:(?<access>[^@/]*)@)?(?<hosts>[^@/?#]+)(?:\/(?<path>[^?#]*))?$/;

/** A host, an IPv4 address or an IPv6 address in brackets, then a port. */
const hostPort = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+):(\d{1,5})$/;

function hostsOf(text: string): HostPort[] {
  return text.split(',').map((part) => {
    const [, host = '', port = ''] = hostPort.exec(part.trim()) ?? [];
    if (host === '' || Number(port) < 1 || Number(port) > 65_535) {
      throw new Error(`'${part}' is no host:port: ${forms}`);
    }
    return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
  });
}

function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error(`${what} is not percent-encoded: ${forms}`);
  }
}

function accessOf(text: string | undefined, isTls: boolean): Access {
  if (text === undefined) return { isTls };
  const colon = text.indexOf(':');
  const [user, password] = colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
  if (password === '') throw new Error('a user needs a password: type user:password@ or :password@');
  return {
    isTls,
    password: decoded(password, 'the password'),
    ...(user === '' ? {} : { username: decoded(user, 'the user') }),
  };
}

/**
 * Reads the URL of a Redis. The user and the password are percent-encoded; the password is also that of the Sentinels, if
 * they want one.
 *
 * @throws {Error} whose message says what to type.
 */
export function parseRedisUrl(url: string): RedisAddress {
  if (/^rediss?:\/\//.test(url)) {
    // Several hosts are what a Cluster or Sentinels have.
    if (!URL.canParse(url)) throw new Error(forms);
    return { kind: 'server', url };
  }
  const found = several.exec(url)?.groups;
  if (!found) throw new Error(forms);
  const access = accessOf(found.access, found.scheme === 'rediss');
  const hosts = hostsOf(found.hosts as string);
  if (found.kind === 'cluster') {
    if (found.path) throw new Error(`a Redis Cluster has one database: take /${found.path} away`);
    return { kind: 'cluster', nodes: hosts, ...access };
  }
  const [name = '', database = '0', ...more] = (found.path ?? '').split('/');
  if (name === '') throw new Error('type the name of the master behind the Sentinels: …/master-name');
  if (more.length > 0 || !/^\d{1,5}$/.test(database)) {
    throw new Error('type no more than the number of a database behind the name: …/master-name/0');
  }
  const masterName = decoded(name, 'the name of the master');
  return { kind: 'sentinel', sentinels: hosts, masterName, database: Number(database), ...access };
}

/** The hosts of a URL, without user and password: what a log may say of it. */
export function hostsIn(url: string): string {
  const address = parseRedisUrl(url);
  if (address.kind === 'server') return URL.parse(url)?.host ?? '';
  const hosts = address.kind === 'cluster' ? address.nodes : address.sentinels;
  return hosts.map(({ host, port }) => `${host}:${port}`).join(',');
}
