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
export type ReportReason =
  | 'spam'
  | 'nudity'
  | 'violence'
  | 'harassment'
  | 'hate'
  | 'self_harm'
  | 'intellectual_property'
  | 'other';
export type ReportOutcome = 'dismissed' | 'content_removed' | 'account_suspended' | 'other';
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
    merged_since: Date | null;
    unpushed_since: Date | null;
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
  password_resets: {
    reset_id: string;
    user_id: number | null;
    salt: Buffer;
    created_at: Now;
    expires_at: Timestamp;
    mailed_at: Date | null;
  };
  totp: {
    user_id: number;
    secret: Buffer;
    last_step: Generated<number>;
    created_at: Now;
    confirmed_at: Date | null;
  };
  recovery_codes: { user_id: number; code_hash: Buffer };
  passkeys: {
    passkey_id: string;
    user_id: number;
    credential_id: string;
    public_key: Buffer;
    counter: number;
    transports: string[];
    is_backed_up: boolean;
    name: string | null;
    created_at: Now;
    used_at: Date | null;
    removed_at: Date | null;
  };
  locations: {
    id: Generated<number>;
    location_id: string;
    name: string;
    lat: Decimal | null;
    lng: Decimal | null;
    post_count: Generated<number>;
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
    counted_location_id: number | null;
    filter: Generated<string>;
    version: Generated<number>;
    like_count: Generated<number>;
    comment_count: Generated<number>;
    save_count: Generated<number>;
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
  saves: { id: Generated<number>; user_id: number; post_id: number; created_at: Now };
  comments: {
    id: Generated<number>;
    comment_id: string;
    post_id: number;
    user_id: number;
    parent_id: number | null;
    text: string;
    like_count: Generated<number>;
    reply_count: Generated<number>;
    created_at: Now;
  };
  comment_likes: { user_id: number; comment_id: number; created_at: Now };
  hashtags: { id: Generated<number>; name: string; post_count: Generated<number> };
  post_hashtags: { post_id: number; hashtag_id: number };
  stories: {
    id: Generated<number>;
    story_id: string;
    user_id: number;
    original_key: string;
    rendered_at: Date | null;
    created_at: Timestamp;
    expires_at: Timestamp;
    view_count: number | null;
    duration_seconds: number | null;
    rolled_up_at: Date | null;
    closed_at: Date | null;
  };
  highlights: {
    id: Generated<number>;
    highlight_id: string;
    user_id: number;
    title: string;
    created_at: Now;
    deleted_at: Date | null;
  };
  highlight_stories: { highlight_id: number; position: number; story_id: number };
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
    user_id: number | null;
    created_at: Now;
  };
  exports: {
    id: Generated<number>;
    export_id: string;
    user_id: number;
    created_at: Now;
    started_at: Date | null;
    progress: Generated<number>;
    finished_at: Date | null;
    size_bytes: number | null;
    expires_at: Timestamp;
  };
  reports: {
    id: Generated<number>;
    report_id: string;
    reporter_id: number | null;
    target_type: 'post' | 'comment' | 'user' | 'story';
    target_id: string;
    reason: ReportReason;
    comment: string | null;
    created_at: Now;
    outcome: ReportOutcome | null;
    note: string | null;
    resolved_by: string | null;
    resolved_at: Date | null;
  };
  audit_log: {
    id: Generated<number>;
    entry_id: string;
    actor_user_id: string | null;
    source: 'api' | 'shell';
    action: string;
    target_type: string;
    target_id: string;
    details: Json<Record<string, unknown>>;
    request_id: string | null;
    created_at: Now;
  };
  notification_groups: {
    id: Generated<number>;
    group_id: string;
    user_id: number;
    key: string | null;
    newest_id: number;
    opened_at: Now;
  };
  notification_reads: { user_id: number; up_to: number };
  notifications: {
    id: Generated<number>;
    notification_id: string;
    group_id: number;
    user_id: number;
    actor_id: number;
    type: NotificationType;
    post_id: number | null;
    comment_id: number | null;
    created_at: Now;
    told_at: Date | null;
  };
};
