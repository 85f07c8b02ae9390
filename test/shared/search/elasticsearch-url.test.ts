import { expect } from 'chai';
import { parseElasticsearchUrl } from '../../../shared/search/elasticsearch/url.ts';

describe('the address of Elasticsearch', () => {
  it('names nodes, who asks and a prefix', () => {
    expect(parseElasticsearchUrl('http://127.0.0.1:9200')).to.eql({
      nodes: ['http://127.0.0.1:9200'],
      auth: undefined,
      prefix: 'emulsion',
    });
    expect(
      parseElasticsearchUrl('https://me:p%40ss%2Fword@a.example:9200,b.example,[::1]:9201/?prefix=photos-2'),
    ).to.eql({
      nodes: ['https://a.example:9200', 'https://b.example:9200', 'https://[::1]:9201'],
      auth: { username: 'me', password: 'p@ss/word' },
      prefix: 'photos-2',
    });
  });

  it('is refused with what to type', () => {
    for (const [bad, told] of [
      ['ftp://127.0.0.1:9200', /type a URL such as http/],
      ['http://', /type a URL/],
      ['http://127.0.0.1:9200/index', /type a URL/],
      ['http://127.0.0.1:99999', /type a URL/],
      ['http://a:9200,,b:9200', /type a URL/],
      ['http://me@127.0.0.1:9200', /type a URL/],
      ['http://me:100%@127.0.0.1:9200', /typed %25/],
      ['http://127.0.0.1:9200/?prefix=Photos', /small letters/],
      ['http://127.0.0.1:9200/?prefix=', /small letters/],
      ['http://127.0.0.1:9200/?index=a', /no parameter 'index'/],
    ] as const) {
      expect(() => parseElasticsearchUrl(bad), bad).to.throw(RangeError, told);
    }
  });
});
