-- Who uses Emulsion: the public profile, what signs them in, and where they are signed in.

CREATE TABLE users (
  id BIGSERIAL PRIMARY KEY,
  user_id VARCHAR(50) UNIQUE NOT NULL,

  username VARCHAR(30) UNIQUE NOT NULL,
  full_name VARCHAR(100),
  bio VARCHAR(150),
  profile_pic_url TEXT,
  website VARCHAR(200),

  is_private BOOLEAN NOT NULL DEFAULT FALSE,
  is_verified BOOLEAN NOT NULL DEFAULT FALSE,
  tier TEXT NOT NULL DEFAULT 'free' CHECK (tier IN ('free', 'pro', 'enterprise')),
  role TEXT NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'admin')),

  -- Rolled up from count_deltas; a reply adds the deltas that still wait.
  post_count INTEGER NOT NULL DEFAULT 0,
  follower_count BIGINT NOT NULL DEFAULT 0,
  following_count INTEGER NOT NULL DEFAULT 0,

  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW()
);

CREATE INDEX idx_users_username ON users (username);
CREATE INDEX idx_users_followers ON users (follower_count DESC);

CREATE TABLE credentials (
  user_id BIGINT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  email TEXT UNIQUE NOT NULL,
  password_hash TEXT NOT NULL
);

-- One sign-in on one device. Refresh tokens are derived from (id, generation, salt) and never stored.
CREATE TABLE sessions (
  session_id VARCHAR(50) PRIMARY KEY,
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  generation INTEGER NOT NULL DEFAULT 1,
  salt BYTEA NOT NULL,
  user_agent TEXT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  used_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ended_at TIMESTAMP WITH TIME ZONE
);

CREATE INDEX idx_sessions_user ON sessions (user_id);
CREATE INDEX idx_sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;
