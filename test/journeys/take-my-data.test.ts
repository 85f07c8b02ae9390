/** Somebody takes along all they have here: every kind of thing, and their pictures as they sent them. */
import { expect } from 'chai';
import { keyOf } from '../../shared/ids.ts';
import { kinds } from '../../workers/export/kinds.ts';
import { type App, appOf, at, dataOf } from '../tools/app.ts';
import { type FullLife, fullLife } from '../tools/full-life.ts';
import { jsonIn, unzip } from '../tools/unzip.ts';
import { type World, world } from '../tools/world.ts';

// biome-ignore lint/suspicious/noExplicitAny: the expectations say what an item holds.
type Item = any;

describe('taking one’s data along', function () {
  this.timeout(120_000);
  let w: World;
  let life: FullLife;
  let app: App;
  let files: Map<string, Buffer>;
  before(async () => {
    w = await world();
    life = await fullLife(w);
    app = appOf(w.base, life.alice);
    const { url, state } = await dataOf(app.GET('/v1/users/me/export'));
    expect(state).to.equal('done');
    const response = await fetch(url?.replace(w.config.PUBLIC_URL, w.base) ?? '');
    files = unzip(Buffer.from(await response.arrayBuffer()));
  });
  after(() => w[Symbol.asyncDispose]());

  const itemsOf = (kind: string): Item[] => jsonIn(files, `data/${kind}-1.json`);
  const nameOf = (item: Item) => (item.user ?? item.author ?? item.actor ?? item.post_author)?.username;
  const card = ({ userId, username }: { userId: string; username: string }) => ({
    user_id: userId,
    username,
  });

  it('brings an archive with something of every kind, and an index that names every file', () => {
    const index = jsonIn(files, 'index.json');
    expect(index).to.include({ user_id: life.alice.userId, username: 'alice' });
    expect(index.kinds.map(({ name }: Item) => name)).to.eql(kinds.map(({ name }) => name));
    for (const { name, count, files: listed } of index.kinds) {
      expect(count, `this life has ${name}`).to.be.above(0);
      expect(listed).to.eql([`data/${name}-1.json`]);
      expect(itemsOf(name), name).to.have.length(count);
    }
    const named = [
      ...index.kinds.flatMap((each: Item) => each.files),
      ...index.images.map(({ file }: Item) => file),
      ...['profile.json', 'README.txt', 'index.json'],
    ];
    expect([...files.keys()].sort()).to.eql(named.sort());
    expect(index.missing).to.eql([]);
    expect(Date.parse(index.made_at)).to.be.within(Date.now() - 120_000, Date.now());
    for (const { file, bytes } of index.images) expect(files.get(file)?.length, file).to.equal(bytes);
    const readme = files.get('README.txt')?.toString();
    expect(readme).to.contain('Everything of alice').and.to.contain('posts (2)');
  });

  it('holds the very files that were sent, and pictures of what no original is left of', async () => {
    const { carousel, carouselId, storyId, storyImage, overId } = life;
    const posts = itemsOf('posts');
    const images = posts.find(({ post_id }) => post_id === carouselId).images;
    expect(images.map(({ file }: Item) => file)).to.eql(
      ['1.jpg', '2.heic', '3.png'].map((end) => `images/posts/${keyOf(carouselId)}-${end}`),
    );
    for (const [index, { file }] of images.entries()) {
      expect(files.get(file)?.equals(carousel[index] as Buffer), file).to.equal(true);
    }
    expect(images.map((each: Item) => each.alt_text)).to.eql(['Boats', null, 'A gull']);
    const story = itemsOf('stories').find(({ story_id }) => story_id === storyId);
    expect(files.get(story.file)?.equals(storyImage)).to.equal(true);
    const served = async (url: string) => {
      const response = await fetch(url.replace(w.config.CDN_BASE_URL, w.base));
      expect(response.status, url).to.equal(200);
      return Buffer.from(await response.arrayBuffer());
    };
    const [over] = (await dataOf(app.GET('/v1/users/me/story-archive'))).stories;
    const kept = itemsOf('stories').find(({ story_id }) => story_id === overId);
    expect(files.get(kept.file)?.equals(await served(over?.media_url ?? ''))).to.equal(true);
    const { profile_pic_url: picture } = await dataOf(app.GET('/v1/users/me'));
    const large = await served(picture.replace('/320.jpg', '/640.jpg'));
    expect(files.get('images/avatar.jpg')?.equals(large)).to.equal(true);
  });

  it('says what was posted, said and done', () => {
    const { alice, bob, carol, dora, frank, gina, carouselId, archivedId, bobsPostId, said } = life;
    const [carousel, archived] = itemsOf('posts');
    expect(carousel).to.deep.include({
      post_id: carouselId,
      caption: 'Here #harbour with @bob 🌊',
      location: { name: 'The pier', latitude: 1.5, longitude: 2.5 },
      hashtags: ['harbour'],
      tagged_users: [card(bob), card(alice)],
      is_archived: false,
      like_count: 1,
    });
    expect(archived).to.include({ post_id: archivedId, is_archived: true });
    expect(itemsOf('comments')).to.have.length(2);
    expect(itemsOf('comments')[1]).to.deep.include({
      comment_id: said.alicesReply,
      post_id: bobsPostId,
      post_author: card(bob),
      parent_id: said.byCarol,
      text: 'Is it',
    });
    expect(itemsOf('likes')).to.have.length(1);
    expect(itemsOf('likes')[0]).to.deep.include({ post_id: bobsPostId, author: card(bob) });
    expect(itemsOf('saves')[0]).to.deep.include({ post_id: bobsPostId, author: card(bob) });
    expect(itemsOf('comment-likes')[0]).to.deep.include({ comment_id: said.byCarol, author: card(carol) });
    expect(itemsOf('tags').map(({ post_id }) => post_id)).to.have.members([bobsPostId, carouselId]);
    const people: [kind: string, names: string[]][] = [
      ['following', ['bob', 'carol']],
      ['followers', ['bob', 'carol', 'erin']],
      ['requests-sent', ['dora']],
      ['requests-received', ['frank']],
      ['blocks', ['gina']],
      ['mutes', ['dora']],
    ];
    for (const [kind, names] of people) expect(itemsOf(kind).map(nameOf).sort(), kind).to.eql(names);
    expect([dora, frank, gina].map(({ username }) => username)).to.eql(['dora', 'frank', 'gina']);
    const types = itemsOf('notifications').map(({ type }) => type);
    expect(types).to.include.members([
      'follow',
      'like',
      'comment',
      'reply',
      'comment_like',
      'tag',
      'follow_request',
    ]);
    expect(itemsOf('reports')).to.have.length(1);
    expect(itemsOf('reports')[0]).to.include({
      target_id: bobsPostId,
      comment: 'says alice',
      is_resolved: false,
    });
  });

  it('says who one is here, and none of what proves it', () => {
    const { alice, overId, storyId, highlightId } = life;
    expect(jsonIn(files, 'profile.json')).to.deep.include({
      user_id: alice.userId,
      username: 'alice',
      full_name: 'Alice Doe',
      email: 'alice@example.org',
      is_private: true,
      asks_for_codes: true,
      picture: 'images/avatar.jpg',
    });
    const views = itemsOf('stories').map(({ story_id, view_count }) => [story_id, view_count]);
    expect(views).to.eql([
      [overId, 1],
      [storyId, 1],
    ]);
    expect(itemsOf('highlights')[0]).to.deep.include({
      highlight_id: highlightId,
      title: 'Harbour',
      stories: [overId, storyId],
    });
    expect(itemsOf('sessions')).to.have.length(2);
    expect(itemsOf('passkeys')).to.have.length(1);
    expect(itemsOf('passkeys')[0].name).to.equal('My phone');
    const text = [...files]
      .flatMap(([name, file]) => (name.endsWith('.json') ? [file.toString()] : []))
      .join('\n');
    for (const secret of ['salt', 'secret', 'hash"', 'public_key', 'credential_id', '_key"', '"place"']) {
      expect(text, secret).not.to.contain(secret);
    }
  });

  it('comes in files of a size that can be opened, and says what was lost', async () => {
    const { alice, bob } = life;
    const { db } = w.tools;
    const [aliceRow] = await db
      .selectFrom('users')
      .select('id')
      .where('user_id', '=', alice.userId)
      .execute();
    const crowd = await db
      .insertInto('users')
      .values(Array.from({ length: 1_005 }, (_, n) => ({ user_id: `user_crowd${n}`, username: `crowd${n}` })))
      .returning('id')
      .execute();
    await db
      .insertInto('follows')
      .values(crowd.map(({ id }) => ({ follower_id: id, following_id: aliceRow?.id as number })))
      .execute();
    await db
      .updateTable('exports')
      .set({ finished_at: new Date(0) })
      .execute();
    const toAlice = at({ user_id: alice.userId });
    await dataOf(appOf(w.base, bob).DELETE('/v1/users/{user_id}/follow', toAlice));
    // One of her images is lost.
    await w.tools.images.removeAll(`originals/${keyOf(life.archivedId)}/`);
    await dataOf(app.POST('/v1/users/me/export'));
    await w.settle();
    const { url } = await dataOf(app.GET('/v1/users/me/export'));
    const response = await fetch(url?.replace(w.config.PUBLIC_URL, w.base) ?? '');
    const later = unzip(Buffer.from(await response.arrayBuffer()));
    const index = jsonIn(later, 'index.json');
    const followers = index.kinds.find(({ name }: Item) => name === 'followers');
    expect(followers).to.deep.include({
      count: 1_007,
      files: ['data/followers-1.json', 'data/followers-2.json'],
    });
    const names = followers.files.flatMap((name: string) => jsonIn(later, name)).map(nameOf);
    expect(new Set(names).size).to.equal(1_007);
    expect(names).not.to.include('bob');
    const lost = `images/posts/${keyOf(life.archivedId)}-1.jpg`;
    expect(index.missing).to.eql([{ of: life.archivedId, file: lost }]);
    expect(later.has(lost)).to.equal(false);
    expect(later.get('README.txt')?.toString()).to.contain(
      'Images that were gone when this archive was made: 1',
    );
  });
});
