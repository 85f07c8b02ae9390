/** What a fuzzed server holds: people and what they made, so that what is guessed has something to meet. */
import sharp from 'sharp';

/** Who somebody is, and how they sign in: by their address, since a name is changed easily. */
export type Account = { userId: string; username: string; email: string; password: string };

/** A URL that only holds signed: the parameters of its path and query. */
type SignedUrl = { key: string; e: string; s: string };

/** Whom and what there is to ask for. */
export type Crowd = {
  /** Asks for everything but what the others ask for: a plain user with a private account. */
  asker: Account;
  /** Asks for what only admins may, once somebody has made them one. */
  admin: Account;
  /** Ids by the name parameters have for them. */
  ids: Record<string, string[]>;
  /** Keys of image URLs that anybody may fetch, by what the images are of. */
  imageKeys: { posts: string[]; stories: string[] };
  archive: SignedUrl;
};

type Person = Account & { token: string };

/** Sends a request and replies its JSON. @throws if it is refused. */
async function call(
  base: string,
  method: string,
  path: string,
  { token, json, form }: { token?: string; json?: object; form?: FormData } = {},
  // biome-ignore lint/suspicious/noExplicitAny: whoever calls knows what the route replies.
): Promise<any> {
  const response = await fetch(base + path, {
    method,
    headers: {
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      ...(json ? { 'Content-Type': 'application/json' } : {}),
    },
    body: json ? JSON.stringify(json) : (form ?? null),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? undefined : response.json();
}

async function register(base: string, username: string): Promise<Person> {
  const account = { username, email: `${username}@example.org`, password: `what ${username} signs in with` };
  const { user, access_token: token } = await call(base, 'POST', '/v1/auth/register', { json: account });
  return { ...account, userId: user.user_id, token };
}

/** What an archive may take that is to be made of one person's few things. */
const archiveTimeoutMs = 30_000;

/** Has somebody's archive made. @throws if it is not there in time. */
async function archiveOf(base: string, { token }: Person): Promise<SignedUrl> {
  await call(base, 'POST', '/v1/users/me/export', { token });
  const deadline = performance.now() + archiveTimeoutMs;
  for (;;) {
    const { url } = await call(base, 'GET', '/v1/users/me/export', { token });
    if (url) {
      const { pathname, searchParams } = new URL(url);
      const [, key = ''] = /([^/]+)\.zip$/.exec(pathname) ?? [];
      return { key, e: searchParams.get('e') ?? '', s: searchParams.get('s') ?? '' };
    }
    if (performance.now() > deadline) throw new Error('The archive was not made');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const keyOf = (id: string) => id.slice(id.indexOf('_') + 1);
const times = (count: number) => Array.from({ length: count }, (_, index) => index);

/**
 * Alice, who asks, and bob follow each other; carol and dave want to follow alice, who has gone private; carol is
 * private too. All have posts, comments, stories; some are reported. There is enough of everything for some to be
 * deleted.
 */
export async function makeCrowd(base: string): Promise<Crowd> {
  const image = await sharp({ create: { width: 64, height: 48, channels: 3, background: 'teal' } })
    .jpeg()
    .toBuffer();
  const photo = () => new Blob([new Uint8Array(image)], { type: 'image/jpeg' });
  const upload = async (who: Person, path: string, fields: Record<string, string>) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    form.set('image', photo(), 'photo.jpg');
    return call(base, 'POST', path, { token: who.token, form });
  };
  const post = (who: Person, path: string, json?: object) =>
    call(base, 'POST', path, { token: who.token, ...(json ? { json } : {}) });

  const [alice, bob, carol, dave, admin] = await Promise.all([
    register(base, 'alice'),
    register(base, 'bob'),
    register(base, 'carol'),
    register(base, 'dave'),
    register(base, 'eve'),
  ]);
  await post(alice, `/v1/users/${bob.userId}/follow`);
  await post(bob, `/v1/users/${alice.userId}/follow`);
  for (const who of [alice, carol]) {
    await call(base, 'PATCH', '/v1/users/me', { token: who.token, json: { is_private: true } });
  }
  for (const who of [carol, dave]) await post(who, `/v1/users/${alice.userId}/follow`);
  await post(alice, `/v1/users/${carol.userId}/follow`);
  await post(alice, `/v1/users/${dave.userId}/mute`);

  const posts: string[] = [];
  const comments: string[] = [];
  const stories: string[] = [];
  const places: string[] = [];
  for (const who of [alice, bob, alice, bob]) {
    for (const n of times(8)) {
      const { post_id, location } = await upload(who, '/v1/posts', {
        caption: `Number ${n} by @${who.username} #sunset`,
        location: JSON.stringify({ name: `Beach ${n % 2}`, latitude: 34.0195, longitude: -118.4912 }),
        tagged_users: JSON.stringify([alice.userId]),
      });
      posts.push(post_id);
      places.push(location.location_id);
      await post(alice, `/v1/posts/${post_id}/like`);
      await post(alice, `/v1/posts/${post_id}/save`);
    }
  }
  for (const postId of posts.slice(0, 16)) {
    const { comment_id } = await post(alice, `/v1/posts/${postId}/comment`, { text: 'Lovely, @bob!' });
    const reply = await post(bob, `/v1/posts/${postId}/comment`, { text: 'Indeed', parent_id: comment_id });
    comments.push(comment_id, reply.comment_id);
  }
  for (const who of [alice, alice, bob]) {
    for (const _ of times(6)) stories.push((await upload(who, '/v1/stories', {})).story_id);
  }
  const highlights: string[] = [];
  for (const n of times(6)) {
    const kept = { title: `Week ${n}`, story_ids: stories.slice(0, 2) };
    highlights.push((await post(alice, '/v1/users/me/highlights', kept)).highlight_id);
  }
  const reports: string[] = [];
  for (const target_id of posts.slice(-8)) {
    const report = { target_type: 'post', target_id, reason: 'spam' };
    reports.push((await post(alice, '/v1/reports', report)).report_id);
  }

  return {
    asker: alice,
    admin,
    ids: {
      user_id: [bob, carol, dave].map(({ userId }) => userId).concat('me', '@bob'),
      post_id: posts,
      comment_id: comments,
      story_id: stories,
      own_story_id: stories.slice(0, 12),
      bobs_post_id: posts.slice(-8),
      highlight_id: highlights,
      report_id: reports,
      location_id: [...new Set(places)],
      name: ['sunset'],
    },
    archive: await archiveOf(base, dave),
    // Bob's.
    imageKeys: { posts: posts.slice(-8).map(keyOf), stories: stories.slice(-6).map(keyOf) },
  };
}
