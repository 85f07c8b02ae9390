/** Profiles: the brief public view of a user, cached in Redis as the hash `user:{user_id}`. */
import { sql } from 'kysely';
import type { Changes } from '../changes/index.ts';
import type { Db, Tx } from '../db/index.ts';
import { keys } from '../keys.ts';
import { fillHash, forget } from '../redis/fill.ts';
import type { Redis } from '../redis/index.ts';
import { avatarUrl } from './cards.ts';

const lifetimeS = 3_600;

export type Profile = {
  user_id: string;
  username: string;
  full_name: string | null;
  bio: string | null;
  website: string | null;
  profile_pic_url: string;
  post_count: number;
  follower_count: number;
  following_count: number;
  is_private: boolean;
  is_verified: boolean;
};

type Row = Omit<Profile, 'profile_pic_url'> & { profile_pic_url: string | null };

export type Profiles = {
  /** The profile, its counts exact when it was read, or undefined if there is no such user. */
  get(userId: string): Promise<Profile | undefined>;
  /** Every process and Redis forget the user. Call it after the commit of what changed them. */
  forget(userId: string): Promise<void>;
  /** Redis forgets the user's counts; what processes keep in memory holds none. Call it after the commit. */
  forgetCounts(userId: string): Promise<void>;
};

async function load(db: Db | Tx, userId: string): Promise<Row | undefined> {
  const { rows } = await sql<Row>`
    SELECT u.user_id, u.username, u.full_name, u.bio, u.website, u.profile_pic_url, u.is_private, u.is_verified,
      u.post_count + COALESCE(sum(d.delta) FILTER (WHERE d.counter = 'user.posts'), 0)::int AS post_count,
      u.follower_count + COALESCE(sum(d.delta) FILTER (WHERE d.counter = 'user.followers'), 0)::int AS follower_count,
      u.following_count + COALESCE(sum(d.delta) FILTER (WHERE d.counter = 'user.following'), 0)::int
        AS following_count
    FROM users u LEFT JOIN count_deltas d ON d.target_id = u.id
      AND d.counter IN ('user.posts', 'user.followers', 'user.following')
    WHERE u.user_id = ${userId} GROUP BY u.id`.execute(db);
  return rows[0];
}

/** The profile straight from Postgres, for replies inside the transaction that changed it. */
export async function loadProfile(db: Db | Tx, cdn: string, userId: string): Promise<Profile | undefined> {
  const row = await load(db, userId);
  return row && { ...row, profile_pic_url: avatarUrl(cdn, row) };
}

function toHash(row: Row): Record<string, string> {
  return Object.fromEntries(
    Object.entries(row).flatMap(([field, value]) => (value === null ? [] : [[field, String(value)]])),
  );
}

function fromHash(hash: Record<string, string>, cdn: string): Profile {
  const [user_id, username] = [hash.user_id as string, hash.username as string];
  return {
    user_id,
    username,
    full_name: hash.full_name ?? null,
    bio: hash.bio ?? null,
    website: hash.website ?? null,
    profile_pic_url: avatarUrl(cdn, { user_id, username, profile_pic_url: hash.profile_pic_url ?? null }),
    post_count: Number(hash.post_count),
    follower_count: Number(hash.follower_count),
    following_count: Number(hash.following_count),
    is_private: hash.is_private === 'true',
    is_verified: hash.is_verified === 'true',
  };
}

/** Opens the profiles: Postgres with Redis before it. `cdn`: what image URLs begin with. */
export function openProfiles(cache: Redis, db: Db, cdn: string, changes: Changes): Profiles {
  return {
    async get(userId) {
      const key = keys.user(userId);
      const cached = await cache.hgetall(key);
      if (cached.user_id) return fromHash(cached, cdn);
      const filled = await fillHash(cache, key, lifetimeS, async () => {
        const row = await load(db, userId);
        return row && toHash(row);
      });
      return filled && fromHash(filled, cdn);
    },
    async forget(userId) {
      await Promise.all([forget(cache, keys.user(userId)), changes.announce('user', userId)]);
    },
    forgetCounts: (userId) => forget(cache, keys.user(userId)),
  };
}
