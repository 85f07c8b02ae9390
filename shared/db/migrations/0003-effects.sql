-- What was promised and what became of it.

-- One row per effect of an event: the client's receipt, and what makes a wiped Redis harmless.
CREATE TABLE effects (
  event_id VARCHAR(50) NOT NULL,
  job TEXT NOT NULL,
  event TEXT NOT NULL,
  subject TEXT NOT NULL,
  payload JSONB NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'running', 'done', 'failed')),
  attempts INTEGER NOT NULL DEFAULT 0,
  -- Where work was split into parts: the follow id each part reaches up to. Done when every part is.
  boundaries BIGINT[],
  last_error TEXT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  touched_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  started_at TIMESTAMP WITH TIME ZONE,
  finished_at TIMESTAMP WITH TIME ZONE,
  PRIMARY KEY (event_id, job)
);

CREATE INDEX idx_effects_subject ON effects (subject, created_at);
CREATE INDEX idx_effects_undone ON effects (touched_at) WHERE state IN ('pending', 'running');
CREATE INDEX idx_effects_failed ON effects (finished_at) WHERE state = 'failed';
CREATE INDEX idx_effects_finished ON effects (finished_at) WHERE finished_at IS NOT NULL;

-- The parts of a split effect that are done.
CREATE TABLE effect_parts (
  event_id VARCHAR(50) NOT NULL,
  job TEXT NOT NULL,
  part INTEGER NOT NULL,
  PRIMARY KEY (event_id, job, part),
  FOREIGN KEY (event_id, job) REFERENCES effects (event_id, job) ON DELETE CASCADE
);

-- Small changes of a count, written beside the fact; one roll-up per target adds them up.
CREATE TABLE count_deltas (
  id BIGSERIAL PRIMARY KEY,
  counter TEXT NOT NULL,
  target_id BIGINT NOT NULL,
  delta INTEGER NOT NULL,
  -- Who caused it, where the roll-up has somebody to tell.
  actor_id BIGINT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW()
);

CREATE INDEX idx_count_deltas_target ON count_deltas (counter, target_id);

-- The outcome of a write that carried an Idempotency-Key, committed with the write itself.
CREATE TABLE idempotency_keys (
  scope TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  status SMALLINT NOT NULL,
  body TEXT NOT NULL,
  headers JSONB NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW()
);

CREATE INDEX idx_idempotency_keys_created ON idempotency_keys (created_at);

CREATE TABLE notifications (
  id BIGSERIAL PRIMARY KEY,
  notification_id VARCHAR(50) UNIQUE NOT NULL,
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  actor_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  type TEXT NOT NULL CHECK (type IN ('like', 'comment', 'reply', 'follow', 'follow_request', 'mention', 'tag')),
  post_id BIGINT REFERENCES posts (id) ON DELETE CASCADE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  -- When the live channel was told; a row without it is still to be told.
  told_at TIMESTAMP WITH TIME ZONE,
  read_at TIMESTAMP WITH TIME ZONE,
  -- A cause is told once, however often its job runs.
  UNIQUE NULLS NOT DISTINCT (user_id, actor_id, type, post_id)
);

CREATE INDEX idx_notifications_user ON notifications (user_id, id DESC);
-- Deleting a post or an account takes its notices along.
CREATE INDEX idx_notifications_post ON notifications (post_id);
CREATE INDEX idx_notifications_actor ON notifications (actor_id);
CREATE INDEX idx_notifications_untold ON notifications (id) WHERE told_at IS NULL;
CREATE INDEX idx_count_deltas_created ON count_deltas (created_at);
