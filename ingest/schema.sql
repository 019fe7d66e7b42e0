-- The catalog's tables. A change here needs a new SCHEMA_VERSION in catalog.py; a table that an older Dossier can do
-- without need only say IF NOT EXISTS, and is added to the stores that lack it.
-- Of `words`, which finds passages, only the index is kept; `to_index` and `to_unindex` are what Chroma must be told,
-- `to_words` what Tantivy must be.
CREATE TABLE documents (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, title TEXT NOT NULL, publisher TEXT, author TEXT, published TEXT,
  modified TEXT, url TEXT, kind TEXT NOT NULL, language TEXT, sha256 TEXT NOT NULL, version INTEGER NOT NULL,
  status TEXT NOT NULL, canonical TEXT, arrived INTEGER NOT NULL, embedder TEXT NOT NULL, text TEXT NOT NULL,
  layout TEXT NOT NULL
);
CREATE INDEX documents_by_canonical ON documents(canonical);
CREATE INDEX documents_by_sha256 ON documents(sha256);
CREATE TABLE files (sha256 TEXT PRIMARY KEY, documents INTEGER NOT NULL);
CREATE TABLE passages (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
  document_id TEXT NOT NULL REFERENCES documents(id), ordinal INTEGER NOT NULL, text TEXT NOT NULL, record TEXT NOT NULL
);
CREATE INDEX passages_by_document ON passages(document_id, ordinal);
CREATE TABLE vectors (number INTEGER PRIMARY KEY REFERENCES passages(number), vector BLOB NOT NULL);
CREATE TABLE mentions (
  firm TEXT NOT NULL, number INTEGER NOT NULL REFERENCES passages(number), PRIMARY KEY (firm, number)
) WITHOUT ROWID;
CREATE INDEX mentions_by_passage ON mentions(number);
CREATE VIRTUAL TABLE words USING fts5(context, body, content='', tokenize="porter unicode61 remove_diacritics 2");
CREATE VIRTUAL TABLE titles USING fts5(
  document_id UNINDEXED, name, title, opening, tokenize="porter unicode61 remove_diacritics 2"
);
CREATE TABLE to_index (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE to_unindex (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE notes (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS visits (
  address TEXT PRIMARY KEY, document_id TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE, url TEXT NOT NULL,
  etag TEXT, last_modified TEXT, changed TEXT
);
CREATE INDEX IF NOT EXISTS visits_by_document ON visits(document_id);
CREATE TABLE IF NOT EXISTS to_words (number INTEGER PRIMARY KEY);
