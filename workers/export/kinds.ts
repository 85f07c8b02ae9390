/** What an export holds beside images: every kind of thing that belongs to somebody, a page of rows at a time. */
import { type RawBuilder, sql } from 'kysely';
import { mayKnow } from '../../shared/users/audience.ts';

/** Where a page begins, and how many rows it has. */
export type Page = { after: number | string; limit: number };

/** A row is the thing as the archive shows it, and its `place`, by which the next page is found. */
export type KindRow = { place: number | string } & Record<string, unknown>;

export type Kind = {
  /** What its files are called. */
  name: string;
  /** What it is, for a person. */
  about: string;
  /** Below every place. */
  first: 0 | '';
  /** @param userId internal id */
  rows(userId: number, page: Page): RawBuilder<KindRow>;
};

/** Another person, unless the user may not know of them (any more). */
function person(userId: number, row: string): RawBuilder<unknown> {
  const of = (column: string) => sql.ref(`${row}.${column}`);
  return sql`CASE WHEN ${mayKnow(userId, row)}
    THEN json_build_object('user_id', ${of('user_id')}, 'username', ${of('username')}) END`;
}

type Rows = Kind['rows'];

const kind = (name: string, about: string, rows: Rows, first: 0 | '' = 0): Kind => ({
  name,
  about,
  first,
  rows,
});

/** People tied to the user: a table, its column of the user, and its column of the others. */
function people(name: string, about: string, table: string, own: string, other: string): Kind {
  return kind(
    name,
    about,
    (userId, { after, limit }) => sql`
      SELECT t.id AS place, ${person(userId, 'u')} AS user, t.created_at
      FROM ${sql.table(table)} t JOIN users u ON u.id = ${sql.ref(`t.${other}`)}
      WHERE ${sql.ref(`t.${own}`)} = ${userId} AND t.id > ${after} ORDER BY t.id LIMIT ${limit}`,
  );
}

/** Posts the user did something to. */
function marked(name: string, about: string, table: string): Kind {
  return kind(
    name,
    about,
    (userId, { after, limit }) => sql`
      SELECT t.id AS place, p.post_id, ${person(userId, 'u')} AS author, t.created_at
      FROM ${sql.table(table)} t JOIN posts p ON p.id = t.post_id JOIN users u ON u.id = p.user_id
      WHERE t.user_id = ${userId} AND t.id > ${after} ORDER BY t.id LIMIT ${limit}`,
  );
}

const posts: Rows = (userId, { after, limit }) => sql`
  SELECT p.id AS place, p.post_id, p.caption, p.filter,
    CASE WHEN p.location_name IS NOT NULL THEN json_build_object('name', p.location_name,
      'latitude', p.location_lat::float8, 'longitude', p.location_lng::float8) END AS location,
    p.like_count, p.comment_count, p.is_archived, p.is_comments_disabled, p.version, p.created_at, p.updated_at,
    (SELECT COALESCE(json_agg(h.name ORDER BY h.name), '[]') FROM post_hashtags ph
      JOIN hashtags h ON h.id = ph.hashtag_id WHERE ph.post_id = p.id) AS hashtags,
    (SELECT COALESCE(json_agg(${person(userId, 'u')} ORDER BY t.position), '[]') FROM post_tags t
      JOIN users u ON u.id = t.user_id WHERE t.post_id = p.id) AS tagged_users,
    (SELECT COALESCE(json_agg(json_build_object('original_key', i.original_key, 'position', i.position,
        'content_type', i.content_type, 'width', i.width, 'height', i.height, 'alt_text', i.alt_text)
        ORDER BY i.position), '[]') FROM post_images i WHERE i.post_id = p.id) AS images
  FROM posts p WHERE p.user_id = ${userId} AND p.id > ${after} ORDER BY p.id LIMIT ${limit}`;

const comments: Rows = (userId, { after, limit }) => sql`
  SELECT c.id AS place, c.comment_id, p.post_id, ${person(userId, 'u')} AS post_author, top.comment_id AS parent_id,
    c.text, c.like_count, c.reply_count, c.created_at
  FROM comments c JOIN posts p ON p.id = c.post_id JOIN users u ON u.id = p.user_id
    LEFT JOIN comments top ON top.id = c.parent_id
  WHERE c.user_id = ${userId} AND c.id > ${after} ORDER BY c.id LIMIT ${limit}`;

const commentLikes: Rows = (userId, { after, limit }) => sql`
  SELECT l.comment_id AS place, c.comment_id, p.post_id, ${person(userId, 'u')} AS author, l.created_at
  FROM comment_likes l JOIN comments c ON c.id = l.comment_id JOIN posts p ON p.id = c.post_id
    JOIN users u ON u.id = c.user_id
  WHERE l.user_id = ${userId} AND l.comment_id > ${after} ORDER BY l.comment_id LIMIT ${limit}`;

const tags: Rows = (userId, { after, limit }) => sql`
  SELECT t.post_id AS place, p.post_id, ${person(userId, 'u')} AS author, p.created_at
  FROM post_tags t JOIN posts p ON p.id = t.post_id JOIN users u ON u.id = p.user_id
  WHERE t.user_id = ${userId} AND t.post_id > ${after} ORDER BY t.post_id LIMIT ${limit}`;

const stories: Rows = (userId, { after, limit }) => sql`
  SELECT id AS place, story_id, original_key, closed_at IS NOT NULL AND rendered_at IS NOT NULL AS is_closed,
    view_count, duration_seconds, created_at, expires_at
  FROM stories WHERE user_id = ${userId} AND id > ${after} ORDER BY id LIMIT ${limit}`;

const highlights: Rows = (userId, { after, limit }) => sql`
  SELECT h.id AS place, h.highlight_id, h.title, h.created_at,
    (SELECT COALESCE(json_agg(s.story_id ORDER BY hs.position), '[]') FROM highlight_stories hs
      JOIN stories s ON s.id = hs.story_id WHERE hs.highlight_id = h.id) AS stories
  FROM highlights h WHERE h.user_id = ${userId} AND h.deleted_at IS NULL AND h.id > ${after}
  ORDER BY h.id LIMIT ${limit}`;

const notifications: Rows = (userId, { after, limit }) => sql`
  SELECT n.id AS place, n.notification_id, n.type, ${person(userId, 'u')} AS actor, p.post_id, c.comment_id,
    n.created_at
  FROM notifications n JOIN users u ON u.id = n.actor_id LEFT JOIN posts p ON p.id = n.post_id
    LEFT JOIN comments c ON c.id = n.comment_id
  WHERE n.user_id = ${userId} AND n.id > ${after} ORDER BY n.id LIMIT ${limit}`;

const sessions: Rows = (userId, { after, limit }) => sql`
  SELECT session_id AS place, session_id, user_agent, created_at, used_at, expires_at, ended_at
  FROM sessions WHERE user_id = ${userId} AND session_id > ${after} ORDER BY session_id LIMIT ${limit}`;

const passkeys: Rows = (userId, { after, limit }) => sql`
  SELECT passkey_id AS place, passkey_id, name, transports, is_backed_up, created_at, used_at
  FROM passkeys WHERE user_id = ${userId} AND removed_at IS NULL AND passkey_id > ${after}
  ORDER BY passkey_id LIMIT ${limit}`;

const reports: Rows = (userId, { after, limit }) => sql`
  SELECT id AS place, report_id, target_type, target_id, reason, comment, created_at,
    resolved_at IS NOT NULL AS is_resolved
  FROM reports WHERE reporter_id = ${userId} AND id > ${after} ORDER BY id LIMIT ${limit}`;

/** Every kind, in the order of the archive's index. The profile, of which there is one, is not among them. */
export const kinds: readonly Kind[] = [
  kind('posts', 'Your posts, archived ones included; their images lie in images/posts.', posts),
  kind('stories', 'Your stories; their images lie in images/stories.', stories),
  kind('highlights', 'Your highlights, with the stories in them.', highlights),
  kind('comments', 'What you commented.', comments),
  marked('likes', 'Posts you like.', 'likes'),
  kind('comment-likes', 'Comments you like.', commentLikes),
  marked('saves', 'Posts you saved.', 'saves'),
  kind('tags', 'Posts you are tagged in.', tags),
  people('following', 'Whom you follow.', 'follows', 'follower_id', 'following_id'),
  people('followers', 'Who follows you.', 'follows', 'following_id', 'follower_id'),
  people('requests-sent', 'Whom you asked to follow.', 'follow_requests', 'requester_id', 'requested_id'),
  people('requests-received', 'Who asked to follow you.', 'follow_requests', 'requested_id', 'requester_id'),
  people('blocks', 'Whom you blocked.', 'blocks', 'blocker_id', 'blocked_id'),
  people('mutes', 'Whom you muted.', 'mutes', 'muter_id', 'muted_id'),
  kind('notifications', 'What you were told of, for 90 days.', notifications),
  kind('sessions', 'Where you are and were signed in.', sessions, ''),
  kind('passkeys', 'Your passkeys, without what they prove.', passkeys, ''),
  kind('reports', 'What you reported.', reports),
];
