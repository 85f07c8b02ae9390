-- Finding posts by where and what: hashtag pages, places, and how many posts each place has.

ALTER TABLE locations ADD COLUMN post_count BIGINT NOT NULL DEFAULT 0;

-- The place a post is counted at; brought in line with location_id by a job, as its hashtags are.
ALTER TABLE posts ADD COLUMN counted_location_id BIGINT REFERENCES locations (id);
UPDATE posts SET counted_location_id = location_id WHERE location_id IS NOT NULL AND NOT is_archived;
UPDATE locations l SET post_count = counted.posts
  FROM (SELECT counted_location_id AS id, count(*) AS posts FROM posts
    WHERE counted_location_id IS NOT NULL GROUP BY counted_location_id) counted
  WHERE l.id = counted.id;

CREATE INDEX idx_posts_location_newest ON posts (location_id, id DESC) WHERE location_id IS NOT NULL;
CREATE INDEX idx_posts_counted_location ON posts (counted_location_id) WHERE counted_location_id IS NOT NULL;
-- A hashtag's posts, newest first.
CREATE INDEX idx_post_hashtags_newest ON post_hashtags (hashtag_id, post_id DESC);

CREATE TABLE search_locations PARTITION OF search_documents FOR VALUES IN ('location');
