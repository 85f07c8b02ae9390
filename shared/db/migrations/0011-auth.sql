-- What signs a user in besides the password, and what brings a forgotten one back.

CREATE INDEX idx_sessions_open ON sessions (user_id, session_id) WHERE ended_at IS NULL;

-- A reset that was asked for. Its token is derived from (reset_id, salt) and never stored. Without a user: the
-- address is nobody's, which the request must not show by being faster.
CREATE TABLE password_resets (
  reset_id VARCHAR(50) PRIMARY KEY,
  user_id BIGINT REFERENCES users (id) ON DELETE CASCADE,
  salt BYTEA NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  mailed_at TIMESTAMP WITH TIME ZONE
);

CREATE INDEX idx_password_resets_user ON password_resets (user_id);

-- One-time codes of an authenticator app; they count once `confirmed_at` is set.
CREATE TABLE totp (
  user_id BIGINT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  -- Encrypted with a key that is not in the database.
  secret BYTEA NOT NULL,
  -- The newest time step whose code was accepted; none up to it is accepted again.
  last_step BIGINT NOT NULL DEFAULT 0,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  confirmed_at TIMESTAMP WITH TIME ZONE
);

-- Codes for whoever lost the app. A row goes when its code is used.
CREATE TABLE recovery_codes (
  user_id BIGINT NOT NULL REFERENCES totp (user_id) ON DELETE CASCADE,
  code_hash BYTEA NOT NULL,
  PRIMARY KEY (user_id, code_hash)
);

CREATE TABLE passkeys (
  passkey_id VARCHAR(50) PRIMARY KEY,
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- As the authenticator calls it, in base64url.
  credential_id TEXT NOT NULL,
  -- COSE, as the authenticator sent it.
  public_key BYTEA NOT NULL,
  -- How often the authenticator says it has signed; those that are synchronised always say 0.
  counter BIGINT NOT NULL,
  transports TEXT[] NOT NULL,
  is_backed_up BOOLEAN NOT NULL,
  name VARCHAR(100),
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  used_at TIMESTAMP WITH TIME ZONE,
  -- A removed one stays for a day, so that removing it again succeeds.
  removed_at TIMESTAMP WITH TIME ZONE
);

CREATE UNIQUE INDEX idx_passkeys_credential ON passkeys (credential_id) WHERE removed_at IS NULL;
CREATE INDEX idx_passkeys_user ON passkeys (user_id, passkey_id);
