/** The rows of an export: one moment of the database, written into the archive page by page. */
import { extname } from 'node:path';
import { Readable } from 'node:stream';
import { sql } from 'kysely';
import type { Db, Tx } from '../../shared/db/index.ts';
import { keyOf } from '../../shared/ids.ts';
import { storyPictureKey } from '../../shared/stories/pictures.ts';
import { viewCountOf } from '../../shared/stories/views.ts';
import type { Tools } from '../../shared/tools.ts';
import { avatarKey, shownVersion } from '../../shared/users/avatars.ts';
import { type KindRow, kinds } from './kinds.ts';
import type { Zip } from './zip.ts';

/** Rows of one file: some 500 kB, which any program opens, and any process holds. */
const rowsPerFile = 1_000;

/** An image that belongs into the archive: its name there, and the keys it may be kept under, the best first. */
export type WantedImage = { name: string; of: string; keys: string[] };

/** What the rows were written to, and which images they want. */
export type Snapshot = {
  /** When it was, by Postgres's clock. */
  at: Date;
  userId: string;
  username: string;
  kinds: { name: string; about: string; count: number; files: string[] }[];
  images: WantedImage[];
};

type Profile = {
  user_id: string;
  username: string;
  profile_pic_url: string | null;
  now: Date;
} & Record<string, unknown>;

/** Runs work that sees one moment of the database, however long it takes, and changes nothing. */
export function atOneMoment<Result>(db: Db, work: (tx: Tx) => Promise<Result>): Promise<Result> {
  return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work);
}

/**
 * Writes everything but the images.
 *
 * @param userId internal id
 * @returns undefined if the account is gone.
 */
export async function writeSnapshot(
  tools: Tools,
  tx: Tx,
  zip: Zip,
  userId: number,
  signal: AbortSignal,
): Promise<Snapshot | undefined> {
  const profile = await profileOf(tx, userId);
  if (!profile) return undefined;
  const { user_id, username, profile_pic_url, now, ...rest } = profile;
  const images: WantedImage[] = [];
  if (profile_pic_url) {
    const keys = [avatarKey(user_id, shownVersion(profile), 640)];
    images.push({ name: 'images/avatar.jpg', of: user_id, keys });
  }
  await addJson(zip, 'profile.json', { user_id, username, ...rest, picture: images[0]?.name ?? null });

  const written: Snapshot['kinds'] = [];
  for (const { name, about, first, rows } of kinds) {
    const files: string[] = [];
    let count = 0;
    for (let after: KindRow['place'] = first; ; ) {
      signal.throwIfAborted();
      const page = (await rows(userId, { after, limit: rowsPerFile }).execute(tx)).rows;
      const last = page.at(-1);
      if (!last && files.length > 0) break;
      const file = `data/${name}-${files.length + 1}.json`;
      const show: Show = shown[name] ?? ((_, row) => row);
      const items = page.map(({ place: _, ...row }) => show(tools, row, images));
      await addJson(zip, file, await Promise.all(items));
      files.push(file);
      count += page.length;
      if (!last || page.length < rowsPerFile) break;
      after = last.place;
    }
    written.push({ name, about, count, files });
  }
  return { at: now, userId: user_id, username, kinds: written, images };
}

async function profileOf(tx: Tx, userId: number): Promise<Profile | undefined> {
  const { rows } = await sql<Profile>`
    SELECT u.user_id, u.username, u.full_name, u.bio, u.website, c.email, u.profile_pic_url, u.is_private,
      u.is_verified, u.tier, u.role, u.post_count, u.follower_count, u.following_count, u.created_at, u.updated_at,
      EXISTS (SELECT FROM totp WHERE user_id = u.id AND confirmed_at IS NOT NULL) AS asks_for_codes, now() AS now
    FROM users u JOIN credentials c ON c.user_id = u.id
    WHERE u.id = ${userId} AND u.deleted_at IS NULL`.execute(tx);
  return rows[0];
}

/** How things are shown that have images: with the names of these, which are noted as wanted. */
type Show = (tools: Tools, row: Omit<KindRow, 'place'>, images: WantedImage[]) => unknown;

const shown: Record<string, Show> = {
  posts: (_, row, images) => shownPost(row as PostRow, images),
  stories: (tools, row, images) => shownStory(tools, row as StoryRow, images),
};

type PostRow = { post_id: string; images: { original_key: string; position: number }[] };

function shownPost(row: PostRow, images: WantedImage[]): Record<string, unknown> {
  const shownImages = row.images.map(({ original_key: key, ...image }) => {
    const name = `images/posts/${keyOf(row.post_id)}-${image.position}${extname(key)}`;
    images.push({ name, of: row.post_id, keys: [key] });
    return { file: name, ...image };
  });
  return { ...row, images: shownImages };
}

type StoryRow = { story_id: string; original_key: string; is_closed: boolean; view_count: number | null };

/** The original of a story goes when the story is over; the larger of its pictures stays. */
async function shownStory(
  tools: Tools,
  { original_key, is_closed, view_count, ...row }: StoryRow,
  images: WantedImage[],
): Promise<Record<string, unknown>> {
  const picture = storyPictureKey(keyOf(row.story_id), 'full');
  const name = `images/stories/${keyOf(row.story_id)}${extname(is_closed ? picture : original_key)}`;
  images.push({ name, of: row.story_id, keys: is_closed ? [picture] : [original_key, picture] });
  return { ...row, view_count: view_count ?? (await viewCountOf(tools, row.story_id)), file: name };
}

/** Adds a JSON text that a person can read, too. */
export async function addJson(zip: Zip, name: string, value: unknown): Promise<void> {
  await zip.add(name, Readable.from([Buffer.from(`${JSON.stringify(value, null, 2)}\n`)]));
}
