#include "store/schema.h"

namespace ropewalk::store {
namespace {

// Ids of folders and messages are GLOBCNT counters in the replica that REPLID 1 names. Times are FILETIMEs, texts
// UTF-8, `props` and `cold` packed properties (packed.h). Rows of `messages` with folder 0 are embedded messages.
//
// messages_view holds all that the usual tables sort and filter by: it is walked in the order of delivery to show a
// folder, and read from end to end, without touching the messages, to sort it otherwise.
constexpr std::string_view kVersion1 = R"sql(
CREATE TABLE store (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  mailbox_guid BLOB NOT NULL,
  database_guid BLOB NOT NULL,
  display_name TEXT NOT NULL,
  smtp_address TEXT NOT NULL,
  legacy_dn TEXT NOT NULL,
  next_id INTEGER NOT NULL,   -- no object has this counter or a higher one
  next_cn INTEGER NOT NULL,   -- no change has this number or a higher one
  props BLOB NOT NULL
);
CREATE TABLE replids (replid INTEGER PRIMARY KEY, guid BLOB NOT NULL UNIQUE);
CREATE TABLE names (
  id INTEGER PRIMARY KEY,     -- property id, from 0x8000 on
  property_set BLOB NOT NULL,
  lid INTEGER,
  name TEXT
);
CREATE UNIQUE INDEX names_lid ON names (property_set, lid) WHERE lid IS NOT NULL;
CREATE UNIQUE INDEX names_name ON names (property_set, name) WHERE name IS NOT NULL;
CREATE TABLE special_folders (kind INTEGER PRIMARY KEY, folder INTEGER NOT NULL);
CREATE TABLE receive_folders (
  class_key TEXT PRIMARY KEY,  -- folded
  class TEXT NOT NULL,
  folder INTEGER NOT NULL,
  modified INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE folders (
  id INTEGER PRIMARY KEY,
  parent INTEGER NOT NULL,     -- 0 for the root
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,      -- folded
  type INTEGER NOT NULL,
  content_count INTEGER NOT NULL DEFAULT 0,
  unread_count INTEGER NOT NULL DEFAULT 0,
  associated_count INTEGER NOT NULL DEFAULT 0,
  subfolder_count INTEGER NOT NULL DEFAULT 0,
  size INTEGER NOT NULL DEFAULT 0,
  deleted_total INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  local_commit_max INTEGER NOT NULL,
  cn INTEGER NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  change_key BLOB,             -- of the last change where it came from another replica
  predecessors BLOB,           -- what other replicas contributed
  props BLOB NOT NULL
);
CREATE UNIQUE INDEX folders_name ON folders (parent, name_key);
CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  folder INTEGER NOT NULL,
  associated INTEGER NOT NULL,
  delivered INTEGER NOT NULL,  -- 0 where absent
  flags INTEGER NOT NULL,
  status INTEGER NOT NULL,
  size INTEGER NOT NULL,
  modified INTEGER NOT NULL,
  created INTEGER NOT NULL,
  cn INTEGER NOT NULL,
  read_cn INTEGER NOT NULL,
  sender_key BLOB,
  subject_key BLOB,
  change_key BLOB,
  predecessors BLOB,
  props BLOB NOT NULL
);
CREATE INDEX messages_view
  ON messages (folder, associated, delivered, id, size, flags, modified, sender_key, subject_key);
CREATE TABLE bodies (id INTEGER PRIMARY KEY, cold BLOB NOT NULL, recipients BLOB NOT NULL);
CREATE TABLE attachments (
  id INTEGER PRIMARY KEY,
  owner INTEGER NOT NULL,      -- a row of messages
  number INTEGER NOT NULL,
  size INTEGER NOT NULL,
  embedded INTEGER,            -- the message inside: a row of messages
  props BLOB NOT NULL,
  cold BLOB NOT NULL
);
CREATE UNIQUE INDEX attachments_owner ON attachments (owner, number);
CREATE TABLE contents (
  id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,   -- SHA-256 of the whole value
  size INTEGER NOT NULL,
  refs INTEGER NOT NULL
);
CREATE TABLE chunks (
  id INTEGER PRIMARY KEY,      -- content << 20 | place
  coding INTEGER NOT NULL,     -- 0 plain, 1 zstd
  data BLOB NOT NULL
);
CREATE TABLE tombstones (
  cn INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,       -- 0 message, 1 FAI message, 2 folder
  folder INTEGER NOT NULL,     -- where it was
  id INTEGER NOT NULL,
  deleted INTEGER NOT NULL
);
CREATE INDEX tombstones_folder ON tombstones (folder, cn);
)sql";

constexpr sql::Migration kSteps[] = {{1, kVersion1}};

}  // namespace

std::span<const sql::Migration> schema_steps() { return kSteps; }

}  // namespace ropewalk::store
