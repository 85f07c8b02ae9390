import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { sql } from 'kysely';
import { addDelta } from '../../shared/counts/index.ts';
import { keys } from '../../shared/keys.ts';
import type { Tools } from '../../shared/tools.ts';
import { consume } from '../../workers/consume.ts';
import { handlers } from '../../workers/handlers/index.ts';
import { removeAccount } from '../../workers/handlers/remove-account.ts';
import { sweepEffects } from '../../workers/sweep.ts';
import { repeatRemovals } from '../../workers/sweep-accounts.ts';
import { type Client, photoForm } from '../tools/client.ts';
import { say, waitsForLock } from '../tools/conversation.ts';
import { crowd } from '../tools/crowd.ts';
import { effectOn, holdJob } from '../tools/hold-job.ts';
import { photo } from '../tools/photos.ts';
import { internalId } from '../tools/rows.ts';
import { idsOf, tracesOf } from '../tools/traces.ts';
import { until, type World, world } from '../tools/world.ts';

describe('the removal of an account', () => {
  let w: World;
  let image: Buffer;
  before(async () => {
    w = await world({ serves: ['relay', 'media', 'feeds', 'counts', 'search', 'stories', 'notify'] });
    image = await photo({ width: 60, height: 60 });
  });
  after(() => w[Symbol.asyncDispose]());

  /** Deletes an account; the job that this owes is for each test to run. */
  const leave = async (who: Client) => {
    const left = await who.delete('/v1/users/me', undefined, { password: `${who.username} has a password` });
    expect(left.status, left.text).to.equal(204);
    return holdJob(w, who.userId, 'remove-account');
  };
  const remove = ({ userId }: Client, tools: Tools = w.tools, signal = new AbortController().signal) =>
    removeAccount({ userId }, { tools, signal });
  const isThere = async ({ userId }: Client) =>
    (await w.tools.db.selectFrom('users').select('id').where('user_id', '=', userId).execute()).length > 0;
  const effectOf = ({ userId }: Client) => effectOn(w, userId, 'remove-account');

  it('goes on where it was cut off, and changes nothing when it runs again', async () => {
    const [alice, bob] = [await w.join('alice'), await w.join('bob')];
    const bobs = (await bob.upload(image)).body.post_id;
    for (let n = 0; n < 3; n += 1) {
      await alice.upload(image, { caption: 'One of #many' });
      await say(alice, bobs, `comment ${n}`);
    }
    await alice.post(`/v1/posts/${bobs}/like`);
    await bob.post(`/v1/users/${alice.userId}/follow`);
    await w.settle();
    const sought = await idsOf(w, alice.userId);
    await leave(alice);

    // Each of these runs is cut off as soon as it has done something.
    for (let cut = 1; ; cut += 1) {
      const controller = new AbortController();
      const tools: Tools = {
        ...w.tools,
        async rollUp(...what) {
          await w.tools.rollUp(...what);
          controller.abort();
        },
      };
      const ended = await remove(alice, tools, controller.signal).then(
        () => 'done',
        (error: Error) => error.name,
      );
      if (ended === 'done') {
        expect(cut, 'it was cut off often').to.be.above(6);
        break;
      }
      expect(ended).to.equal('AbortError');
      expect(await isThere(alice)).to.equal(true);
    }
    await w.settle();
    expect(await tracesOf(w, sought)).to.eql([]);
    const shown = async () => {
      const { body } = await bob.get(`/v1/posts/${bobs}`);
      const { following_count } = (await bob.get('/v1/users/me')).body;
      return [body.like_count, body.comment_count, following_count];
    };
    expect(await shown()).to.eql([0, 0, 0]);
    await remove(alice);
    await w.settle();
    expect(await shown()).to.eql([0, 0, 0]);
    const { rows } = await sql`SELECT FROM hashtags WHERE name = 'many' AND post_count <> 0`.execute(
      w.tools.db,
    );
    expect(rows).to.eql([]);
  });

  it('takes what a request committed meanwhile along, with its counts', async () => {
    const { db } = w.tools;
    const [carol, dora] = [await w.join('carol'), await w.join('dora')];
    const post = (await dora.upload(image)).body.post_id;
    const [carolId, postId] = [
      await internalId(w, 'users', carol.userId),
      await internalId(w, 'posts', post),
    ];
    await leave(carol);
    const held = Promise.withResolvers<void>();
    const liked = Promise.withResolvers<void>();
    const late = db.transaction().execute(async (tx) => {
      await tx.insertInto('likes').values({ user_id: carolId, post_id: postId }).execute();
      await addDelta(tx, 'post.likes', postId, 1, carolId);
      liked.resolve();
      await held.promise;
    });
    await liked.promise;
    const removal = remove(carol);
    await until('the removal waits', () => waitsForLock(w, 'FOR UPDATE'));
    held.resolve();
    await Promise.all([late, removal]);
    expect(await isThere(carol)).to.equal(false);
    await w.tools.rollUp('post.likes', postId);
    await w.settle();
    expect((await dora.get(`/v1/posts/${post}`)).body.like_count).to.equal(0);
    expect((await dora.get('/v1/notifications')).body.notifications).to.eql([]);
  });

  it('is done in batches for whoever has much', async () => {
    const { db } = w.tools;
    const [erin, finn] = [await w.join('erin'), await w.join('finn')];
    const [erinId, finnId] = [
      await internalId(w, 'users', erin.userId),
      await internalId(w, 'users', finn.userId),
    ];
    await finn.upload(image);
    await w.settle();
    const followers = await crowd(w, 'follower', 450);
    await sql`INSERT INTO follows (follower_id, following_id) SELECT unnest(${followers}::bigint[]), ${erinId}`.execute(
      db,
    );
    await sql`INSERT INTO follows (follower_id, following_id) SELECT ${erinId}, follower_id FROM follows
      WHERE following_id = ${erinId}`.execute(db);
    await sql`INSERT INTO posts (post_id, user_id, image_urls) SELECT 'post_many' || n, ${finnId}, '[]'
      FROM generate_series(1, 2500) n`.execute(db);
    await sql`INSERT INTO likes (user_id, post_id) SELECT ${erinId}, id FROM posts WHERE post_id LIKE 'post_many%'`.execute(
      db,
    );
    await sql`UPDATE posts SET like_count = 1 WHERE post_id LIKE 'post_many%'`.execute(db);
    await leave(erin);
    await remove(erin);
    await w.settle();
    expect(await isThere(erin)).to.equal(false);
    const { rows } = await sql<{ likes: number; follows: number; deltas: number }>`
      SELECT (SELECT sum(like_count) FROM posts WHERE post_id LIKE 'post_many%') AS likes,
        (SELECT count(*) FROM follows WHERE ${erinId} IN (follower_id, following_id)) AS follows,
        (SELECT count(*) FROM count_deltas) AS deltas`.execute(db);
    expect(rows).to.eql([{ likes: 0, follows: 0, deltas: 0 }]);
  });

  it('removes what lies outside of Postgres though the row went before a crash', async () => {
    const gina = await w.join('gina');
    const { images, cache, db } = w.tools;
    const path = join(w.config.DATA_DIR, 'a-file');
    await writeFile(path, 'x');
    const objects = [`avatars/${gina.userId}/g/320.jpg`, `exports/${gina.userId}/a.zip`];
    await images.put(objects[0] as string, path, 'image/jpeg');
    await images.put(objects[1] as string, path, 'application/zip');
    await cache.set(keys.live(gina.userId), 'x');
    await db.deleteFrom('users').where('user_id', '=', gina.userId).execute();
    await remove(gina);
    expect(await Promise.all(objects.map((key) => images.stat(key)))).to.eql([undefined, undefined]);
    expect(await cache.exists(keys.live(gina.userId))).to.equal(0);
  });

  it('leaves an account alone that is not deleted', async () => {
    const hugo = await w.join('hugo');
    await hugo.form('PUT', '/v1/users/me/avatar', photoForm(image));
    const url = (await hugo.get('/v1/users/me')).body.profile_pic_url.replace(w.config.CDN_BASE_URL, w.base);
    await remove(hugo);
    expect((await hugo.get('/v1/users/me')).status).to.equal(200);
    expect((await fetch(url)).status).to.equal(200);
  });

  it('is broken off when its process stops, and taken up by the next one', async () => {
    const ida = await w.join('ida');
    const id = await leave(ida);
    await w.tools.queues.addAll([{ name: 'remove-account', payload: { userId: ida.userId }, id }]);
    const began = Promise.withResolvers<void>();
    const waiting = consume(
      w.tools,
      {
        ...handlers,
        async 'remove-account'(_, { signal }) {
          began.resolve();
          await new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
          });
        },
      },
      ['accounts'],
    );
    await began.promise;
    await waiting.stop();
    expect((await effectOf(ida)).state).to.equal('pending');
    const next = consume(w.tools, handlers, ['accounts']);
    await until('it is done', async () => (await effectOf(ida)).state === 'done');
    await next.stop();
    expect(await isThere(ida)).to.equal(false);
  });

  it('is tried again an hour after it failed for good', async () => {
    const { db } = w.tools;
    const jack = await w.join('jack');
    await leave(jack);
    const { event_id: eventId } = await effectOf(jack);
    await sql`UPDATE effects SET state = 'failed', finished_at = now() - interval '50 minutes'
      WHERE event_id = ${eventId} AND job = 'remove-account'`.execute(db);
    expect(await repeatRemovals(w.tools)).to.equal(0);
    await sql`UPDATE effects SET finished_at = now() - interval '61 minutes'
      WHERE event_id = ${eventId} AND job = 'remove-account'`.execute(db);
    expect(await repeatRemovals(w.tools)).to.equal(1);
    expect(await sweepEffects(w.tools)).to.equal(1);
    const consumer = consume(w.tools, handlers, ['accounts']);
    await until('it is done', async () => (await effectOf(jack)).state === 'done');
    await consumer.stop();
    expect(await isThere(jack)).to.equal(false);
  });
});
