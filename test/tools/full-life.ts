/** An account with some of everything there can be of it, among people who have to do with it in every way there is. */
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { expiryJob } from '../../shared/stories/expiry.ts';
import { Authenticator } from './authenticator.ts';
import { type Client, clientOf, passwordOf, photoForm, type Reply, send } from './client.ts';
import { codeOf } from './codes.ts';
import { say } from './conversation.ts';
import { listen } from './listen.ts';
import { photo } from './photos.ts';
import { endStories } from './stories.ts';
import { until, type World } from './world.ts';

const json = { 'Content-Type': 'application/json' };

/** The body of a reply that did not refuse. */
function done({ status, text, body }: Reply) {
  expect(status, text).to.be.within(200, 204);
  return body;
}

export type FullLife = {
  alice: Client;
  /** Another session of hers. */
  phone: Client;
  bob: Client;
  carol: Client;
  /** Whose account is private. */
  dora: Client;
  erin: Client;
  frank: Client;
  gina: Client;
  /** Three images, in the bytes alice sent. */
  carousel: Buffer[];
  carouselId: string;
  archivedId: string;
  /** Alice's stories, one that can be seen and one that is over, and the bytes of the first. */
  storyId: string;
  overId: string;
  storyImage: Buffer;
  highlightId: string;
  /** A post of bob's, and what was said there: by alice, by carol in reply, by carol, by alice in reply. */
  bobsPostId: string;
  bobsStoryId: string;
  said: { byAlice: string; carolsReply: string; byCarol: string; alicesReply: string };
};

/** Lives it. Everybody is left with whatever is cached for them. */
export async function fullLife(w: World): Promise<FullLife> {
  const names = ['alice', 'bob', 'carol', 'dora', 'erin', 'frank', 'gina'] as const;
  const people = await Promise.all(names.map((name) => w.join(name)));
  const [alice, bob, carol, dora, erin, frank, gina] = people as [
    Client,
    Client,
    Client,
    Client,
    Client,
    Client,
    Client,
  ];
  const act = async (who: Client, whom: Client, what: string) =>
    done(await who.post(`/v1/users/${whom.userId}/${what}`));
  for (const who of [bob, carol, erin]) await act(who, alice, 'follow');
  for (const whom of [bob, carol]) await act(alice, whom, 'follow');
  await act(carol, bob, 'follow');

  // What she shows.
  done(
    await alice.patch('/v1/users/me', {
      full_name: 'Alice Doe',
      bio: 'Photos',
      website: 'https://example.org',
    }),
  );
  done(await alice.form('PUT', '/v1/users/me/avatar', photoForm(await photo({ seed: 21 }))));
  const carousel = [
    await photo({ width: 200, height: 150, seed: 22, metadata: true }),
    await readFile(new URL('../fixtures/portrait.heic', import.meta.url)),
    await photo({ width: 100, height: 120, seed: 23, format: 'png' }),
  ];
  const form = new FormData();
  for (const image of carousel) form.append('image', new Blob([new Uint8Array(image)]), 'a.jpg');
  form.set('caption', 'Here #harbour with @bob 🌊');
  form.set('location', JSON.stringify({ name: 'The pier', latitude: 1.5, longitude: 2.5 }));
  form.set('tagged_users', JSON.stringify([bob.userId, alice.userId]));
  form.set('alt_text', JSON.stringify(['Boats', '', 'A gull']));
  const carouselId = done(await alice.form('POST', '/v1/posts', form)).post_id;
  const image = await photo({ width: 60, height: 60, seed: 24 });
  const archivedId = done(await alice.upload(image, { caption: 'Hidden #harbour' })).post_id;
  done(await alice.put(`/v1/posts/${archivedId}`, { is_archived: true }));
  const storyImage = await photo({ width: 90, height: 160, seed: 25 });
  const story = async (who: Client, file: Buffer) =>
    done(await who.form('POST', '/v1/stories', photoForm(file, { duration_seconds: 7 }))).story_id as string;
  const [overId, storyId] = [await story(alice, image), await story(alice, storyImage)];
  const highlight = { title: 'Harbour', story_ids: [overId, storyId] };
  const highlightId = done(await alice.post('/v1/users/me/highlights', highlight)).highlight_id;

  // What she does with others, and they with her.
  const bobsPostId = done(
    await bob.upload(image, { caption: 'Me #bob', tagged_users: [alice.userId] }),
  ).post_id;
  const bobsStoryId = await story(bob, image);
  const byAlice = await say(alice, bobsPostId, 'Nice, @carol!');
  const carolsReply = await say(carol, bobsPostId, 'Yes', byAlice);
  const byCarol = await say(carol, bobsPostId, 'Lovely');
  const alicesReply = await say(alice, bobsPostId, 'Is it', byCarol);
  await say(bob, carouselId, 'Hello alice');
  for (const [who, what] of [
    [alice, `posts/${bobsPostId}/like`],
    [carol, `posts/${bobsPostId}/like`],
    [alice, `posts/${bobsPostId}/save`],
    [alice, `comments/${byCarol}/like`],
    [bob, `comments/${byCarol}/like`],
    [bob, `comments/${byAlice}/like`],
    [carol, `posts/${carouselId}/like`],
    [carol, `posts/${carouselId}/save`],
    [alice, `stories/${bobsStoryId}/view`],
    [carol, `stories/${bobsStoryId}/view`],
    [bob, `stories/${overId}/view`],
    [bob, `stories/${storyId}/view`],
  ] as const) {
    const key: Record<string, string> = who === alice ? { 'Idempotency-Key': `alice/${what}` } : {};
    done(await who.post(`/v1/${what}`, undefined, key));
  }
  await w.settle();
  await endStories(w, overId);
  await w.tools.queues.hasten('expire-story', expiryJob(overId).id);
  await w.settle();

  // Privacy comes last, so that everybody could meet.
  done(await dora.patch('/v1/users/me', { is_private: true }));
  await act(alice, dora, 'follow');
  done(await alice.patch('/v1/users/me', { is_private: true }));
  await act(frank, alice, 'follow');
  await act(alice, gina, 'block');
  const stranger = await w.join('harry');
  await act(stranger, alice, 'block');
  await act(alice, dora, 'mute');
  await act(erin, alice, 'mute');
  const report = (who: Client, target_type: string, target_id: string) =>
    who.post('/v1/reports', { target_type, target_id, reason: 'spam', comment: `says ${who.username}` });
  done(await report(alice, 'post', bobsPostId));
  done(await report(bob, 'post', carouselId));
  done(await report(carol, 'user', alice.userId));

  const phone = await signInEverywhere(w, alice);
  await w.settle();
  const notices = done(await alice.get('/v1/notifications')).notifications;
  done(await alice.post('/v1/notifications/read', { up_to: notices[0].notification_id }));
  {
    await using ear = await listen(w.base, alice);
    done(await alice.post('/v1/users/me/export'));
    await until('her archive is there', () => ear.types().includes('export.ready'));
  }
  await w.settle();
  for (const who of [...people, phone]) {
    for (const path of [
      'feed',
      'stories',
      'users/me',
      `users/${alice.userId}`,
      'explore',
      `users/${alice.userId}/followers`,
      'search?q=alice',
    ]) {
      await who.get(`/v1/${path}`);
    }
  }
  return {
    ...{ alice, phone, bob, carol, dora, erin, frank, gina },
    ...{ carousel, carouselId, archivedId, storyId, overId, storyImage, highlightId },
    ...{ bobsPostId, bobsStoryId, said: { byAlice, carolsReply, byCarol, alicesReply } },
  };
}

/** Another session, a passkey, codes with their recovery codes, and a mailed reset. */
async function signInEverywhere(w: World, alice: Client): Promise<Client> {
  const post = (path: string, body: unknown) => send(w.base, 'POST', path, JSON.stringify(body), json);
  const login = { login: alice.username, password: `${alice.username} has a password` };
  const signedIn = done(await post('/v1/auth/login', login));
  const options = done(await alice.post('/v1/auth/passkeys/options', { password: passwordOf(alice) }));
  const response = new Authenticator().create(options, { origin: w.config.PUBLIC_URL });
  done(await alice.post('/v1/auth/passkeys', { response, name: 'My phone' }));
  const { secret } = done(await alice.post('/v1/auth/totp', { password: passwordOf(alice) }));
  done(await alice.post('/v1/auth/totp/confirm', { code: codeOf(secret) }));
  done(await post('/v1/auth/password-reset', { email: `${alice.username}@example.org` }));
  return clientOf(w.base, {
    ...alice,
    accessToken: signedIn.access_token,
    refreshToken: signedIn.refresh_token,
  });
}
