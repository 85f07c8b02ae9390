-- Comments: the order they are read in, their replies and their likes.

-- A comment_id begins with its time of creation; compared byte by byte, ids sort by it.
ALTER TABLE comments ALTER COLUMN comment_id TYPE VARCHAR(50) COLLATE "C";
-- Rolled up from count_deltas, as like_count is; a reply adds the deltas that still wait.
ALTER TABLE comments ADD COLUMN reply_count INTEGER NOT NULL DEFAULT 0;

-- What stands under a post, the newest first, and what stands under a comment, the oldest first. Without ties.
CREATE INDEX idx_comments_newest ON comments (post_id, comment_id DESC) WHERE parent_id IS NULL;
CREATE INDEX idx_comments_replies ON comments (parent_id, comment_id) WHERE parent_id IS NOT NULL;

CREATE TABLE comment_likes (
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  comment_id BIGINT NOT NULL REFERENCES comments (id) ON DELETE CASCADE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
  PRIMARY KEY (user_id, comment_id)
);
CREATE INDEX idx_comment_likes_comment ON comment_likes (comment_id);
