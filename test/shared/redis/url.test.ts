import { expect } from 'chai';
import { loadEnvironment } from '../../../shared/config.ts';
import { hostsIn, parseRedisUrl } from '../../../shared/redis/url.ts';

describe('the URL of a Redis', () => {
  it('may name one server, and stays as it is', () => {
    for (const url of ['redis://127.0.0.1:6379', 'rediss://:pass@redis.example/3']) {
      expect(parseRedisUrl(url)).to.eql({ kind: 'server', url });
    }
  });

  it('may name nodes of a cluster', () => {
    expect(parseRedisUrl('redis+cluster://a.example:7000,[::1]:7001')).to.eql({
      kind: 'cluster',
      nodes: [
        { host: 'a.example', port: 7_000 },
        { host: '::1', port: 7_001 },
      ],
      isTls: false,
    });
    expect(parseRedisUrl('rediss+cluster://al%40ice:p%3A%2C%2Fw@10.0.0.1:7000')).to.eql({
      kind: 'cluster',
      nodes: [{ host: '10.0.0.1', port: 7_000 }],
      isTls: true,
      username: 'al@ice',
      password: 'p:,/w',
    });
  });

  it('may name Sentinels and what they call the master', () => {
    expect(parseRedisUrl('redis+sentinel://:pass@s1:26379,s2:26379/main/2')).to.eql({
      kind: 'sentinel',
      sentinels: [
        { host: 's1', port: 26_379 },
        { host: 's2', port: 26_379 },
      ],
      masterName: 'main',
      database: 2,
      isTls: false,
      password: 'pass',
    });
    expect(parseRedisUrl('redis+sentinel://s1:26379/main')).to.include({ masterName: 'main', database: 0 });
  });

  it('says what to type instead of one that cannot be used', () => {
    for (const [url, said] of [
      ['http://127.0.0.1', 'type a URL such as redis://127.0.0.1:6379'],
      ['redis://a:1,b:2', 'redis+cluster://host:port,host:port'],
      ['redis+cluster://', 'type a URL'],
      ['redis+cluster://a', "'a' is no host:port"],
      ['redis+cluster://a:1,b:70000', "'b:70000' is no host:port"],
      ['redis+cluster://a:1/2', 'a Redis Cluster has one database: take /2 away'],
      ['redis+cluster://alice@a:1', 'a user needs a password'],
      ['redis+cluster://:%zz@a:1', 'the password is not percent-encoded'],
      ['redis+sentinel://a:1', 'type the name of the master'],
      ['redis+sentinel://a:1/main/one', 'no more than the number of a database'],
    ] as const) {
      expect(() => parseRedisUrl(url), url).to.throw(said);
      expect(() => loadEnvironment({ QUEUE_REDIS_URL: url }), url).to.throw(`QUEUE_REDIS_URL: `);
    }
  });

  it('is logged without its password', () => {
    expect(hostsIn('redis://:secret@127.0.0.1:6379/1')).to.equal('127.0.0.1:6379');
    expect(hostsIn('redis+cluster://:secret@a:1,b:2')).to.equal('a:1,b:2');
    expect(hostsIn('redis+sentinel://:secret@a:1,b:2/main')).to.equal('a:1,b:2');
  });
});
