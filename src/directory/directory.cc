#include "directory/directory.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <ctime>
#include <mutex>

#include "auth/ntlm_keys.h"
#include "base/utf16.h"
#include "directory/legacy_dn.h"
#include "directory/object_rows.h"
#include "directory/password.h"
#include "directory/schema.h"
#include "directory/secret_box.h"
#include "mapi/ascii_case.h"

namespace ropewalk::directory {

namespace {

using std::chrono::steady_clock;

constexpr auto kLookForOthers = std::chrono::milliseconds(10);
constexpr std::size_t kLongestName = 256;

#define USER_COLUMNS "id, address, name, legacy_dn, mailbox_guid, password <> '', nt_hash IS NOT NULL"

constexpr std::string_view kByLogin =
    "SELECT " USER_COLUMNS
    " FROM user WHERE id = (SELECT user_id FROM object WHERE id = (SELECT object FROM object_login WHERE login = ?))";
// What each is called in full comes last.
constexpr std::string_view kByShortLogin =
    "SELECT " USER_COLUMNS
    ", address FROM user WHERE local_part = ?1 UNION ALL "
    "SELECT user.id, user.address, user.name, user.legacy_dn, mailbox_guid, password <> '', nt_hash IS NOT NULL, login "
    "FROM object_login JOIN object ON object.id = object_login.object JOIN user ON user.id = object.user_id "
    "WHERE object_login.local_part = ?1 LIMIT 100";

User user_of(const sql::Statement& row) {
  User user;
  user.id = row.integer(0);
  user.address = row.text(1);
  user.name = row.text(2);
  user.legacy_dn = row.text(3);
  const ByteView guid = row.blob(4);
  std::copy_n(guid.begin(), std::min(guid.size(), user.mailbox_guid.bytes.size()), user.mailbox_guid.bytes.begin());
  user.has_password = row.integer(5) != 0;
  user.ntlm = row.integer(6) != 0;
  return user;
}

bool same_text(std::string_view a, std::string_view b) {  // as SQLite's NOCASE
  return mapi::equal_ignoring_ascii_case(a, b);
}

std::string_view local_part(std::string_view address) { return address.substr(0, address.find('@')); }

// True where `domain`, as before a backslash, is the address's domain or the first label of it.
bool in_domain(std::string_view address, std::string_view domain) {
  const std::string_view whole = address.substr(address.find('@') + 1);
  return same_text(whole, domain) || same_text(whole.substr(0, whole.find('.')), domain);
}

Error no_user(std::string_view address) { return Error{"there is no user " + std::string(address)}; }

}  // namespace

struct Directory::State {
  State(sql::Database opened, std::string name, const std::string& folder)
      : key_file(folder + "/ntlm.key"), database(std::move(opened)), organization(std::move(name)) {}

  const std::string key_file;

  std::mutex lock;  // of all that follows, but the atomics
  sql::Database database;
  std::string organization;
  u32 data_version = 0;
  std::atomic<u64> generation{1};
  std::atomic<i64> next_look{0};

  Result<std::optional<User>> find_one(std::string_view sql, std::string_view key) {
    std::lock_guard guard(lock);
    ROPEWALK_TRY(auto statement, database.prepare(sql));
    ROPEWALK_TRY(const bool found, statement.bind(1, key).step());
    return found ? std::optional<User>(user_of(statement)) : std::nullopt;
  }

  // By what the address book has beside the primary address and the DN.
  Result<std::optional<User>> find_by_key(std::string_view type, std::string_view name) {
    std::string key(type);
    for (char c : name) key += mapi::ascii_lower(c);
    return find_one("SELECT " USER_COLUMNS
                    " FROM user WHERE id = (SELECT user_id FROM object WHERE id = "
                    "(SELECT object FROM object_address WHERE address = ?))",
                    key);
  }

  bool taken(std::string_view sql, std::string_view key) {
    auto found = database.integer(sql, key);
    return found.ok() && found->has_value();
  }

  Status insert(User& user, const std::string& hash, const std::optional<std::vector<u8>>& nt_hash);
  Result<std::vector<u8>> sealed_nt_hash(const User& user, std::string_view password);
};

// Bound to the mailbox's GUID: a row's hash is no good in another row.
Result<std::vector<u8>> Directory::State::sealed_nt_hash(const User& user, std::string_view password) {
  ROPEWALK_CHECK(auth::legacy_crypto_available());
  ROPEWALK_TRY(const SecretBox box, SecretBox::open_or_make(key_file));
  auth::Key16 hash = auth::nt_hash(password);
  auto sealed = box.seal(hash, user.mailbox_guid.bytes);
  auth::wipe(hash);
  return sealed;
}

Status Directory::State::insert(User& user, const std::string& hash, const std::optional<std::vector<u8>>& nt_hash) {
  std::lock_guard guard(lock);
  ROPEWALK_TRY(auto transaction, sql::Transaction::begin(database));
  if (taken("SELECT 1 FROM user WHERE address = ?", user.address)) {
    return Error{"cannot add user " + user.address + ": there is one with this address already"};
  }
  if (user.legacy_dn.empty()) {
    ROPEWALK_TRY(user.legacy_dn, unused_dn(database, organization, local_part(user.address), user.mailbox_guid));
  }
  if (taken("SELECT 1 FROM user WHERE legacy_dn = ?", user.legacy_dn)) {
    return Error{"cannot add user " + user.address + ": another user has the DN " + user.legacy_dn};
  }
  ROPEWALK_CHECK(
      database.run("INSERT INTO user (address, local_part, name, legacy_dn, mailbox_guid, password, created, nt_hash) "
                   "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                   user.address, local_part(user.address), user.name, user.legacy_dn, ByteView(user.mailbox_guid.bytes),
                   hash, std::time(nullptr), nt_hash));
  user.id = database.last_insert_rowid();
  rows::Row mailbox;
  mailbox.object.user_id = user.id;
  mailbox.object.legacy_dn = user.legacy_dn;
  mailbox.object.address = user.address;
  mailbox.object.name = user.name;
  if (Status made = rows::insert(database, organization, mailbox); !made.ok()) {
    return Error{"cannot add user " + user.address + ": " + made.error().text};
  }
  ROPEWALK_CHECK(transaction.commit());
  ++generation;
  return {};
}

Directory::Directory(std::unique_ptr<State> state) : state_(std::move(state)) {}
Directory::~Directory() = default;

Result<std::unique_ptr<Directory>> Directory::open(const std::string& data_folder, const std::string& organization) {
  ROPEWALK_CHECK(check_organization(organization));
  ROPEWALK_TRY(auto database, open_database(data_folder));
  auto state = std::make_unique<State>(std::move(database), organization, data_folder);
  ROPEWALK_TRY(state->data_version, state->database.data_version());
  return std::unique_ptr<Directory>(new Directory(std::move(state)));
}

Result<User> Directory::add_user(const NewUser& added) {
  const std::string failure = "cannot add user \"" + added.address + "\": ";
  if (std::string why = objection_to_address(added.address); !why.empty()) {
    return Error{failure + "this is not a mail address, " + why};
  }
  if (!added.dn.empty()) {
    if (std::string why = objection_to_dn(added.dn); !why.empty()) {
      return Error{failure + "the DN \"" + added.dn + "\" cannot be used, " + why};
    }
  }
  if (added.name.size() > kLongestName || !is_utf8(added.name)) {
    return Error{failure + "the name must be UTF-8 of at most " + std::to_string(kLongestName) + " bytes"};
  }
  std::string hash;
  if (!added.password.empty()) {
    ROPEWALK_TRY(hash, hash_password(added.password));
  }
  User user;
  user.address = added.address;
  user.name = added.name.empty() ? std::string(local_part(added.address)) : added.name;
  user.legacy_dn = added.dn;
  user.mailbox_guid = Guid::random();
  user.has_password = !hash.empty();
  std::optional<std::vector<u8>> nt_hash;
  if (added.ntlm) {
    if (added.password.empty()) return Error{failure + "NTLM can only be switched on with a password"};
    ROPEWALK_TRY(nt_hash, state_->sealed_nt_hash(user, added.password));
    user.ntlm = true;
  }
  ROPEWALK_CHECK(state_->insert(user, hash, nt_hash));
  return user;
}

Result<std::vector<User>> Directory::list() {
  std::lock_guard guard(state_->lock);
  ROPEWALK_TRY(auto rows, state_->database.prepare("SELECT " USER_COLUMNS " FROM user ORDER BY address"));
  std::vector<User> users;
  for (;;) {
    ROPEWALK_TRY(const bool row, rows.step());
    if (!row) return users;
    users.push_back(user_of(rows));
  }
}

Result<std::optional<User>> Directory::find_by_id(i64 id) {
  return state_->find_one("SELECT " USER_COLUMNS " FROM user WHERE id = CAST(? AS INTEGER)", std::to_string(id));
}

Result<std::optional<User>> Directory::find_by_address(std::string_view address) {
  ROPEWALK_TRY(auto found, state_->find_one("SELECT " USER_COLUMNS " FROM user WHERE address = ?", address));
  return found ? Result<std::optional<User>>(std::move(found)) : state_->find_by_key("smtp:", address);
}

Result<std::optional<User>> Directory::find_by_principal(std::string_view principal) {
  ROPEWALK_TRY(auto found, state_->find_one(kByLogin, principal));
  if (found) return found;
  return state_->find_one("SELECT " USER_COLUMNS
                          " FROM user WHERE address = ? AND NOT EXISTS "
                          "(SELECT 1 FROM object WHERE user_id = user.id AND logins <> '')",
                          principal);
}

Result<bool> Directory::is_copied(i64 user_id) {
  std::lock_guard guard(state_->lock);
  ROPEWALK_TRY(const auto source, state_->database.integer("SELECT source FROM object WHERE user_id = ?", user_id));
  return source == static_cast<i64>(Source::ldap);
}

Result<std::optional<User>> Directory::find_by_dn(std::string_view legacy_dn) {
  ROPEWALK_TRY(auto found, state_->find_one("SELECT " USER_COLUMNS " FROM user WHERE legacy_dn = ?", legacy_dn));
  return found ? Result<std::optional<User>>(std::move(found)) : state_->find_by_key("x500:", legacy_dn);
}

Result<std::optional<User>> Directory::find_by_login(std::string_view login) {
  std::string_view domain;
  if (const auto slash = login.find('\\'); slash != login.npos) {
    domain = login.substr(0, slash);
    login.remove_prefix(slash + 1);
  }
  if (login.find('@') != login.npos) {
    ROPEWALK_TRY(auto found, state_->find_one("SELECT " USER_COLUMNS " FROM user WHERE address = ?", login));
    if (!found) {
      ROPEWALK_TRY(found, state_->find_one(kByLogin, login));
    }
    return found ? Result<std::optional<User>>(std::move(found)) : find_by_address(login);
  }
  std::lock_guard guard(state_->lock);
  ROPEWALK_TRY(auto rows, state_->database.prepare(kByShortLogin));
  rows.bind(1, login);
  std::vector<User> all, of_domain;
  for (;;) {
    ROPEWALK_TRY(const bool row, rows.step());
    if (!row) break;
    User user = user_of(rows);
    const bool is_there = !domain.empty() && in_domain(rows.text(7), domain);
    if (is_there && std::ranges::find(of_domain, user.id, &User::id) == of_domain.end()) of_domain.push_back(user);
    if (std::ranges::find(all, user.id, &User::id) == all.end()) all.push_back(std::move(user));
  }
  if (of_domain.size() == 1) return std::optional<User>(of_domain.front());
  // Clients put the machine's or a made-up name before the backslash: it only counts where it decides.
  return all.size() == 1 ? std::optional<User>(all.front()) : std::nullopt;
}

Status Directory::set_password(std::string_view address, std::string_view password, bool ntlm) {
  const std::string failure = "cannot set the password of " + std::string(address) + ": ";
  auto hash = hash_password(password);
  if (!hash.ok()) return Error{failure + hash.error().text};
  ROPEWALK_TRY(const auto user, find_by_address(address));
  if (!user) return no_user(address);
  std::optional<std::vector<u8>> nt_hash;  // an old one would let the old password in
  if (ntlm || user->ntlm) {
    auto sealed = state_->sealed_nt_hash(*user, password);
    if (!sealed.ok()) return Error{failure + sealed.error().text};
    nt_hash = std::move(*sealed);
  }
  std::lock_guard guard(state_->lock);
  // Somebody else may have switched NTLM on meanwhile, with the old password: then it is off again.
  ROPEWALK_CHECK(state_->database.run(
      "UPDATE user SET password = ?, password_version = password_version + 1, nt_hash = ? WHERE id = ?", *hash, nt_hash,
      user->id));
  if (state_->database.changes() == 0) return no_user(address);
  ++state_->generation;
  return {};
}

Status Directory::switch_ntlm_on(std::string_view address, std::string_view password) {
  const std::string failure = "cannot switch NTLM on for " + std::string(address) + ": ";
  ROPEWALK_TRY(const auto user, find_by_address(address));
  if (!user) return no_user(address);
  ROPEWALK_TRY(const auto stored, stored_password(user->id));
  if (!stored || !password_matches(password, stored->hash)) {
    return Error{failure + "the password is not the user's (NTLM needs a hash of its own, made from the password)"};
  }
  auto sealed = state_->sealed_nt_hash(*user, password);
  if (!sealed.ok()) return Error{failure + sealed.error().text};
  std::lock_guard guard(state_->lock);
  ROPEWALK_CHECK(state_->database.run("UPDATE user SET nt_hash = ? WHERE id = ? AND password_version = ?", *sealed,
                                      user->id, stored->version));
  if (state_->database.changes() == 0) return Error{failure + "the password was changed meanwhile"};
  ++state_->generation;
  return {};
}

Status Directory::switch_ntlm_off(std::string_view address) {
  std::lock_guard guard(state_->lock);
  ROPEWALK_CHECK(state_->database.run("UPDATE user SET nt_hash = NULL WHERE address = ?", address));
  if (state_->database.changes() == 0) return no_user(address);
  ++state_->generation;
  return {};
}

Result<std::optional<std::array<u8, 16>>> Directory::nt_hash(i64 user_id) {
  std::optional<std::array<u8, 16>> hash;
  std::vector<u8> sealed, guid;
  {
    std::lock_guard guard(state_->lock);
    ROPEWALK_TRY(auto row, state_->database.prepare("SELECT nt_hash, mailbox_guid FROM user WHERE id = ?"));
    ROPEWALK_TRY(const bool found, row.bind(1, user_id).step());
    if (!found || row.is_null(0)) return hash;
    sealed.assign(row.blob(0).begin(), row.blob(0).end());
    guid.assign(row.blob(1).begin(), row.blob(1).end());
  }
  ROPEWALK_TRY(const auto box, SecretBox::open(state_->key_file));
  if (!box) return Error{"NTLM's hashes cannot be read: the key file " + state_->key_file + " is missing"};
  ROPEWALK_TRY(auto plain, box->unseal(sealed, guid));
  if (plain.size() != 16) return Error{"a stored NTLM hash has " + std::to_string(plain.size()) + " bytes, not 16"};
  std::copy(plain.begin(), plain.end(), hash.emplace().begin());
  auth::wipe(plain);
  return hash;
}

Status Directory::remove(std::string_view address) {
  std::lock_guard guard(state_->lock);
  ROPEWALK_TRY(auto transaction, sql::Transaction::begin(state_->database));
  ROPEWALK_TRY(const auto id, state_->database.integer("SELECT id FROM user WHERE address = ?", address));
  if (!id) return no_user(address);
  ROPEWALK_TRY(const auto object, state_->database.integer("SELECT id FROM object WHERE user_id = ?", *id));
  if (object) ROPEWALK_CHECK(rows::erase(state_->database, static_cast<u32>(*object)));
  ROPEWALK_CHECK(state_->database.run("DELETE FROM user WHERE id = ?", *id));
  ROPEWALK_CHECK(transaction.commit());
  ++state_->generation;
  return {};
}

Result<bool> Directory::has_ntlm_users() {
  std::lock_guard guard(state_->lock);
  ROPEWALK_TRY(auto any, state_->database.integer("SELECT 1 FROM user WHERE nt_hash IS NOT NULL LIMIT 1"));
  return any.has_value();
}

Result<std::optional<StoredPassword>> Directory::stored_password(i64 user_id) {
  std::lock_guard guard(state_->lock);
  ROPEWALK_TRY(auto row, state_->database.prepare("SELECT password, password_version FROM user WHERE id = ?"));
  ROPEWALK_TRY(const bool found, row.bind(1, user_id).step());
  if (!found) return std::optional<StoredPassword>();
  return std::optional(StoredPassword{std::string(row.text(0)), row.integer(1)});
}

u64 Directory::generation() {
  const i64 now = steady_clock::now().time_since_epoch().count();
  i64 due = state_->next_look.load(std::memory_order_relaxed);
  if (now >= due) {
    std::lock_guard guard(state_->lock);
    if (state_->next_look.load(std::memory_order_relaxed) == due) {
      auto version = state_->database.data_version();
      // A directory that cannot be read has to be taken for a changed one.
      if (!version.ok() || *version != state_->data_version) ++state_->generation;
      if (version.ok()) state_->data_version = *version;
      state_->next_look = now + steady_clock::duration(kLookForOthers).count();
    }
  }
  return state_->generation.load();
}

}  // namespace ropewalk::directory
