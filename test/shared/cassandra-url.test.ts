import { expect } from 'chai';
import { ConfigError, loadEnvironment } from '../../shared/config.ts';
import { parseCassandraUrl } from '../../shared/stories/cassandra-url.ts';

describe('CASSANDRA_URL', () => {
  it('names nodes, keyspace, datacenter, copies and who one is', () => {
    expect(
      parseCassandraUrl(
        'cassandra://al%3Aice:p%40ss@10.0.0.1:9142,[::1]:9142,c.example.org:9142/photos?datacenter=eu-1&replication=3',
      ),
    ).to.eql({
      contactPoints: ['10.0.0.1:9142', '[::1]:9142', 'c.example.org:9142'],
      port: 9142,
      keyspace: 'photos',
      datacenter: 'eu-1',
      replication: 3,
      credentials: { username: 'al:ice', password: 'p@ss' },
      tls: undefined,
    });
  });

  it('leaves out what one node at its usual port does not need', () => {
    expect(parseCassandraUrl('cassandra://localhost/emulsion')).to.eql({
      contactPoints: ['localhost:9042'],
      port: 9042,
      keyspace: 'emulsion',
      datacenter: 'datacenter1',
      replication: 1,
      credentials: undefined,
      tls: undefined,
    });
  });

  it('asks for TLS, and says what is checked of a certificate', () => {
    expect(parseCassandraUrl('cassandras://localhost/emulsion').tls).to.equal('full');
    expect(parseCassandraUrl('cassandras://localhost/emulsion?verify=ca').tls).to.equal('ca');
  });

  const refusals: [what: string, url: string, says: RegExp][] = [
    ['another scheme', 'postgres://localhost/emulsion', /type a URL such as cassandra:/],
    ['no keyspace', 'cassandra://localhost', /type a URL such as cassandra:/],
    ['a keyspace that would need quotes', 'cassandra://localhost/My-Keys', /small letters/],
    ['a statement for a keyspace', 'cassandra://localhost/x;DROP', /small letters/],
    ['a port that cannot be', 'cassandra://localhost:70000/emulsion', /'localhost:70000' is no host/],
    ['nodes on several ports', 'cassandra://a:9042,b:9043/emulsion', /one port/],
    ['an unknown setting', 'cassandra://localhost/emulsion?dc=eu', /no setting 'dc'/],
    ['another check', 'cassandras://localhost/emulsion?verify=no', /verify=full or verify=ca/],
    ['a check of nothing', 'cassandra://localhost/emulsion?verify=ca', /cassandras:/],
    ['a quote in a datacenter', "cassandra://localhost/emulsion?datacenter=e'u", /name of the datacenter/],
    ['no copies', 'cassandra://localhost/emulsion?replication=0', /how many nodes/],
    ['a bare percent sign', 'cassandra://alice:100%@localhost/emulsion', /%25/],
  ];
  for (const [what, url, says] of refusals) {
    it(`refuses ${what}, and says what to type`, () => {
      expect(() => parseCassandraUrl(url)).to.throw(RangeError, says);
      expect(() => loadEnvironment({ CASSANDRA_URL: url })).to.throw(ConfigError, /CASSANDRA_URL: /);
    });
  }
});
