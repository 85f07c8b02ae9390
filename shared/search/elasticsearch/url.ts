/** Where Elasticsearch is, as one setting says it. */

export type ElasticsearchAddress = {
  /** Base URLs of its nodes. */
  nodes: string[];
  auth: { username: string; password: string } | undefined;
  /** What the names of our indexes begin with. */
  prefix: string;
};

/** What to type. */
const example = 'type a URL such as http://user:password@127.0.0.1:9200/?prefix=emulsion';

const pattern =
  /^(?<scheme>https?):\/\/(?:(?<user>[^\s/@:]*):(?<password>[^\s/@]*)@)?(?<hosts>[^\s/?#@]+)\/?(?:\?(?<query>[^\s#]*))?$/;

/** A name of Elasticsearch's: lower case, and nothing that means something in a list of names. */
const prefixPattern = /^[a-z0-9][a-z0-9_-]{0,99}$/;

/**
 * Reads `http(s)://[user:password@]host:port[,host:port…][/]?prefix=emulsion`; user and password are percent-encoded.
 *
 * @throws {RangeError} saying what to type.
 */
export function parseElasticsearchUrl(text: string): ElasticsearchAddress {
  const { scheme, user, password, hosts, query } = pattern.exec(text)?.groups ?? {};
  if (!scheme || !hosts) throw new RangeError(example);
  const parameters = new URLSearchParams(query ?? '');
  const unknown = [...parameters.keys()].find((name) => name !== 'prefix');
  if (unknown !== undefined) throw new RangeError(`there is no parameter '${unknown}': ${example}`);
  const prefix = parameters.get('prefix') ?? 'emulsion';
  if (!prefixPattern.test(prefix)) {
    throw new RangeError('the prefix has to be small letters, digits, - and _, at most 100');
  }
  return {
    nodes: hosts.split(',').map((host) => nodeOf(scheme, host)),
    auth: user === undefined ? undefined : { username: decoded(user), password: decoded(password ?? '') },
    prefix,
  };
}

function nodeOf(scheme: string, host: string): string {
  if (!/^(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i.test(host)) throw new RangeError(example);
  // A URL without a port means 80 or 443; Elasticsearch listens on 9200.
  const url = `${scheme}://${/:\d+$/.test(host) && !host.endsWith(']') ? host : `${host}:9200`}`;
  if (!URL.canParse(url)) throw new RangeError(example);
  return url;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new RangeError(`a % in user or password is typed %25; ${example}`);
  }
}
