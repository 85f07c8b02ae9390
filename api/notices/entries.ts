/** The entries of a user's list of notices, a page at a time. */
import { sql } from 'kysely';
import type { Db } from '../../shared/db/index.ts';
import type { NotificationType } from '../../shared/db/schema.ts';
import { presentPosts } from '../../shared/posts/present.ts';
import type { Tools } from '../../shared/tools.ts';
import { maySeeCommentBy as mayHearOf } from '../../shared/users/audience.ts';
import { type CardRow, cardOf } from '../../shared/users/cards.ts';
import type { Viewer } from '../route.ts';
import type { Notification } from './schema.ts';
import { mostActors, sentenceOf } from './text.ts';

/** A viewer who may see next to nothing of what is there gets a short page, not a slow one. */
const mostGroupsPerPage = 1_000;
/** Fewer groups are not worth another round trip when some of a page could not be shown. */
const leastGroupsPerQuery = 20;

/**
 * Where a page begins: below the place `before`, in the list as it was when its newest notice was `asOf`. A group
 * to which notices came since stands where it stood then, so that paging neither repeats nor skips it.
 */
export type Position = { asOf: number; before: number };

/** An entry and its place: the internal id of the newest notice in it as of the first page. */
type Entry = { place: number; notification: Notification };

/** Up to `limit` entries, the newest first; `next` is where the page after begins, undefined at the true end. */
export async function readPage(
  tools: Tools,
  viewer: Viewer,
  from: Position | undefined,
  limit: number,
): Promise<{ notifications: Notification[]; next: Position | undefined }> {
  const shown: Entry[] = [];
  let position = from;
  let hasMore = true;
  let looked = 0;
  // One more than the page holds tells whether there is another page.
  while (hasMore && shown.length <= limit && looked < mostGroupsPerPage) {
    const wanted = Math.max(limit + 1 - shown.length, leastGroupsPerQuery);
    const groups = await groupsBelow(tools.db, viewer.id, position, wanted);
    const [first, last] = [groups[0], groups.at(-1)];
    if (first && last) position = { asOf: position?.asOf ?? first.place, before: last.place };
    shown.push(...(await present(tools, viewer, groups)));
    hasMore = groups.length === wanted;
    looked += groups.length;
  }
  const page = shown.slice(0, limit);
  const isCut = shown.length > limit;
  const before = isCut ? page.at(-1)?.place : position?.before;
  return {
    notifications: page.map(({ notification }) => notification),
    next:
      position && before !== undefined && (isCut || hasMore) ? { asOf: position.asOf, before } : undefined,
  };
}

type Group = { id: number; place: number };

async function groupsBelow(
  db: Db,
  viewerId: number,
  position: Position | undefined,
  limit: number,
): Promise<Group[]> {
  if (!position) {
    const { rows } = await sql<Group>`SELECT id, newest_id AS place FROM notification_groups
      WHERE user_id = ${viewerId} ORDER BY newest_id DESC LIMIT ${limit}`.execute(db);
    return rows;
  }
  const { asOf, before } = position;
  const { rows } = await sql<Group>`
    (SELECT id, newest_id AS place FROM notification_groups
      WHERE user_id = ${viewerId} AND newest_id < ${before} ORDER BY newest_id DESC LIMIT ${limit})
    UNION ALL
    (SELECT g.id, then_newest.id FROM notification_groups g CROSS JOIN LATERAL (
        SELECT n.id FROM notifications n WHERE n.group_id = g.id AND n.id <= ${asOf} ORDER BY n.id DESC LIMIT 1
      ) then_newest
      WHERE g.user_id = ${viewerId} AND g.newest_id > ${asOf} AND then_newest.id < ${before})
    ORDER BY place DESC LIMIT ${limit}`.execute(db);
  return rows;
}

type Row = {
  place: number;
  group_id: string;
  notification_id: string;
  type: NotificationType;
  created_at: Date;
  is_read: boolean;
  actor_count: number;
  actors: CardRow[];
  post_id: string | null;
  comment_id: string | null;
  comment_text: string | null;
};

/** The groups that have something for the viewer, in their order. */
async function present(tools: Tools, viewer: Viewer, groups: Group[]): Promise<Entry[]> {
  if (groups.length === 0) return [];
  const { rows } = await sql<Row>`
    SELECT page.place, g.group_id, n.notification_id, n.type, n.created_at, p.post_id,
      n.id <= COALESCE((SELECT up_to FROM notification_reads WHERE user_id = ${viewer.id}), 0) AS is_read,
      acts.actor_count::int, c.comment_id, c.text AS comment_text,
      (SELECT json_agg(json_build_object('user_id', u.user_id, 'username', u.username, 'profile_pic_url',
          u.profile_pic_url, 'is_verified', u.is_verified) ORDER BY latest.nth)
        FROM unnest(acts.actor_ids[1:3]) WITH ORDINALITY latest (id, nth) JOIN users u ON u.id = latest.id) AS actors
    FROM unnest(${groups.map(({ id }) => id)}::bigint[], ${groups.map(({ place }) => place)}::bigint[])
        AS page (id, place)
      JOIN notification_groups g ON g.id = page.id
      CROSS JOIN LATERAL (
        SELECT count(*) AS actor_count, max(newest) AS newest_id, array_agg(actor_id ORDER BY newest DESC) AS actor_ids
        FROM (
          SELECT counted.actor_id, max(counted.id) AS newest FROM (
            SELECT id, actor_id FROM notifications WHERE group_id = page.id ORDER BY id DESC LIMIT ${mostActors}
          ) counted JOIN users actor ON actor.id = counted.actor_id
          WHERE ${mayHearOf(viewer.id, 'actor')} GROUP BY counted.actor_id
        ) heard
      ) acts
      JOIN notifications n ON n.id = acts.newest_id
      LEFT JOIN posts p ON p.id = n.post_id LEFT JOIN comments c ON c.id = n.comment_id
    ORDER BY page.place DESC`.execute(tools.db);
  const postIds = [...new Set(rows.flatMap(({ post_id }) => post_id ?? []))];
  const posts = await presentPosts(tools, viewer, postIds);
  const thumbnails = new Map(posts.map((post) => [post.post_id, post.images.thumbnail]));
  return rows.flatMap((row) => {
    const notification = notificationOf(row, tools.config.CDN_BASE_URL, thumbnails);
    return notification ? [{ place: row.place, notification }] : [];
  });
}

/** @returns undefined for what is about a post the viewer may not see (any more). */
function notificationOf(
  row: Row,
  cdn: string,
  thumbnails: ReadonlyMap<string, string>,
): Notification | undefined {
  const { post_id: postId, comment_id: commentId, comment_text: text, type } = row;
  const thumbnail = postId === null ? undefined : thumbnails.get(postId);
  if (postId !== null && thumbnail === undefined) return undefined;
  const actors = row.actors.map((actor) => cardOf(cdn, actor));
  const names = actors.map(({ username }) => username);
  return {
    notification_id: row.notification_id,
    group_id: row.group_id,
    type,
    actors,
    actor_count: row.actor_count,
    text: sentenceOf({ type, names, actorCount: row.actor_count, isAboutComment: commentId !== null }),
    post: postId !== null && thumbnail !== undefined ? { post_id: postId, thumbnail } : null,
    comment: commentId !== null && text !== null ? { comment_id: commentId, text } : null,
    is_read: row.is_read,
    created_at: row.created_at.toISOString(),
  };
}
