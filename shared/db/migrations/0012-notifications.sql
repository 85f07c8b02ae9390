-- Notices as people read them: in groups, newest first, read up to a point.

-- What belongs together in the list: the likes of one post, the comments on one, the likes of one comment, the
-- follows of a day; every other notice is alone in its group.
CREATE TABLE notification_groups (
  id BIGSERIAL PRIMARY KEY,
  group_id VARCHAR(50) UNIQUE NOT NULL,
  user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  -- What a further notice finds its group by; empty where none can come.
  key TEXT,
  -- The newest notice that ever came to it: its place in the list, which it keeps when that notice is taken back.
  newest_id BIGINT NOT NULL,
  opened_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW()
);

CREATE INDEX idx_notification_groups_newest ON notification_groups (user_id, newest_id DESC);
CREATE INDEX idx_notification_groups_key ON notification_groups (user_id, key, id DESC) WHERE key IS NOT NULL;

-- Up to which notice each user has read.
CREATE TABLE notification_reads (
  user_id BIGINT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  up_to BIGINT NOT NULL
);

ALTER TABLE notifications ADD COLUMN group_id BIGINT REFERENCES notification_groups (id) ON DELETE CASCADE;

CREATE TEMPORARY TABLE grouped ON COMMIT DROP AS
  SELECT id, user_id, CASE type
    WHEN 'like' THEN 'like ' || post_id
    WHEN 'comment' THEN 'comment ' || post_id
    WHEN 'comment_like' THEN 'comment_like ' || comment_id
    WHEN 'follow' THEN 'follow ' || created_at::date
    ELSE 'alone ' || id END AS key
  FROM notifications;
-- The public id of a group only has to be unique and unguessable; that of its first notice is both.
INSERT INTO notification_groups (group_id, user_id, key, newest_id, opened_at)
  SELECT 'group_' || substr(min(n.notification_id), 14), g.user_id, g.key, max(n.id), min(n.created_at)
  FROM grouped g JOIN notifications n ON n.id = g.id GROUP BY g.user_id, g.key;
UPDATE notifications n SET group_id = made.id FROM grouped g
  JOIN notification_groups made ON made.user_id = g.user_id AND made.key = g.key WHERE g.id = n.id;
UPDATE notification_groups SET key = CASE WHEN key LIKE 'follow %' THEN 'follow' END
  WHERE key LIKE 'follow %' OR key LIKE 'alone %';
INSERT INTO notification_reads (user_id, up_to)
  SELECT user_id, max(id) FROM notifications WHERE read_at IS NOT NULL GROUP BY user_id;

ALTER TABLE notifications ALTER COLUMN group_id SET NOT NULL;
ALTER TABLE notifications DROP COLUMN read_at;
-- A notification_id begins with its time of creation; compared byte by byte, ids sort by it.
ALTER TABLE notifications ALTER COLUMN notification_id TYPE VARCHAR(50) COLLATE "C";

CREATE INDEX idx_notifications_group ON notifications (group_id, id DESC) INCLUDE (actor_id);
CREATE INDEX idx_notifications_user_public ON notifications (user_id, notification_id);
CREATE INDEX idx_notifications_created ON notifications (created_at);
-- The list is read by groups.
DROP INDEX idx_notifications_user;

-- A group goes with its last notice, whatever takes that along: a post, a comment, an account. A group to which
-- a notice is just being added is left alone, so that nobody ever waits here.
CREATE FUNCTION drop_emptied_notification_groups() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
  free BIGINT[];
BEGIN
  free := ARRAY(SELECT g.id FROM notification_groups g
    WHERE g.id IN (SELECT group_id FROM gone) FOR UPDATE SKIP LOCKED);
  -- A statement of its own sees what was committed before the locks were taken.
  DELETE FROM notification_groups g WHERE g.id = ANY (free)
    AND NOT EXISTS (SELECT FROM notifications n WHERE n.group_id = g.id);
  RETURN NULL;
END
$$;

CREATE TRIGGER notifications_emptied AFTER DELETE ON notifications
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION drop_emptied_notification_groups();
