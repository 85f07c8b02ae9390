/** What every search index has to do, whatever it is made of. */
import { expect } from 'chai';
import fc from 'fast-check';
import { justBefore } from '../../shared/characters.ts';
import {
  type SearchDocument,
  type SearchHit,
  type SearchIndex,
  SearchPositionError,
  type SearchType,
  searchTypes,
} from '../../shared/search/index.ts';
import { engineSyntax, inManyScripts } from './search-index-queries.ts';

export type OpenedIndex = {
  index: SearchIndex;
  /** Makes what was put and removed so far visible to queries. */
  refresh(): Promise<void>;
};

/** @param open opens an index that is empty; it is closed by the suite. */
export function searchIndexContract(name: string, open: () => Promise<OpenedIndex>): void {
  describe(`the search index ${name}`, function () {
    this.timeout(30_000);
    let opened: OpenedIndex;
    let index: SearchIndex;
    let kept: Map<string, { type: SearchType; id: string }>;

    before(async () => {
      opened = await open();
      index = opened.index;
    });
    beforeEach(() => {
      kept = new Map();
    });
    afterEach(async () => {
      for (const { type, id } of kept.values()) await index.remove(type, id);
      await opened.refresh();
      for (const { type, id } of kept.values()) expect(await found(id)).not.to.include(`${type} ${id}`);
    });
    after(() => index.close());

    async function put(...documents: SearchDocument[]): Promise<void> {
      for (const document of documents) {
        kept.set(`${document.type} ${document.id}`, document);
        await index.put(document);
      }
      await opened.refresh();
    }
    async function remove(type: SearchType, id: string): Promise<void> {
      await index.remove(type, id);
      await opened.refresh();
    }
    it('lists the ids of a type in the order of their bytes, from any id on', async () => {
      const names = ['straße', 'łódź', 'a', 'b', 'ab', '東京', '🌊', 'é', 'z'];
      await put(...names.map((id) => ({ type: 'hashtag', id, popularity: id.length }) as const));
      await put({ type: 'post', id: 'post_1', text: 'a', popularity: 0 });
      const sorted = [...names].sort((one, two) => Buffer.compare(Buffer.from(one), Buffer.from(two)));
      expect(await index.ids('hashtag', undefined, 100)).to.eql(sorted);
      expect(await index.ids('hashtag', undefined, 3)).to.eql(sorted.slice(0, 3));
      for (const [at, id] of sorted.entries()) {
        expect(await index.ids('hashtag', id, 2), id).to.eql(sorted.slice(at + 1, at + 3));
        expect(await index.ids('hashtag', justBefore(id), 1), id).to.eql([id]);
      }
      await remove('hashtag', 'b');
      expect(await index.ids('hashtag', 'ab', 1)).to.eql(['straße']);
      expect(await index.ids('post', undefined, 5)).to.eql(['post_1']);
      expect(await index.ids('location', undefined, 5)).to.eql([]);
    });

    const user = (id: string, username: string, more: { fullName?: string; popularity?: number } = {}) =>
      ({
        type: 'user',
        id,
        username,
        fullName: more.fullName ?? null,
        popularity: more.popularity ?? 0,
      }) as const;
    const hashtag = (id: string, popularity = 1) => ({ type: 'hashtag', id, popularity }) as const;
    const post = (id: string, text: string, popularity = 0) =>
      ({ type: 'post', id, text, popularity }) as const;

    const named = ({ type, id }: SearchHit) => `${type} ${id}`;
    async function found(text: string, types: readonly SearchType[] = searchTypes): Promise<string[]> {
      return (await index.query({ text, types, limit: 100 })).hits.map(named);
    }
    async function pages(text: string, limit: number): Promise<string[]> {
      const all: string[] = [];
      for (let after: string | undefined; ; ) {
        const { hits, hasMore } = await index.query({ text, types: searchTypes, limit, after });
        all.push(...hits.map(named));
        if (!hasMore) return all;
        expect(hits).to.have.length(limit);
        after = hits.at(-1)?.position;
      }
    }

    it('is usable', () => index.check());

    it('finds a user by name and full name, a hashtag by name, a place and a post by their words', async () => {
      await put(
        user('u', 'ada_l', { fullName: 'Augusta Lovelace' }),
        hashtag('engine'),
        { type: 'location', id: 'l', name: 'Science Museum, London', popularity: 1 },
        post('p', 'An old loom'),
      );
      expect(await found('ada_l')).to.eql(['user u']);
      expect(await found('augusta lovelace')).to.eql(['user u']);
      expect(await found('Lovelace')).to.eql(['user u']);
      expect(await found('ENGINE')).to.eql(['hashtag engine']);
      expect(await found('museum science')).to.eql(['location l']);
      expect(await found('science mus')).to.eql(['location l']);
      expect(await found('loom old')).to.eql(['post p']);
      expect(await found('loom new')).to.eql([]);
    });

    it('ranks by how well a thing matches, whatever its popularity', async () => {
      await put(
        post('guess', 'a sunsat', 1_000_000),
        post('begun', 'many sunsets', 100_000),
        post('word', 'a sunset', 10_000),
        hashtag('sunsetlovers', 100),
        user('prefix', 'sunset_photos', { popularity: 10 }),
        hashtag('sunset', 1),
      );
      expect(await found('sunset')).to.eql([
        'hashtag sunset',
        'hashtag sunsetlovers',
        'user prefix',
        'post word',
        'post begun',
        'post guess',
      ]);
    });

    it('ranks what matches equally well by popularity, over all types', async () => {
      await put(
        user('few', 'harbour_few', { popularity: 3 }),
        hashtag('harbourview', 5_000_000_000),
        user('many', 'harbour_many', { popularity: 40 }),
        user('none', 'harbour_none'),
        post('little', 'the harbour'),
        post('much', 'a harbour', 2),
      );
      expect(await found('harbour')).to.eql([
        'hashtag harbourview',
        'user many',
        'user few',
        'user none',
        'post much',
        'post little',
      ]);
    });

    it('finds from the first character on', async () => {
      await put(user('u', 'quentin', { popularity: 2 }), hashtag('quiet', 1), post('p', 'So quaint'));
      for (const typed of ['q', 'qu', 'Q']) {
        expect(await found(typed)).to.eql(['user u', 'hashtag quiet', 'post p']);
      }
      expect(await found('so q')).to.eql(['post p']);
      expect(await found('q so')).to.eql([]);
    });

    it('finds only the types that are asked for', async () => {
      await put(user('same', 'meadow'), hashtag('meadow'), post('same', 'meadow'));
      expect(await found('meadow', ['user'])).to.eql(['user same']);
      expect(await found('meadow', ['hashtag'])).to.eql(['hashtag meadow']);
      expect(await found('mead', ['post'])).to.eql(['post same']);
      expect(await found('meadow', ['post', 'hashtag'])).to.have.members(['post same', 'hashtag meadow']);
      expect(await found('meadow', [])).to.eql([]);
    });

    for (const [document, typed] of inManyScripts) {
      const text =
        document.type === 'post'
          ? document.text
          : document.type === 'user'
            ? (document.fullName ?? document.username)
            : document.id;
      it(`finds ${text} as ${typed.join(', ')}`, async () => {
        await put(document);
        for (const query of typed)
          expect(await found(query), query).to.eql([named({ ...document, position: '' })]);
      });
    }

    it('takes every character for itself', async () => {
      await put(
        user('u', 'sun_set', { popularity: 1 }),
        user('v', 'sunxset', { popularity: 2 }),
        user('w', 'sunset', { fullName: '100% (sure) & more' }),
      );
      expect((await found('sun_'))[0]).to.equal('user u');
      expect(await found('sun_s')).to.eql(['user u']);
      expect(await found('100%')).to.eql(['user w']);
      expect(await found('100% (sure) & more')).to.eql(['user w']);
      for (const query of engineSyntax) expect(await found(query), query).to.eql([]);
    });

    it('finds nothing where nothing is typed, and answers whatever is', async () => {
      await put(user('u', 'sunset'), post('p', 'a.b'));
      for (const query of ['', ' ', '\t\n', '\u200b', '\ufe0f', '\0']) expect(await found(query)).to.eql([]);
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 100 }), async (query) => {
          expect(
            (await index.query({ text: query, types: searchTypes, limit: 5 })).hits.length,
          ).to.be.at.most(5);
        }),
        { numRuns: 50 },
      );
      for (const query of ['x'.repeat(5_000), 'z '.repeat(1_000), '日本'.repeat(500)]) {
        expect(await found(query)).to.eql([]);
      }
    });

    it('finds what was mistyped: a letter changed, left out, too many, or two swapped', async () => {
      await put(user('u', 'photographer'), hashtag('john'), post('p', 'на закате'));
      for (const typed of ['photogrepher', 'photographr', 'photoggrapher', 'pohtographer', 'fotographer']) {
        expect(await found(typed), typed).to.eql(['user u']);
      }
      for (const typed of ['jhon', 'jonh', 'johm', 'johnn']) {
        expect(await found(typed), typed).to.eql(['hashtag john']);
      }
      expect(await found('закоте')).to.eql(['post p']);
      expect(await found('на закоте')).to.eql(['post p']);
      expect(await found('ghotopraffer'), 'too far off').to.eql([]);
      expect(await found('jon'), 'too short to be mistyped').to.eql([]);
    });

    it('replaces a document that is put again', async () => {
      const document = post('p', 'violet evening', 1);
      await put(document, document);
      expect(await found('violet')).to.eql(['post p']);
      await put(post('p', 'amber morning', 1), post('q', 'amber noon', 5));
      expect(await found('violet')).to.eql([]);
      expect(await found('vuolet')).to.eql([]);
      expect(await found('amber')).to.eql(['post q', 'post p']);
      await put(post('p', 'amber morning', 9));
      expect(await found('amber')).to.eql(['post p', 'post q']);
    });

    it('forgets what is removed, and removes what is not there', async () => {
      await put(user('same', 'crimson'), post('same', 'crimson'));
      await remove('user', 'same');
      await remove('user', 'same');
      await remove('hashtag', 'never');
      expect(await found('crimson')).to.eql(['post same']);
      await remove('post', 'same');
      expect(await found('crimson')).to.eql([]);
      expect(await found('crimzon')).to.eql([]);
    });

    it('takes many documents at once, new words in common', async () => {
      const ids = Array.from({ length: 12 }, (_, number) => `p${number}`);
      for (let round = 0; round < 3; round++) {
        const words = Array.from({ length: 20 }, (_, number) => `wordy${'abc'[round]}${number}`);
        await Promise.all(
          ids.map((id, number) => {
            kept.set(`post ${id}`, { type: 'post', id });
            const text = (number % 2 ? words : words.toReversed()).join(' ');
            return index.put(post(id, text));
          }),
        );
        await opened.refresh();
        expect(await found(words[7] as string)).to.have.length(ids.length);
      }
      await Promise.all(ids.map((id) => index.remove('post', id)));
    });

    it('pages through all hits, none twice and none left out', async () => {
      await put(
        ...Array.from({ length: 25 }, (_, number) => [
          user(`u${number}`, `lake${number}`, { popularity: number % 3 }),
          hashtag(number === 0 ? 'lake' : `lake_${number}`, number % 4),
          post(`p${number}`, number % 2 ? 'at the lake' : 'two lakes', number % 5),
          post(`q${number}`, 'a laek', number % 2),
        ]).flat(),
      );
      const all = await found('lake');
      expect(new Set(all).size).to.equal(100);
      for (const limit of [1, 7, 50, 99, 100, 101]) expect(await pages('lake', limit)).to.eql(all);
    });

    it('goes on behind any hit, also with another limit', async () => {
      await put(...Array.from({ length: 30 }, (_, number) => post(`p${number}`, 'pebble', number % 4)));
      const query = { text: 'pebble', types: searchTypes, limit: 30 };
      const { hits, hasMore } = await index.query(query);
      expect(hasMore).to.equal(false);
      for (const [number, hit] of hits.entries()) {
        const rest = await index.query({ ...query, limit: 5, after: hit.position });
        expect(rest.hits.map(named)).to.eql(hits.slice(number + 1, number + 6).map(named));
        expect(rest.hasMore).to.equal(number + 6 < hits.length);
      }
    });

    it('refuses a position it did not give out', async () => {
      for (const after of [
        '',
        'x',
        '9.1.1',
        '1.2',
        '1.1.1.1',
        '-1.0.0',
        '1.99999999999999999999.1',
        '1.\0.1',
      ]) {
        const error = await index
          .query({ text: 'a', types: searchTypes, limit: 1, after })
          .catch((thrown: unknown) => thrown);
        expect(error, after).to.be.instanceOf(SearchPositionError);
      }
    });
  });
}
