/** The tables as Kysely sees them. The migrations beside this file are what makes them. */
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

type Timestamp = ColumnType<Date, Date | string, Date | string>;
type Now = ColumnType<Date, Date | string | undefined, Date | string>;
/** DECIMAL is read as text, so that no digit is lost. */
type Decimal = ColumnType<string, number | string, number | string>;
type Json<T> = ColumnType<T, string, string>;

/** Paths of one image below the CDN's base URL. */
export type ImagePaths = { thumbnail: string; medium: string; large: string };

export type Tier = 'free' | 'pro' | 'enterprise';
export type Role = 'user' | 'admin';
export type EffectState = 'pending' | 'running' | 'done' | 'failed';
export type NotificationType =
  | 'like'
  | 'comment'
  | 'reply'
  | 'comment_like'
  | 'follow'
  | 'follow_request'
  | 'follow_accepted'
  | 'mention'
  | 'tag';

export type Schema = {
  users: {
    id: Generated<number>;
    user_id: string;
    username: string;
    full_name: string | null;
    bio: string | null;
    profile_pic_url: string | null;
    website: string | null;
    is_private: Generated<boolean>;
    is_verified: Generated<boolean>;
    tier: Generated<Tier>;
    role: Generated<Role>;
    post_count: Generated<number>;
    follower_count: Generated<number>;
    following_count: Generated<number>;
    suspended_at: Date | null;
    deleted_at: Date | null;
    is_hidden: GeneratedAlways<boolean>;
    created_at: Now;
    updated_at: Now;
  };
  credentials: { user_id: number; email: string; password_hash: string };
  sessions: {
    session_id: string;
    user_id: number;
    generation: Generated<number>;
    salt: Buffer;
    user_agent: string | null;
    created_at: Now;
    used_at: Now;
    expires_at: Timestamp;
    ended_at: Date | null;
  };
  locations: {
    id: Generated<number>;
    location_id: string;
    name: string;
    lat: Decimal | null;
    lng: Decimal | null;
  };
  posts: {
    id: Generated<number>;
    post_id: string;
    user_id: number;
    caption: string | null;
    image_urls: Json<ImagePaths[]>;
    blurhash: string | null;
    aspect_ratio: Decimal;
    location_id: number | null;
    location_name: string | null;
    location_lat: Decimal | null;
    location_lng: Decimal | null;
    filter: Generated<string>;
    version: Generated<number>;
    like_count: Generated<number>;
    comment_count: Generated<number>;
    is_archived: Generated<boolean>;
    is_comments_disabled: Generated<boolean>;
    created_at: Now;
    updated_at: Now;
  };
  post_images: {
    post_id: number;
    position: number;
    image_key: string;
    original_key: string;
    content_type: string;
    width: number;
    height: number;
    aspect_ratio: Decimal;
    blurhash: string;
    alt_text: string | null;
    rendered_at: Date | null;
  };
  post_tags: { post_id: number; user_id: number; position: number };
  follows: { id: Generated<number>; follower_id: number; following_id: number; created_at: Now };
  follow_requests: { id: Generated<number>; requester_id: number; requested_id: number; created_at: Now };
  blocks: { id: Generated<number>; blocker_id: number; blocked_id: number; created_at: Now };
  mutes: { id: Generated<number>; muter_id: number; muted_id: number; created_at: Now };
  likes: { id: Generated<number>; user_id: number; post_id: number; created_at: Now };
  saves: { user_id: number; post_id: number; created_at: Now };
  comments: {
    id: Generated<number>;
    comment_id: string;
    post_id: number;
    user_id: number;
    parent_id: number | null;
    text: string;
    like_count: Generated<number>;
    created_at: Now;
  };
  hashtags: { id: Generated<number>; name: string; post_count: Generated<number> };
  post_hashtags: { post_id: number; hashtag_id: number };
  effects: {
    event_id: string;
    job: string;
    event: string;
    subject: string;
    payload: Json<Record<string, unknown>>;
    state: Generated<EffectState>;
    attempts: Generated<number>;
    boundaries: number[] | null;
    last_error: string | null;
    created_at: Now;
    touched_at: Now;
    started_at: Date | null;
    finished_at: Date | null;
  };
  effect_parts: { event_id: string; job: string; part: number };
  count_deltas: {
    id: Generated<number>;
    counter: string;
    target_id: number;
    delta: number;
    actor_id: number | null;
    created_at: Now;
  };
  idempotency_keys: {
    scope: string;
    fingerprint: string;
    status: number;
    body: string;
    headers: Json<Record<string, string>>;
    created_at: Now;
  };
  notifications: {
    id: Generated<number>;
    notification_id: string;
    user_id: number;
    actor_id: number;
    type: NotificationType;
    post_id: number | null;
    comment_id: number | null;
    created_at: Now;
    told_at: Date | null;
    read_at: Date | null;
  };
};
