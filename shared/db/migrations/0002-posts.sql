-- Posts, their images, and what people do with them.

CREATE TABLE locations (
  id BIGSERIAL PRIMARY KEY,
  location_id VARCHAR(50) UNIQUE NOT NULL,
  name VARCHAR(200) NOT NULL,
  lat DECIMAL(10, 8),
  lng DECIMAL(11, 8),
  UNIQUE NULLS NOT DISTINCT (name, lat, lng)
);

CREATE TABLE posts (
  id BIGSERIAL PRIMARY KEY,
  post_id VARCHAR(50) COLLATE "C" UNIQUE NOT NULL,
  user_id BIGINT NOT NULL REFERENCES users (id),

  caption TEXT,

  -- One object per image, in order: {thumbnail, medium, large}, as paths below the CDN's base URL.
  image_urls JSONB NOT NULL,
  blurhash VARCHAR(50),
  aspect_ratio DECIMAL(4, 2) NOT NULL DEFAULT 1.0,

  location_id BIGINT REFERENCES locations (id),
  location_name VARCHAR(200),
  location_lat DECIMAL(10, 8),
  location_lng DECIMAL(11, 8),

  filter TEXT NOT NULL DEFAULT 'none',
  version INTEGER NOT NULL DEFAULT 1,

  -- Rolled up from count_deltas; a reply adds the deltas that still wait.
  like_count INTEGER NOT NULL DEFAULT 0,
  comment_count INTEGER NOT NULL DEFAULT 0,

  is_archived BOOLEAN NOT NULL DEFAULT FALSE,
  is_comments_disabled BOOLEAN NOT NULL DEFAULT FALSE,

  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW()
);

CREATE INDEX idx_posts_user ON posts (user_id, created_at DESC);
CREATE INDEX idx_posts_created ON posts (created_at DESC);
CREATE INDEX idx_posts_location ON posts (location_lat, location_lng) WHERE location_lat IS NOT NULL;
-- A post_id begins with its time of creation, so this one index answers "newest first" without ties.
CREATE INDEX idx_posts_author_newest ON posts (user_id, post_id DESC) WHERE NOT is_archived;

-- One row per image of a post, in order; the first one's blurhash and aspect ratio are also the post's.
CREATE TABLE post_images (
  post_id BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  position SMALLINT NOT NULL,
  image_key TEXT UNIQUE NOT NULL,
  original_key TEXT NOT NULL,
  content_type TEXT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  aspect_ratio DECIMAL(4, 2) NOT NULL,
  blurhash VARCHAR(50) NOT NULL,
  alt_text VARCHAR(1000),
  rendered_at TIMESTAMP WITH TIME ZONE,
  PRIMARY KEY (post_id, position)
);

CREATE TABLE post_tags (
  post_id BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  position SMALLINT NOT NULL,
  PRIMARY KEY (post_id, user_id)
);
CREATE INDEX idx_post_tags_user ON post_tags (user_id);

CREATE TABLE follows (
  id BIGSERIAL PRIMARY KEY,
  follower_id BIGINT NOT NULL REFERENCES users (id),
  following_id BIGINT NOT NULL REFERENCES users (id),
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  UNIQUE (follower_id, following_id)
);

CREATE INDEX idx_follows_follower ON follows (follower_id);
CREATE INDEX idx_follows_following ON follows (following_id);
-- Fan-out walks an author's followers in this order, a range of ids per job.
CREATE INDEX idx_follows_fan_out ON follows (following_id, id) INCLUDE (follower_id);

CREATE TABLE likes (
  id BIGSERIAL PRIMARY KEY,
  user_id BIGINT NOT NULL REFERENCES users (id),
  post_id BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  UNIQUE (user_id, post_id)
);

CREATE INDEX idx_likes_post ON likes (post_id);
CREATE INDEX idx_likes_user ON likes (user_id, created_at DESC);

CREATE TABLE saves (
  user_id BIGINT NOT NULL REFERENCES users (id),
  post_id BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  PRIMARY KEY (user_id, post_id)
);

CREATE TABLE comments (
  id BIGSERIAL PRIMARY KEY,
  comment_id VARCHAR(50) UNIQUE NOT NULL,
  post_id BIGINT NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
  user_id BIGINT NOT NULL REFERENCES users (id),
  parent_id BIGINT REFERENCES comments (id) ON DELETE CASCADE,
  text VARCHAR(2200) NOT NULL,
  like_count INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW()
);

CREATE INDEX idx_comments_post ON comments (post_id, created_at DESC);
CREATE INDEX idx_comments_user ON comments (user_id);

CREATE TABLE hashtags (
  id BIGSERIAL PRIMARY KEY,
  name VARCHAR(100) UNIQUE NOT NULL,
  post_count BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE post_hashtags (
  post_id BIGINT REFERENCES posts (id) ON DELETE CASCADE,
  hashtag_id BIGINT REFERENCES hashtags (id),
  PRIMARY KEY (post_id, hashtag_id)
);

CREATE INDEX idx_post_hashtags_hashtag ON post_hashtags (hashtag_id);
