-- Leaving for good, and taking along what one has.

-- Whose write an outcome is of: what is kept of it goes with the account.
ALTER TABLE idempotency_keys ADD COLUMN user_id BIGINT REFERENCES users (id) ON DELETE CASCADE;
CREATE INDEX idx_idempotency_keys_user ON idempotency_keys (user_id);

-- So does what somebody viewed.
CREATE INDEX idx_story_views_viewer ON story_views (viewer_id);

-- Deleted highlights of an account, too, are found when it goes.
CREATE INDEX idx_highlights_owner ON highlights (user_id);

-- Archives of all that somebody has here. The file is in the object store, as long as there is the row.
CREATE TABLE exports (
  id BIGSERIAL PRIMARY KEY,
  export_id VARCHAR(50) UNIQUE NOT NULL,
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  started_at TIMESTAMP WITH TIME ZONE,
  -- The share of the work that is done, 0 to 1.
  progress REAL NOT NULL DEFAULT 0,
  -- When it was done or given up; one without a size was given up.
  finished_at TIMESTAMP WITH TIME ZONE,
  size_bytes BIGINT,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL
);

-- One at a time for each user.
CREATE UNIQUE INDEX exports_open_key ON exports (user_id) WHERE finished_at IS NULL;
CREATE INDEX idx_exports_newest ON exports (user_id, id DESC);
CREATE INDEX idx_exports_expires ON exports (expires_at);
