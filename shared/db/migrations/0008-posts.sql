-- Saved posts in the order they were saved, and the lists of what a user saved, liked and archived.

-- Rows from before get numbers in the order of their saving.
ALTER TABLE saves ADD COLUMN id BIGINT;
UPDATE saves SET id = numbered.n FROM (
  SELECT user_id, post_id, row_number() OVER (ORDER BY created_at, user_id, post_id) AS n FROM saves) numbered
  WHERE saves.user_id = numbered.user_id AND saves.post_id = numbered.post_id;
CREATE SEQUENCE saves_id_seq AS BIGINT OWNED BY saves.id;
SELECT setval('saves_id_seq', COALESCE((SELECT max(id) FROM saves), 0) + 1, false);
ALTER TABLE saves ALTER COLUMN id SET DEFAULT nextval('saves_id_seq');
ALTER TABLE saves ALTER COLUMN id SET NOT NULL;
ALTER TABLE saves DROP CONSTRAINT saves_pkey;
ALTER TABLE saves ADD PRIMARY KEY (id);
ALTER TABLE saves ADD CONSTRAINT saves_user_id_post_id_key UNIQUE (user_id, post_id);

CREATE INDEX idx_saves_newest ON saves (user_id, id DESC) INCLUDE (post_id);
-- A deleted post takes its saves along.
CREATE INDEX idx_saves_post ON saves (post_id);

-- Rolled up from count_deltas, as the likes are. Shown to nobody.
ALTER TABLE posts ADD COLUMN save_count INTEGER NOT NULL DEFAULT 0;
UPDATE posts SET save_count = saved.count
  FROM (SELECT post_id, count(*) AS count FROM saves GROUP BY post_id) saved WHERE posts.id = saved.post_id;

CREATE INDEX idx_likes_newest ON likes (user_id, id DESC) INCLUDE (post_id);
CREATE INDEX idx_likes_of_post ON likes (post_id, id DESC) INCLUDE (user_id);
CREATE INDEX idx_posts_archived ON posts (user_id, post_id DESC) WHERE is_archived;
