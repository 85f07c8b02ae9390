import { expect } from 'chai';
import { holdToContract } from '../tools/contract.ts';

describe('the contract that tests hold replies to', () => {
  const base = 'http://127.0.0.1:1';
  const quota = {
    'X-Request-Id': 'req_1',
    'X-RateLimit-Limit': '60',
    'X-RateLimit-Remaining': '59',
    'X-RateLimit-Reset': '1700000000',
    'RateLimit-Policy': '"free";q=60;w=60',
    RateLimit: '"free";r=59;t=60',
  };
  const answer = (status: number, body: unknown, headers: Record<string, string> = quota) => ({
    status,
    body,
    text: body === undefined ? '' : JSON.stringify(body),
    headers: new Headers(headers),
  });
  const signedIn = new Headers({ Authorization: 'Bearer token' });
  const hold = (method: string, path: string, ...rest: Parameters<typeof answer>) =>
    holdToContract(base, { method, path, headers: signedIn, body: undefined }, answer(...rest));
  const page = { posts: [], next_cursor: null, has_more: false };

  it('lets pass what the document describes, and fields that are new', () => {
    hold('GET', '/v1/feed?limit=2', 200, { ...page, since: 'next year' });
    hold('HEAD', '/v1/feed', 200, undefined);
    hold('DELETE', '/v1/posts/post_1', 204, undefined);
    hold('GET', '/v1/users/me', 401, {
      error: { code: 'UNAUTHORIZED', message: 'Authentication required', request_id: 'req_1' },
    });
  });

  it('refuses a status, a body and a field that it does not describe, and a header that is missing', () => {
    expect(() => hold('GET', '/v1/feed', 418, page)).to.throw('418 is not among 200, 400, 401');
    expect(() => hold('GET', '/v1/feed', 200, { ...page, has_more: 'no' })).to.throw(
      '/has_more must be boolean',
    );
    expect(() => hold('GET', '/v1/feed', 200, undefined)).to.throw('must be object');
    expect(() => hold('GET', '/v1/feed', 401, page)).to.throw("must have required property 'error'");
    expect(() => hold('DELETE', '/v1/posts/post_1', 204, {})).to.throw('there is a body');
    const { RateLimit, ...less } = quota;
    expect(RateLimit).to.be.a('string');
    expect(() => hold('GET', '/v1/feed', 200, page, less)).to.throw('the header RateLimit is missing');
  });

  it('takes a word for itself before it takes it for an id', () => {
    const wrong = /nearby breaks the contract/;
    expect(() => hold('GET', '/v1/posts/nearby', 200, { post_id: 'post_1' })).to.throw(wrong);
    hold('GET', '/v1/posts/nearby?lat=1.5&lng=-2', 200, page);
  });

  it('says nothing of paths and methods that are not in the document', () => {
    hold('GET', '/v1/nothing', 404, {});
    hold('PATCH', '/v1/feed', 405, {});
    hold('GET', '/v1/posts/%zz', 400, {});
  });
});
