-- What people report, what admins did about it, and the record of whatever else admins do.

CREATE TABLE reports (
  id BIGSERIAL PRIMARY KEY,
  report_id VARCHAR(50) UNIQUE NOT NULL,
  -- A report outlives the account of who made it, and what it is about.
  reporter_id BIGINT REFERENCES users (id) ON DELETE SET NULL,
  target_type TEXT NOT NULL CHECK (target_type IN ('post', 'comment', 'user', 'story')),
  target_id VARCHAR(50) NOT NULL,
  reason TEXT NOT NULL CHECK (reason IN ('spam', 'nudity', 'violence', 'harassment', 'hate', 'self_harm',
    'intellectual_property', 'other')),
  comment VARCHAR(1000),
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  -- A report is open until it has been resolved.
  outcome TEXT CHECK (outcome IN ('dismissed', 'content_removed', 'account_suspended', 'other')),
  note VARCHAR(1000),
  resolved_by VARCHAR(50),
  resolved_at TIMESTAMP WITH TIME ZONE
);

-- Who reports something twice has reported it once, until that is resolved.
CREATE UNIQUE INDEX reports_open_key ON reports (reporter_id, target_type, target_id) WHERE resolved_at IS NULL;
CREATE INDEX idx_reports_reporter ON reports (reporter_id);
CREATE INDEX idx_reports_open ON reports (id DESC) WHERE resolved_at IS NULL;
CREATE INDEX idx_reports_resolved ON reports (id DESC) WHERE resolved_at IS NOT NULL;

-- One row for each thing an admin did, written with it and never changed. It names people and things by their
-- public ids, and refers to no other table, so that it outlives them.
CREATE TABLE audit_log (
  id BIGSERIAL PRIMARY KEY,
  entry_id VARCHAR(50) UNIQUE NOT NULL,
  -- Empty for what was done from the shell.
  actor_user_id VARCHAR(50),
  source TEXT NOT NULL CHECK (source IN ('api', 'shell')),
  action TEXT NOT NULL,
  target_type TEXT NOT NULL,
  target_id VARCHAR(50) NOT NULL,
  details JSONB NOT NULL,
  request_id VARCHAR(50),
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW()
);

CREATE INDEX idx_audit_log_target ON audit_log (target_id);
