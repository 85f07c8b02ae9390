import { connect, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { createVersion, indexName, writeAlias } from '../../shared/search/elasticsearch/indexes.ts';
import { readPosition } from '../../shared/search/elasticsearch/positions.ts';
import { openElasticsearch } from '../../shared/search/elasticsearch.ts';
import {
  SearchDocumentError,
  type SearchIndex,
  SearchIndexError,
  SearchPositionError,
  SearchStaleError,
  searchTypes,
} from '../../shared/search/index.ts';
import { testElasticsearch } from './elasticsearch.ts';
import { searchIndexContract } from './search-index.ts';

describe('with Elasticsearch', () => {
  const elasticsearch = testElasticsearch();

  searchIndexContract('in Elasticsearch', async () => {
    const index = await openElasticsearch(elasticsearch().url);
    return { index, refresh: () => index.refresh() };
  });

  describe('the search index in Elasticsearch', function () {
    this.timeout(30_000);
    let index: SearchIndex;
    before(async () => {
      index = await openElasticsearch(elasticsearch().url);
    });
    after(() => index?.close());

    const post = (id: string, text: string, popularity = 0) =>
      ({ type: 'post', id, text, popularity }) as const;
    const found = async (text: string, limit = 100) => {
      const { hits } = await index.query({ text, types: searchTypes, limit });
      return hits.map(({ id }) => id);
    };
    const thrownBy = (work: Promise<unknown>) =>
      work.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );

    it('refuses fields it does not know', async () => {
      const { es, prefix } = elasticsearch();
      const document = { key: 'post x', id: 'x', popularity: 0, caption: 'unknown' };
      const error = await thrownBy(es.index({ index: `${prefix}-posts`, id: 'x', document }));
      expect(String(error)).to.match(/strict_dynamic_mapping_exception/);
    });

    it('keeps what is newer, however late an older put or removal comes', async () => {
      await index.put(post('late', 'newer violet'), 2_000);
      for (const late of [
        index.put(post('late', 'older amber'), 1_999),
        index.remove('post', 'late', 1_000),
        index.put(post('late', 'same time'), 2_000),
      ]) {
        const error = await thrownBy(late);
        expect(error).to.be.instanceOf(SearchStaleError);
        expect((error as SearchStaleError).standing).to.equal(2_000);
      }
      await index.refresh();
      expect(await found('violet')).to.eql(['late']);
      expect(await found('amber')).to.eql([]);
    });

    it('leaves removed what a late put would bring back', async () => {
      await index.put(post('gone', 'revenant'), 1_000);
      await index.remove('post', 'gone', 3_000);
      const error = await thrownBy(index.put(post('gone', 'revenant'), 2_000));
      expect((error as SearchStaleError).standing).to.equal(3_000);
      // Also where the removal came first.
      await index.remove('post', 'never', 3_000);
      expect(await thrownBy(index.put(post('never', 'revenant'), 2_000))).to.be.instanceOf(SearchStaleError);
      await index.refresh();
      expect(await found('revenant')).to.eql([]);
      await index.put(post('gone', 'revenant'), 3_001);
      await index.refresh();
      expect(await found('revenant')).to.eql(['gone']);
      await index.remove('post', 'gone');
    });

    it('tells each of many writes that go out together what became of it', async () => {
      await index.put(post('b', 'bulky'), 5_000);
      // An id of more than 512 bytes is what Elasticsearch refuses.
      const outcomes = await Promise.allSettled([
        index.put(post('a', 'bulky')),
        index.put(post('b', 'older bulky'), 4_000),
        index.put(post('x'.repeat(600), 'bulky')),
        index.remove('post', 'nobody'),
        index.put(post('c', 'bulky')),
      ]);
      expect(outcomes.map(({ status }) => status)).to.eql([
        'fulfilled',
        'rejected',
        'rejected',
        'fulfilled',
        'fulfilled',
      ]);
      const reasons = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : undefined));
      expect(reasons[1]).to.be.instanceOf(SearchStaleError);
      expect(reasons[2]).to.be.instanceOf(SearchDocumentError);
      await index.refresh();
      expect(await found('bulky')).to.have.members(['a', 'b', 'c']);
    });

    it('pages through what there was when the second page was read, whatever is put and removed since', async () => {
      for (let number = 0; number < 30; number += 1) await index.put(post(`t${number}`, 'timeless', number));
      await index.refresh();
      const expected = await found('timeless');
      expect(expected).to.have.length(30);
      const query = { text: 'timeless', types: searchTypes, limit: 5 };
      const first = await index.query(query);
      const read = first.hits.map(({ id }) => id);
      for (let page = await index.query({ ...query, after: first.hits.at(-1)?.position }); ; ) {
        read.push(...page.hits.map(({ id }) => id));
        if (!page.hasMore) break;
        // What was seen falls below, what was not rises above, one goes and one comes.
        await index.put(post(read[0] as string, 'timeless', -1));
        await index.put(post(expected.at(-1) as string, 'timeless', 1_000));
        await index.remove('post', expected[read.length + 1] as string);
        await index.put(post(`n${read.length}`, 'timeless', 0));
        await index.refresh();
        page = await index.query({ ...query, after: page.hits.at(-1)?.position });
      }
      expect(read).to.eql(expected);
      expect(await found('timeless')).not.to.eql(expected);
    });

    it('says that a position has lapsed when its point in time is gone', async () => {
      const { es, prefix } = elasticsearch();
      for (const id of ['l1', 'l2', 'l3']) await index.put(post(id, 'lapsing'));
      await index.refresh();
      const query = { text: 'lapsing', types: searchTypes, limit: 1 };
      const first = await index.query(query);
      const second = await index.query({ ...query, after: first.hits[0]?.position });
      const after = second.hits[0]?.position as string;
      expect((await index.query({ ...query, after })).hits).to.have.length(1);
      await es.closePointInTime({ id: readPosition(after).pit as string });
      const error = await thrownBy(index.query({ ...query, after }));
      expect(error).to.be.instanceOf(SearchPositionError);
      expect((error as SearchPositionError).isLapsed).to.equal(true);

      // Also where only one index of several is replaced.
      const third = await index.query({ ...query, after: first.hits[0]?.position });
      await es.indices.delete({ index: indexName(prefix, 'location', 1) });
      const other = await thrownBy(index.query({ ...query, after: third.hits[0]?.position }));
      expect(other).to.be.instanceOf(SearchPositionError);
      expect((other as SearchPositionError).isLapsed).to.equal(true);
      expect((await index.query({ ...query, after: first.hits[0]?.position as string })).hits).to.have.length(
        1,
      );
    });

    it('writes to every version that is written to, and no longer to one that has gone', async () => {
      const { es, prefix } = elasticsearch();
      const second = indexName(prefix, 'hashtag', 2);
      const other = await openElasticsearch(elasticsearch().url);
      await createVersion(es, second, [writeAlias(second)]);
      try {
        const countIn = async (name: string) => {
          await es.indices.refresh({ index: name });
          return (await es.count({ index: name })).count;
        };
        await other.put({ type: 'hashtag', id: 'both', popularity: 1 });
        expect([await countIn(indexName(prefix, 'hashtag', 1)), await countIn(second)]).to.eql([1, 1]);
        await es.indices.delete({ index: second });
        await other.put({ type: 'hashtag', id: 'one', popularity: 1 });
        expect(await countIn(indexName(prefix, 'hashtag', 1))).to.equal(2);
        expect(await es.indices.exists({ index: second }), 'a write does not bring it back').to.equal(false);
      } finally {
        await other.close();
        await index.remove('hashtag', 'both');
        await index.remove('hashtag', 'one');
      }
    });

    it('makes its indexes again where all are gone, also for a search', async () => {
      const { es, prefix } = elasticsearch();
      const remove = async () => {
        const names = Object.keys(await es.indices.get({ index: `${prefix}*` }));
        await es.indices.delete({ index: names });
      };
      await remove();
      expect(await found('anything')).to.eql([]);
      await remove();
      await index.put(post('again', 'anything'));
      await index.refresh();
      expect(await found('anything')).to.eql(['again']);
      await Promise.all(
        [1, 2, 3].map(() => openElasticsearch(elasticsearch().url).then((each) => each.close())),
      );
    });
  });

  describe('an Elasticsearch that is away', function () {
    this.timeout(30_000);
    const attempts = (index: SearchIndex) => [
      index.check(),
      index.query({ text: 'a', types: searchTypes, limit: 1 }),
      index.put({ type: 'hashtag', id: 'a', popularity: 1 }),
      index.remove('hashtag', 'a'),
    ];

    it('is told as SearchIndexError within seconds, whether it refuses or stays silent', async () => {
      for (const isSilent of [false, true]) {
        const server: Server = createServer((socket) => (isSilent ? undefined : socket.destroy()));
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const { port } = server.address() as { port: number };
        const index = await openElasticsearch(`http://127.0.0.1:${port}`);
        const startedAt = performance.now();
        for (const outcome of await Promise.allSettled(attempts(index))) {
          expect(outcome.status).to.equal('rejected');
          expect((outcome as PromiseRejectedResult).reason).to.be.instanceOf(SearchIndexError);
        }
        expect(performance.now() - startedAt).to.be.below(8_000);
        await index.close();
        server.close();
      }
    });

    it('works again by itself when it is back', async () => {
      const { hostname, port: target } = new URL(elasticsearch().url);
      const sockets = new Set<Socket>();
      const proxy = createServer((near) => {
        const far = connect(Number(target), hostname);
        for (const socket of [near, far]) {
          sockets.add(socket);
          socket
            .on('error', () => {})
            .on('close', () => {
              near.destroy();
              far.destroy();
            });
        }
        near.pipe(far).pipe(near);
      });
      const listen = (port: number) => new Promise<void>((done) => proxy.listen(port, '127.0.0.1', done));
      await listen(0);
      const { port } = proxy.address() as { port: number };
      const leave = async () => {
        const left = new Promise((done) => proxy.close(done));
        for (const socket of sockets) socket.destroy();
        await left;
      };
      await leave();
      const url = new URL(elasticsearch().url);
      url.host = `127.0.0.1:${port}`;
      const index = await openElasticsearch(url.href);
      try {
        for (let round = 0; round < 2; round += 1) {
          const outcomes = await Promise.allSettled(attempts(index));
          expect(outcomes.every(({ status }) => status === 'rejected')).to.equal(true);
          await listen(port);
          await Promise.all(attempts(index));
          await leave();
        }
      } finally {
        await index.close();
      }
    });
  });
});
