-- Lists of people, newest first: whom somebody follows, has blocked, has muted.

CREATE INDEX idx_follows_newest ON follows (follower_id, id DESC) INCLUDE (following_id);
CREATE INDEX idx_blocks_newest ON blocks (blocker_id, id DESC) INCLUDE (blocked_id);
CREATE INDEX idx_mutes_newest ON mutes (muter_id, id DESC) INCLUDE (muted_id);
