-- What the Postgres adapter of the search port keeps. It can be rebuilt from the other tables at any time.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- One row per thing that can be found. A partition per type, so that each type has indexes of its own and a
-- search of a few hashtags is not slowed by a million posts.
CREATE TABLE search_documents (
  -- Unique over all types; orders what is equally good and equally popular, the newest first.
  id BIGSERIAL,
  type TEXT NOT NULL,
  subject_id TEXT COLLATE "C" NOT NULL,
  -- What a whole query may equal or begin: a username or hashtag, and a user's full name.
  name TEXT COLLATE "C",
  full_name TEXT COLLATE "C",
  words TSVECTOR NOT NULL,
  popularity BIGINT NOT NULL,
  PRIMARY KEY (type, subject_id)
) PARTITION BY LIST (type);

CREATE TABLE search_users PARTITION OF search_documents FOR VALUES IN ('user');
CREATE TABLE search_hashtags PARTITION OF search_documents FOR VALUES IN ('hashtag');
CREATE TABLE search_posts PARTITION OF search_documents FOR VALUES IN ('post');

CREATE INDEX idx_search_documents_popularity ON search_documents (popularity DESC, id DESC);
CREATE INDEX idx_search_documents_name ON search_documents (name) WHERE name IS NOT NULL;
CREATE INDEX idx_search_documents_full_name ON search_documents (full_name) WHERE full_name IS NOT NULL;
-- Without fastupdate: a search would have to read the whole list of pending entries.
CREATE INDEX idx_search_documents_words ON search_documents USING gin (words) WITH (fastupdate = off);

-- Every word of the documents, to find what a mistyped one may have meant.
CREATE TABLE search_words (
  word TEXT COLLATE "C" PRIMARY KEY,
  -- The word in the letters pg_trgm knows under every locale.
  sketch TEXT NOT NULL,
  -- A document that has the word; when it goes, another one takes over or the word goes too.
  document_id BIGINT NOT NULL
);

CREATE INDEX idx_search_words_sketch ON search_words USING gin (sketch gin_trgm_ops) WITH (fastupdate = off);
CREATE INDEX idx_search_words_document ON search_words (document_id);
