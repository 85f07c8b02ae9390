-- Stories: the facts, what the story store keeps where Postgres is that store, and highlights.

-- One row per story. While it can be seen its content and its views are in the story store; when it is over they
-- are rolled up into this row, which stays as its owner's archive.
CREATE TABLE stories (
  id BIGSERIAL PRIMARY KEY,
  story_id VARCHAR(50) COLLATE "C" UNIQUE NOT NULL,
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  original_key TEXT NOT NULL,
  rendered_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  -- From this moment on nobody but its owner sees it, unless a highlight shows it.
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  -- Both are empty until the roll-up, and never change after it.
  view_count INTEGER,
  duration_seconds SMALLINT,
  rolled_up_at TIMESTAMP WITH TIME ZONE,
  -- When all that ends with a story was removed; without it the sweep looks after the story.
  closed_at TIMESTAMP WITH TIME ZONE
);

-- The stories of some users that can be seen now, whatever the length of their archives.
CREATE INDEX idx_stories_live ON stories (user_id, expires_at DESC);
-- An archive, newest first: a story_id begins with its time of creation.
CREATE INDEX idx_stories_archive ON stories (user_id, story_id DESC);
CREATE INDEX idx_stories_open ON stories (expires_at) WHERE closed_at IS NULL;

-- What the story store holds. It knows of the facts by their ids alone and refers to no other table.
CREATE TABLE story_contents (
  user_id VARCHAR(50) COLLATE "C" NOT NULL,
  story_id VARCHAR(50) COLLATE "C" NOT NULL,
  media_type TEXT NOT NULL,
  media_path TEXT NOT NULL,
  thumbnail_path TEXT NOT NULL,
  duration_seconds SMALLINT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  -- A row is not read from this moment on, and removed some time after it.
  kept_until TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (user_id, story_id)
);
CREATE INDEX idx_story_contents_kept ON story_contents (kept_until);

CREATE TABLE story_views (
  story_id VARCHAR(50) COLLATE "C" NOT NULL,
  viewer_id VARCHAR(50) COLLATE "C" NOT NULL,
  viewed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  kept_until TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (story_id, viewer_id)
);
CREATE INDEX idx_story_views_kept ON story_views (kept_until);

CREATE TABLE highlights (
  id BIGSERIAL PRIMARY KEY,
  highlight_id VARCHAR(50) COLLATE "C" UNIQUE NOT NULL,
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  title VARCHAR(50) NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  -- The row stays, so that deleting it once more is no error.
  deleted_at TIMESTAMP WITH TIME ZONE
);
CREATE INDEX idx_highlights_user ON highlights (user_id, id DESC) WHERE deleted_at IS NULL;

CREATE TABLE highlight_stories (
  highlight_id BIGINT NOT NULL REFERENCES highlights (id) ON DELETE CASCADE,
  position SMALLINT NOT NULL,
  story_id BIGINT NOT NULL REFERENCES stories (id) ON DELETE CASCADE,
  PRIMARY KEY (highlight_id, position),
  UNIQUE (highlight_id, story_id)
);
CREATE INDEX idx_highlight_stories_story ON highlight_stories (story_id);
