-- Authors with too many followers to push to: their posts are merged into feeds when these are read.

-- Since when feeds that are built leave the author's posts to the merge. Never taken back: a feed built meanwhile
-- would lack them.
ALTER TABLE users ADD COLUMN merged_since TIMESTAMP WITH TIME ZONE;
-- Since when no cached feed is older than that, so that posts need not be pushed any more.
ALTER TABLE users ADD COLUMN unpushed_since TIMESTAMP WITH TIME ZONE;
