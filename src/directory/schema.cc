#include "directory/schema.h"

#include <array>
#include <filesystem>

#include "directory/legacy_dn.h"
#include "directory/object_rows.h"
#include "sql/migrate.h"

namespace ropewalk::directory {

namespace {

constexpr std::array kMigrations{
    sql::Migration{1, R"sql(
  CREATE TABLE user (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    address TEXT NOT NULL COLLATE NOCASE UNIQUE,
    local_part TEXT NOT NULL COLLATE NOCASE,
    name TEXT NOT NULL,
    legacy_dn TEXT NOT NULL COLLATE NOCASE UNIQUE,
    mailbox_guid BLOB NOT NULL UNIQUE,
    password TEXT NOT NULL DEFAULT '',
    password_version INTEGER NOT NULL DEFAULT 1,
    created INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX user_local_part ON user (local_part);
)sql"},
    sql::Migration{2, "ALTER TABLE user ADD COLUMN nt_hash BLOB"},  // sealed; NULL: NTLM is off
    // The address book. An object's and a list's id is its Minimal Entry ID: those below 16 mean something else.
    sql::Migration{3, R"sql(
  CREATE TABLE object (
    id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id BETWEEN 16 AND 2147483647),
    kind INTEGER NOT NULL,
    guid BLOB NOT NULL UNIQUE,
    user_id INTEGER UNIQUE REFERENCES user (id),
    legacy_dn TEXT NOT NULL COLLATE NOCASE UNIQUE,
    address TEXT NOT NULL,
    name TEXT NOT NULL,
    phonetic TEXT NOT NULL,
    hidden INTEGER NOT NULL,
    filter TEXT NOT NULL,                 -- of a dynamic group
    source INTEGER NOT NULL,              -- who looks after it: directory::Source
    origin TEXT COLLATE NOCASE UNIQUE,    -- its name there
    properties BLOB NOT NULL
  ) STRICT;
  INSERT INTO sqlite_sequence (name, seq) VALUES ('object', 15);
  CREATE TABLE object_list (
    id INTEGER PRIMARY KEY,               -- of object's sequence
    parent INTEGER REFERENCES object_list (id),
    guid BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kinds INTEGER NOT NULL,               -- a bit per kind that it shows where it has no filter
    filter TEXT NOT NULL,
    is_global INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE object_address (           -- "smtp:user1@ropewalk.test", "x500:/o=..."; lower case
    address TEXT PRIMARY KEY,
    object INTEGER NOT NULL REFERENCES object (id) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX object_address_object ON object_address (object);
  CREATE TABLE object_word (              -- what an object that is not hidden is found by
    word TEXT NOT NULL,
    object INTEGER NOT NULL REFERENCES object (id) ON DELETE CASCADE,
    PRIMARY KEY (word, object)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX object_word_object ON object_word (object);
  CREATE TABLE object_link (
    id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES object (id) ON DELETE CASCADE,
    link INTEGER NOT NULL,
    target INTEGER NOT NULL REFERENCES object (id) ON DELETE CASCADE
  ) STRICT;
  CREATE UNIQUE INDEX object_link_source ON object_link (source, link, target);
  CREATE INDEX object_link_target ON object_link (target, link);
  CREATE TABLE object_change (            -- the last change of each object and list, of those that are gone too
    object INTEGER PRIMARY KEY,
    change INTEGER NOT NULL UNIQUE
  ) STRICT;
)sql"},
    // Who an object is where it is copied from, whatever it is called there; and the names, beside addresses, by which
    // its user signs in.
    sql::Migration{4, R"sql(
  ALTER TABLE object ADD COLUMN origin_id TEXT COLLATE NOCASE;
  CREATE UNIQUE INDEX object_origin_id ON object (origin_id);
  ALTER TABLE object ADD COLUMN logins TEXT NOT NULL DEFAULT '';   -- as in object_login, a line each
  CREATE TABLE object_login (
    login TEXT PRIMARY KEY COLLATE NOCASE,
    local_part TEXT NOT NULL COLLATE NOCASE,
    object INTEGER NOT NULL REFERENCES object (id) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX object_login_local_part ON object_login (local_part);
  CREATE INDEX object_login_object ON object_login (object);
)sql",
                   rows::begin_address_book},
    sql::Migration{5, "ALTER TABLE object_list ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0"}};

}  // namespace

Status check_organization(const std::string& organization) {
  std::string why = objection_to_dn("/o=" + organization);
  if (why.empty() && organization.find('/') != organization.npos) why = "it contains a '/'";
  if (!why.empty()) return Error{"organization \"" + organization + "\" cannot be used: " + why};
  return {};
}

Result<sql::Database> open_database(const std::string& data_folder, int cache_kib) {
  std::error_code failed;
  if (std::filesystem::create_directories(data_folder, failed)) {
    std::filesystem::permissions(data_folder, std::filesystem::perms::owner_all, failed);
  }
  if (failed) return Error{"cannot make the data folder " + data_folder + ": " + failed.message()};
  ROPEWALK_TRY(auto database, sql::Database::open(data_folder + "/directory.db", {.cache_kib = cache_kib}));
  ROPEWALK_CHECK(sql::migrate(database, kMigrations));
  return database;
}

}  // namespace ropewalk::directory
