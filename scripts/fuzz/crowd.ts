/** What a fuzzed server holds: people and posts, so that what is guessed has something to meet. */
import sharp from 'sharp';

export type Session = { userId: string; username: string; token: string };

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

async function register(base: string, username: string): Promise<Session> {
  const { user, access_token: token } = await call(base, 'POST', '/v1/auth/register', {
    json: { username, email: `${username}@example.org`, password: `${username} has a password` },
  });
  return { userId: user.user_id, username, token };
}

/** Two people who follow each other, each with posts, comments and a story; the first is the one who asks. */
export async function makeCrowd(base: string): Promise<Session> {
  const image = await sharp({ create: { width: 64, height: 48, channels: 3, background: 'teal' } })
    .jpeg()
    .toBuffer();
  const people = [await register(base, 'alice'), await register(base, 'bob')] as const;
  for (const [person, other] of [people, people.toReversed() as [Session, Session]] as const) {
    await call(base, 'POST', `/v1/users/${other.userId}/follow`, { token: person.token });
    const photo = () => new Blob([new Uint8Array(image)], { type: 'image/jpeg' });
    const post = new FormData();
    post.set('caption', `By ${person.username} #sunset`);
    post.set('image', photo(), 'photo.jpg');
    const { post_id: postId } = await call(base, 'POST', '/v1/posts', { token: person.token, form: post });
    await call(base, 'POST', `/v1/posts/${postId}/like`, { token: person.token });
  }
  return people[0];
}
