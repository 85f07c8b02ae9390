-- Who may see whom, and notices about comments.

-- Hidden from everybody: suspended by an admin, or on the way out by their own wish.
ALTER TABLE users ADD COLUMN suspended_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE users ADD COLUMN deleted_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE users ADD COLUMN is_hidden BOOLEAN NOT NULL
  GENERATED ALWAYS AS (suspended_at IS NOT NULL OR deleted_at IS NOT NULL) STORED;

-- Who asks to follow a private account. Accepting makes a follow of it.
CREATE TABLE follow_requests (
  id BIGSERIAL PRIMARY KEY,
  requester_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  requested_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  UNIQUE (requester_id, requested_id)
);
CREATE INDEX idx_follow_requests_requested ON follow_requests (requested_id, id DESC);

-- A block hides both from each other; there is no follow between them.
CREATE TABLE blocks (
  id BIGSERIAL PRIMARY KEY,
  blocker_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  blocked_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  UNIQUE (blocker_id, blocked_id)
);
CREATE INDEX idx_blocks_blocked ON blocks (blocked_id);

-- A mute keeps posts and stories out of the muter's feed and trays; the muted never learn of it.
CREATE TABLE mutes (
  id BIGSERIAL PRIMARY KEY,
  muter_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  muted_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  UNIQUE (muter_id, muted_id)
);
CREATE INDEX idx_mutes_muted ON mutes (muted_id);

ALTER TABLE notifications ADD COLUMN comment_id BIGINT REFERENCES comments (id) ON DELETE CASCADE;
CREATE INDEX idx_notifications_comment ON notifications (comment_id);
ALTER TABLE notifications DROP CONSTRAINT notifications_type_check;
ALTER TABLE notifications ADD CONSTRAINT notifications_type_check CHECK (type IN
  ('like', 'comment', 'reply', 'comment_like', 'follow', 'follow_request', 'follow_accepted', 'mention', 'tag'));
ALTER TABLE notifications DROP CONSTRAINT notifications_user_id_actor_id_type_post_id_key;
ALTER TABLE notifications ADD CONSTRAINT notifications_cause_key
  UNIQUE NULLS NOT DISTINCT (user_id, actor_id, type, post_id, comment_id);
