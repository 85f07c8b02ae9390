import { expect } from 'chai';
import { type Session, toForm } from '../../api/client/index.ts';
import { dataOf, imageFile, joinApp, openApp } from '../tools/app.ts';
import { photo } from '../tools/photos.ts';
import { type World, world } from '../tools/world.ts';

describe('the client', () => {
  let w: World;
  let image: File;
  before(async () => {
    w = await world();
    image = imageFile(await photo({ width: 120, height: 90 }));
  });
  after(() => w[Symbol.asyncDispose]());

  /** Somebody's session as an app keeps it, and an app of theirs that was closed and is opened again with it. */
  async function reopened(username: string, expiresInMs: number) {
    const session = (await joinApp(w.base, username)).session() as Session;
    const sessions: (Session | undefined)[] = [];
    const paths: string[] = [];
    const app = openApp({
      baseUrl: w.base,
      session: { ...session, expiresAtMs: Date.now() + expiresInMs },
      onSession: (next) => sessions.push(next),
      fetch(request) {
        paths.push(new URL(request.url).pathname);
        return fetch(request);
      },
    });
    return { app, session, sessions, paths };
  }
  const readMe = (app: ReturnType<typeof openApp>) => dataOf(app.GET('/v1/users/me'));

  it('signs in, asks in that name, and forgets it', async () => {
    await joinApp(w.base, 'alice');
    const sessions: (Session | undefined)[] = [];
    const app = openApp({ baseUrl: w.base, onSession: (session) => sessions.push(session) });
    expect(app.session()).to.equal(undefined);
    const body = { login: 'alice', password: 'alice has a password' };
    const signedIn = await dataOf(app.POST('/v1/auth/login', { body }));
    app.signIn(signedIn);
    expect((await readMe(app)).username).to.equal('alice');
    const session = app.session() as Session;
    expect(session.access_token).to.equal(signedIn.access_token);
    expect(session.expiresAtMs - Date.now()).to.be.within(890_000, 900_000);
    app.signOut();
    expect(sessions).to.eql([session, undefined]);
    expect((await app.GET('/v1/users/me')).error?.error.code).to.equal('UNAUTHORIZED');
  });

  it('renews a token that ends soon, once for all who wait for it', async () => {
    const { app, session, sessions, paths } = await reopened('bob', 30_000);
    const replies = await Promise.all([1, 2, 3, 4].map(() => readMe(app)));
    expect(replies.map(({ username }) => username)).to.eql(['bob', 'bob', 'bob', 'bob']);
    expect(paths.filter((path) => path === '/v1/auth/refresh')).to.have.length(1);
    expect(sessions).to.have.length(1);
    expect(app.session()).to.equal(sessions[0]);
    expect(app.session()?.refresh_token).not.to.equal(session.refresh_token);
  });

  it('leaves a token that lives long enough as it is', async () => {
    const { app, session, paths } = await reopened('carol', 120_000);
    await readMe(app);
    expect(paths).to.eql(['/v1/users/me']);
    expect(app.session()?.access_token).to.equal(session.access_token);
  });

  it('tells the app when its session has ended', async () => {
    const { app, session, sessions } = await reopened('dora', 0);
    const elsewhere = openApp({
      baseUrl: w.base,
      session: { ...session, expiresAtMs: Date.now() + 900_000 },
    });
    expect((await elsewhere.POST('/v1/auth/logout')).response.status).to.equal(204);
    const { error, response } = await app.GET('/v1/feed');
    expect(response.status).to.equal(401);
    expect(error?.error.code).to.equal('UNAUTHORIZED');
    expect(sessions).to.eql([undefined]);
    expect(app.session()).to.equal(undefined);
  });

  it('keeps the session when the server cannot renew it now', async () => {
    const session = (await joinApp(w.base, 'erin')).session() as Session;
    const sessions: (Session | undefined)[] = [];
    const app = openApp({
      baseUrl: w.base,
      session: { ...session, expiresAtMs: 0 },
      onSession: (next) => sessions.push(next),
      fetch: async (request) =>
        request.url.endsWith('/refresh') ? new Response(null, { status: 503 }) : fetch(request),
    });
    // By the server's clock the token still holds.
    expect((await readMe(app)).username).to.equal('erin');
    expect(sessions).to.eql([]);
    expect(app.session()?.refresh_token).to.equal(session.refresh_token);
  });

  it('uploads what has a file in it as a form', async () => {
    const frank = await joinApp(w.base, 'frank');
    const post = await dataOf(
      frank.POST('/v1/posts', {
        body: {
          image: [image, image],
          caption: 'Two "pictures", [sic]\nof one',
          location: { name: 'Here', latitude: 1.5, longitude: -2 },
          tagged_users: [frank.userId],
          alt_text: ['The first', null],
          filter: 'moon',
        },
      }),
    );
    expect(post.media.map((each) => each.alt_text)).to.eql(['The first', null]);
    expect(post.location?.name).to.equal('Here');
    expect(post.tagged_users.map((user) => user.username)).to.eql(['frank']);
    expect(post).to.include({ caption: 'Two "pictures", [sic]\nof one', filter: 'moon' });
    const avatar = await dataOf(
      frank.PUT('/v1/users/me/avatar', { body: { image }, bodySerializer: toForm }),
    );
    expect(avatar.profile_pic_url).to.contain(frank.userId);
  });

  it('makes forms: files and texts as they are, the rest as JSON, nothing of what is undefined', () => {
    const form = toForm({
      image: [image, image],
      text: 'as [it] is',
      list: ['a', null],
      object: { n: 1 },
      none: undefined,
    });
    expect([...form.keys()]).to.eql(['image', 'image', 'text', 'list', 'object']);
    expect(form.get('text')).to.equal('as [it] is');
    expect(form.get('list')).to.equal('["a",null]');
    expect(form.get('object')).to.equal('{"n":1}');
    expect((form.get('image') as File).size).to.equal(image.size);
  });

  it('gives refusals as data: the code, the field, the reason', async () => {
    const greta = await joinApp(w.base, 'greta');
    const { data, error, response } = await greta.PATCH('/v1/users/me', { body: { username: 'no' } });
    expect(data).to.equal(undefined);
    expect(response.status).to.equal(400);
    expect(error?.error.code).to.equal('INVALID_INPUT');
    expect(error?.error.details).to.deep.include({ field: 'username' });
    expect(error?.error.request_id).to.equal(response.headers.get('x-request-id'));
  });
});
