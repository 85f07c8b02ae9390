/** A post as everybody sees it; what depends on the viewer is added by `present.ts`. */
import { sql } from 'kysely';
import type { Db, Tx } from '../db/index.ts';
import type { ImagePaths } from '../db/schema.ts';
import { type CardRow, cardOf, type UserCard } from '../users/cards.ts';
import type { PostImageUrls } from './image-urls.ts';

export type PostMedia = {
  images: ImagePaths;
  blurhash: string;
  aspect_ratio: number;
  width: number;
  height: number;
  alt_text: string | null;
};

/** The part of a post that is the same for every viewer, in the API's words and order. */
export type PostBody = {
  post_id: string;
  user: UserCard;
  images: ImagePaths;
  media: PostMedia[];
  blurhash: string;
  aspect_ratio: number;
  caption: string | null;
  location: { location_id: string; name: string } | null;
  tagged_users: UserCard[];
  filter: string;
  like_count: number;
  comment_count: number;
  is_archived: boolean;
  is_comments_disabled: boolean;
  version: number;
  created_at: string;
};

/** A body with what the code needs beside it. */
export type LoadedPost = {
  /** Internal ids. */
  id: number;
  authorId: number;
  authorIsHidden: boolean;
  /** The newest counted act that `like_count` can contain. */
  countedUpTo: number;
  body: PostBody;
};

type Row = {
  id: number;
  post_id: string;
  author_id: number;
  is_private: boolean;
  is_hidden: boolean;
  user_id: string;
  username: string;
  profile_pic_url: string | null;
  is_verified: boolean;
  caption: string | null;
  location_id: string | null;
  location_name: string | null;
  filter: string;
  like_count: number;
  comment_count: number;
  is_archived: boolean;
  is_comments_disabled: boolean;
  version: number;
  created_at: Date;
  counted_up_to: number;
  media: {
    image_key: string;
    blurhash: string;
    aspect_ratio: number;
    width: number;
    height: number;
    alt_text: string | null;
  }[];
  tagged: CardRow[];
};

/**
 * Loads posts by public id, archived ones included; the order is Postgres's. Counts contain the deltas that
 * wait for their roll-up.
 */
export async function loadPosts(
  db: Db | Tx,
  imageUrls: PostImageUrls,
  postIds: string[],
): Promise<LoadedPost[]> {
  if (postIds.length === 0) return [];
  const { rows } = await sql<Row>`
    SELECT p.id, p.post_id, u.id AS author_id, u.user_id, u.username, u.profile_pic_url, u.is_verified,
      u.is_private, u.is_hidden, p.caption, l.location_id, p.location_name, p.filter,
      p.like_count + COALESCE((SELECT sum(delta) FROM count_deltas
        WHERE counter = 'post.likes' AND target_id = p.id), 0)::int AS like_count,
      p.comment_count + COALESCE((SELECT sum(delta) FROM count_deltas
        WHERE counter = 'post.comments' AND target_id = p.id), 0)::int AS comment_count,
      p.is_archived, p.is_comments_disabled, p.version, p.created_at,
      COALESCE(pg_sequence_last_value('count_deltas_id_seq'), 0) AS counted_up_to,
      (SELECT COALESCE(json_agg(json_build_object('image_key', i.image_key, 'blurhash', i.blurhash,
          'aspect_ratio', i.aspect_ratio::float8, 'width', i.width, 'height', i.height, 'alt_text', i.alt_text)
          ORDER BY i.position), '[]') FROM post_images i WHERE i.post_id = p.id) AS media,
      (SELECT COALESCE(json_agg(json_build_object('user_id', t.user_id, 'username', t.username,
          'profile_pic_url', t.profile_pic_url, 'is_verified', t.is_verified) ORDER BY pt.position), '[]')
        FROM post_tags pt JOIN users t ON t.id = pt.user_id
        WHERE pt.post_id = p.id AND NOT t.is_hidden) AS tagged
    FROM posts p JOIN users u ON u.id = p.user_id LEFT JOIN locations l ON l.id = p.location_id
    WHERE p.post_id = ANY(${postIds})`.execute(db);
  return rows.map((row) => loaded(row, imageUrls));
}

function loaded(row: Row, imageUrls: PostImageUrls): LoadedPost {
  const cdn = imageUrls.base;
  const media = row.media.map(({ image_key, ...image }) => ({
    images: imageUrls.of(image_key, row),
    ...image,
  }));
  const first = media[0];
  if (!first) throw new Error(`post ${row.post_id} has no image`);
  return {
    id: row.id,
    authorId: row.author_id,
    authorIsHidden: row.is_hidden,
    countedUpTo: row.counted_up_to,
    body: {
      post_id: row.post_id,
      user: cardOf(cdn, row),
      images: first.images,
      media,
      blurhash: first.blurhash,
      aspect_ratio: first.aspect_ratio,
      caption: row.caption,
      location: row.location_id ? { location_id: row.location_id, name: row.location_name ?? '' } : null,
      tagged_users: row.tagged.map((user) => cardOf(cdn, user)),
      filter: row.filter,
      like_count: row.like_count,
      comment_count: row.comment_count,
      is_archived: row.is_archived,
      is_comments_disabled: row.is_comments_disabled,
      version: row.version,
      created_at: row.created_at.toISOString(),
    },
  };
}
