/**
 * What is popular now: rankings of public posts, kept in Redis. A ranking never changes, so that a viewer who pages
 * through one sees nothing twice; a new one is made when the latest is a minute old and somebody asks.
 */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../../shared/db/index.ts';
import { keys } from '../../shared/keys.ts';
import type { Redis } from '../../shared/redis/index.ts';

const freshMs = 60_000;
/** Longer than cursors live, which name a ranking. */
const keptS = 600;
/** Making one takes a tenth of a second; a process that died while it made one keeps nobody from it for longer. */
const makingMs = 10_000;

/** Posts that are looked at, the newest: what bounds the work, however many there are. */
const candidates = 50_000;
const ranked = 2_000;
/** So that one busy author does not fill the page. */
const perAuthor = 5;

export type Rankings = {
  /** The id of the latest ranking. */
  latest(): Promise<string>;
  /** Post ids from a place on; undefined if the ranking is no longer kept. */
  slice(rankingId: string, from: number, count: number): Promise<string[] | undefined>;
};

/**
 * The most popular posts of public accounts. The score is that of Hacker News, votes divided by a power of the age
 * in hours, where a comment counts as two likes
 * (https://medium.com/hacking-and-gonzo/how-hacker-news-ranking-algorithm-works-1d9b0cf2c08d).
 */
async function rank(db: Db): Promise<string[]> {
  const { rows } = await sql<{ post_id: string }>`
    SELECT post_id FROM (
      SELECT post_id, score, row_number() OVER (PARTITION BY user_id ORDER BY score DESC, post_id DESC) AS nth
      FROM (
        SELECT p.post_id, p.user_id, (1 + p.like_count + 2 * p.comment_count)
          / power(EXTRACT(EPOCH FROM now() - p.created_at)::float8 / 3600 + 2, 1.8) AS score
        FROM (SELECT * FROM posts ORDER BY created_at DESC LIMIT ${candidates}) p
        JOIN users u ON u.id = p.user_id
        WHERE NOT p.is_archived AND NOT u.is_private AND NOT u.is_hidden
      ) scored
    ) placed WHERE nth <= ${perAuthor} ORDER BY score DESC, post_id DESC LIMIT ${ranked}`.execute(db);
  return rows.map((row) => row.post_id);
}

/** Opens the rankings; processes share them. */
export function openRankings(cache: Redis, db: Db): Rankings {
  async function make(): Promise<string> {
    const id = randomUUID();
    const postIds = await rank(db);
    const ranking = keys.exploreRanking(id);
    // An empty list is none, and would look like one that is no longer kept.
    await cache.rpush(ranking, '', ...postIds);
    await cache.expire(ranking, keptS);
    await cache.set(keys.exploreLatest, `${id} ${Date.now()}`, 'EX', keptS - 60);
    return id;
  }

  return {
    async latest() {
      const known = await cache.get(keys.exploreLatest);
      if (!known) return make();
      const [id = '', madeAtMs] = known.split(' ');
      if (Date.now() - Number(madeAtMs) < freshMs) return id;
      // One process makes the next one; the others go on with the latest.
      const isOurs = await cache.set(keys.exploreMaking, '', 'PX', makingMs, 'NX');
      return isOurs ? make() : id;
    },
    async slice(rankingId, from, count) {
      // The first entry says that the list is there.
      const ranking = keys.exploreRanking(rankingId);
      const [opening, postIds] = await Promise.all([
        cache.lindex(ranking, 0),
        cache.lrange(ranking, from + 1, from + count),
      ]);
      return opening === null ? undefined : postIds;
    },
  };
}
