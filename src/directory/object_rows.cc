#include "directory/object_rows.h"

#include <algorithm>
#include <set>

#include "base/utf16.h"
#include "directory/folded_text.h"
#include "directory/legacy_dn.h"
#include "directory/property_texts.h"
#include "mapi/ascii_case.h"
#include "mapi/property_tags.h"
#include "mapi/value_fields.h"
#include "wire/decoder.h"
#include "wire/describe.h"
#include "wire/encoder.h"

namespace ropewalk::directory::rows {

namespace {

namespace tag = mapi::tag;
using mapi::PropTag;

constexpr std::size_t kLongestName = 256;
// Of an object's stored properties together: NSPI carries no value above 2 MiB, [MS-OXNSPI] 2.2.2.
constexpr std::size_t kMostStored = (2u << 20) + (1u << 16);
constexpr std::size_t kLongestAlias = 64;
constexpr std::size_t kLongestKey = 1024;
constexpr std::size_t kMostLogins = 16;
constexpr PropTag kProxies{tag::PidTagAddressBookProxyAddresses};
constexpr PropTag kAlias{tag::PidTagAccount};

// The column `properties`: [MS-OXCDATA] 2.11.4 values, counted.
struct StoredProperties {
  wire::List<mapi::TaggedPropertyValue> values;
  static void fields(auto& m, auto& v) {
    v("PropertyValueCount", wire::count_of<u32>(m.values));
    v.with(mapi::WideCounts{}, [&] { v("PropertyValues", m.values); });
  }
};

bool same(std::string_view a, std::string_view b) { return mapi::equal_ignoring_ascii_case(a, b); }

bool has_type(std::string_view proxy, std::string_view type) { return same(proxy.substr(0, type.size()), type); }

std::string_view local_part(std::string_view address) { return address.substr(0, address.find('@')); }

// What the object is called before it has an alias: of its address, else of the letters of its name.
std::string default_alias(const Object& object) {
  if (!object.address.empty()) return std::string(local_part(object.address));
  std::string alias;
  for (char c : fold(object.name)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_') alias += c;
  }
  return alias.substr(0, kLongestAlias);
}

std::string what_is(const Object& object) {
  return object.address.empty() ? "\"" + object.name + "\"" : object.address;
}

// The primary address first and in capitals, [MS-OXOABK] 2.2.3.23; former addresses and DNs stay good.
void settle_proxies(const Row* before, Row& row) {
  std::vector<std::string> proxies;
  const auto add = [&](std::string proxy) {
    const auto there = [&](const std::string& other) { return same(other, proxy); };
    if (std::none_of(proxies.begin(), proxies.end(), there)) proxies.push_back(std::move(proxy));
  };
  if (!row.object.address.empty()) add("SMTP:" + row.object.address);
  for (std::string& proxy : texts_of(row.properties, kProxies)) {
    if (has_type(proxy, "smtp:")) proxy = "smtp:" + proxy.substr(5);
    add(std::move(proxy));
  }
  if (before != nullptr && !before->object.address.empty()) {
    if (!same(before->object.address, row.object.address)) add("smtp:" + before->object.address);
  }
  if (before != nullptr && !same(before->object.legacy_dn, row.object.legacy_dn)) {
    add("X500:" + before->object.legacy_dn);
  }
  if (!proxies.empty() || row.properties.find_id(kProxies.id()) != nullptr) {
    set_texts(row.properties, kProxies, proxies);
  }
}

// Everything by which the object is found by address or DN, beside its own DN.
std::set<std::string> address_keys(const Row& row) {
  std::set<std::string> keys;
  for (const std::string& proxy : texts_of(row.properties, kProxies)) {
    if (proxy.size() > kLongestKey) continue;
    if (has_type(proxy, "smtp:") || has_type(proxy, "x500:")) keys.insert(mapi::ascii_lowered(proxy));
  }
  return keys;
}

void add_words(std::set<std::string>& words, std::string_view text) {
  for (std::string& tail : word_tails(fold(text))) words.insert(std::move(tail));
}

std::set<std::string> words_of(const Row& row) {
  std::set<std::string> words;
  if (row.object.hidden) return words;
  const std::string given = row.properties.text(PropTag(tag::PidTagGivenName));
  const std::string surname = row.properties.text(PropTag(tag::PidTagSurname));
  const std::string alias = fold(row.properties.text(kAlias));
  for (const std::string& text :
       {row.object.name, row.object.phonetic, given, surname, row.properties.text(PropTag(tag::PidTagOfficeLocation)),
        row.properties.text(PropTag(tag::PidTagAddressBookPhoneticGivenName)),
        row.properties.text(PropTag(tag::PidTagAddressBookPhoneticSurname))}) {
    add_words(words, text);
  }
  if (!given.empty() && !surname.empty()) {
    words.emplace(searchable(fold(given + " " + surname)));
    words.emplace(searchable(fold(surname + " " + given)));
  }
  if (!alias.empty()) {
    words.emplace(searchable(alias));
    words.emplace(searchable("=" + alias));
  }
  for (const std::string& proxy : texts_of(row.properties, kProxies)) {
    if (has_type(proxy, "smtp:")) words.emplace(searchable(fold(proxy.substr(5))));
  }
  return words;
}

Status write_set(sql::Database& database, std::string_view erase, std::string_view add, u32 id,
                 const std::set<std::string>& before, const std::set<std::string>& now) {
  for (const std::string& gone : before) {
    if (!now.contains(gone)) ROPEWALK_CHECK(database.run(erase, gone, id));
  }
  for (const std::string& fresh : now) {
    if (!before.contains(fresh)) ROPEWALK_CHECK(database.run(add, fresh, id));
  }
  return {};
}

Status write_logins(sql::Database& database, const Row* before, const Row& row) {
  const auto had = before != nullptr ? before->logins : std::vector<std::string>();
  if (had == row.logins) return {};
  if (!had.empty()) ROPEWALK_CHECK(database.run("DELETE FROM object_login WHERE object = ?", row.object.id));
  for (const std::string& login : row.logins) {
    ROPEWALK_CHECK(database.run("INSERT INTO object_login (login, local_part, object) VALUES (?, ?, ?)", login,
                                local_part(login), row.object.id));
  }
  return {};
}

Status write_keys(sql::Database& database, const Row* before, const Row& row) {
  ROPEWALK_CHECK(write_logins(database, before, row));
  const std::set<std::string> none;
  ROPEWALK_CHECK(write_set(database, "DELETE FROM object_address WHERE address = ? AND object = ?",
                           "INSERT INTO object_address (address, object) VALUES (?, ?)", row.object.id,
                           before != nullptr ? address_keys(*before) : none, address_keys(row)));
  return write_set(database, "DELETE FROM object_word WHERE word = ? AND object = ?",
                   "INSERT INTO object_word (word, object) VALUES (?, ?)", row.object.id,
                   before != nullptr ? words_of(*before) : none, words_of(row));
}

// An error where another object than `row` has one of its addresses, its DN, GUID or origin.
Status check_unused(sql::Database& database, const Row* before, const Row& row) {
  const auto check = [&](std::string_view sql, const auto& value, std::string_view what,
                         std::string_view text) -> Status {
    ROPEWALK_TRY(const auto other, database.integer(sql, value));
    if (!other || *other == row.object.id) return {};
    ROPEWALK_TRY(const auto who, find(database, static_cast<u32>(*other)));
    return Error{std::string(what) + " " + std::string(text) + " belongs to " +
                 (who ? what_is(*who) + " already" : "another object")};
  };
  const std::string& dn = row.object.legacy_dn;
  if (before == nullptr || before->object.legacy_dn != dn) {
    ROPEWALK_CHECK(check("SELECT id FROM object WHERE legacy_dn = ?", dn, "the DN", dn));
    const std::string key = "x500:" + mapi::ascii_lowered(dn);
    ROPEWALK_CHECK(check("SELECT object FROM object_address WHERE address = ?", key, "the DN", dn));
  }
  for (const std::string& key : address_keys(row)) {
    ROPEWALK_CHECK(check("SELECT object FROM object_address WHERE address = ?", key,
                         key.starts_with("smtp:") ? "the address" : "the DN", key.substr(5)));
  }
  const ByteView guid(row.object.guid.bytes);
  ROPEWALK_CHECK(check("SELECT id FROM object WHERE guid = ?", guid, "the GUID", row.object.guid.to_string()));
  for (const std::string& login : row.logins) {
    ROPEWALK_CHECK(check("SELECT object FROM object_login WHERE login = ?", login, "the sign-in name", login));
  }
  if (!row.origin_id.empty()) {
    ROPEWALK_CHECK(check("SELECT id FROM object WHERE origin_id = ?", row.origin_id, "the entry", row.origin_id));
  }
  if (row.origin.empty()) return {};
  return check("SELECT id FROM object WHERE origin = ?", row.origin, "the entry", row.origin);
}

Status check_logins(const Row& row) {
  if (row.logins.empty()) return {};
  if (row.object.user_id == 0) return Error{"only users have sign-in names"};
  if (row.logins.size() > kMostLogins)
    return Error{"it has more than " + std::to_string(kMostLogins) + " sign-in names"};
  for (const std::string& login : row.logins) {
    const bool is_plain = std::ranges::none_of(
        login, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == '\\' || c == '"'; });
    if (login.empty() || login.size() > kLongestName || !is_plain || !is_utf8(login)) {
      return Error{"\"" + login.substr(0, kLongestName) + "\" is no sign-in name (user1, or user1@realm)"};
    }
  }
  return {};
}

Status check(const Row& row) {
  const Object& object = row.object;
  if (object.name.find_first_not_of(' ') == object.name.npos) return Error{"it has no name"};
  const auto is_control = [](char c) { return static_cast<u8>(c) < 0x20 || c == 0x7f; };
  for (const std::string* name : {&object.name, &object.phonetic}) {
    if (name->size() > kLongestName || !is_utf8(*name) || std::ranges::any_of(*name, is_control)) {
      return Error{"the name must be one line of UTF-8 of at most " + std::to_string(kLongestName) + " bytes"};
    }
  }
  if (!object.address.empty()) {
    if (std::string why = objection_to_address(object.address); !why.empty()) {
      return Error{"\"" + object.address + "\" is not a mail address, " + why};
    }
  } else if (object.user_id != 0 || object.kind == Kind::contact) {
    return Error{"it has no mail address"};
  }
  if (std::string why = objection_to_dn(object.legacy_dn); !why.empty()) {
    return Error{"the DN \"" + object.legacy_dn + "\" cannot be used, " + why};
  }
  return check_logins(row);
}

std::optional<std::string_view> null_if_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

// The column `logins`.
std::string lines_of(const std::vector<std::string>& texts) {
  std::string lines;
  for (const std::string& text : texts) (lines += text) += '\n';
  return lines;
}

// The user's own row, where a mailbox's name or address changed.
Status update_user(sql::Database& database, const Object& object) {
  if (object.user_id == 0) return {};
  return database.run("UPDATE user SET address = ?, local_part = ?, name = ?, legacy_dn = ? WHERE id = ?",
                      object.address, local_part(object.address), object.name, object.legacy_dn, object.user_id);
}

Status add_list(sql::Database& database, u32 id, std::optional<u32> parent, std::string_view name, u32 kinds,
                bool is_global) {
  const Guid guid = Guid::random();
  ROPEWALK_CHECK(database.run(
      "INSERT INTO object_list (id, parent, guid, name, kinds, filter, is_global) VALUES (?, ?, ?, ?, ?, '', ?)", id,
      parent, ByteView(guid.bytes), name, kinds, is_global));
  return note_change(database, id);
}

Status begin_lists(sql::Database& database) {
  const auto bits = [](auto... kinds) { return ((u32{1} << static_cast<int>(kinds)) | ...); };
  const std::pair<std::string_view, u32> lists[] = {
      {"All Contacts", bits(Kind::contact)},
      {"All Groups", bits(Kind::group, Kind::dynamic_group)},
      {"All Rooms", bits(Kind::room)},
      {"All Users", bits(Kind::mailbox, Kind::room, Kind::equipment)},
      {"Public Folders", bits(Kind::public_folder)},
  };
  ROPEWALK_TRY(u32 id, next_id(database));
  ROPEWALK_CHECK(add_list(database, id, std::nullopt, "Global Address List", ~u32{0}, true));
  ROPEWALK_TRY(const u32 all, next_id(database));
  ROPEWALK_CHECK(add_list(database, all, std::nullopt, "All Address Lists", 0, false));
  for (const auto& [name, kinds] : lists) {
    ROPEWALK_TRY(id, next_id(database));
    ROPEWALK_CHECK(add_list(database, id, all, name, kinds, false));
  }
  return {};
}

}  // namespace

Guid guid_of(ByteView bytes) {
  Guid guid;
  std::copy_n(bytes.begin(), std::min(bytes.size(), guid.bytes.size()), guid.bytes.begin());
  return guid;
}

Object object_of(const sql::Statement& row) {
  Object object;
  object.id = static_cast<u32>(row.integer(0));
  object.kind = static_cast<Kind>(row.integer(1));
  object.guid = guid_of(row.blob(2));
  object.user_id = row.integer(3);
  object.legacy_dn = row.text(4);
  object.address = row.text(5);
  object.name = row.text(6);
  object.phonetic = row.text(7);
  object.hidden = row.integer(8) != 0;
  return object;
}

std::vector<std::string> of_lines(std::string_view lines) {
  std::vector<std::string> texts;
  for (auto end = lines.find('\n'); end != lines.npos; end = lines.find('\n')) {
    texts.emplace_back(lines.substr(0, end));
    lines.remove_prefix(end + 1);
  }
  return texts;
}

Result<mapi::PropertyBag> unpack(ByteView blob) {
  mapi::PropertyBag bag;
  if (blob.empty()) return bag;
  Arena arena(Arena::kDefaultLimit, 1000);  // small: thousands of objects are read in a row
  StoredProperties stored;
  wire::Decoder decoder(blob, arena);
  decoder("StoredProperties", stored);
  if (!decoder.ok()) return Error{"the stored properties of an address book object are damaged"};
  const auto& values = stored.values;
  for (const mapi::TaggedPropertyValue& value : values) bag.set(value.tag, value.value);
  return bag;
}

Result<std::vector<u8>> pack(const mapi::PropertyBag& properties) {
  std::vector<mapi::TaggedPropertyValue> values;
  for (const mapi::Property& property : properties.all()) values.push_back({property});
  std::ranges::sort(values, {}, [](const auto& value) { return value.tag; });
  wire::OutBuffer out;
  wire::Encoder encoder(out);
  encoder("StoredProperties", StoredProperties{wire::List<mapi::TaggedPropertyValue>::view(values)});
  if (!encoder.ok()) return Error{"a property's value cannot be stored"};
  return std::vector<u8>(out.view().begin(), out.view().end());
}

// As pack(), of what is to be stored.
static Result<std::vector<u8>> packed_to_store(const mapi::PropertyBag& properties) {
  ROPEWALK_TRY(auto blob, pack(properties));
  if (blob.size() <= kMostStored) return blob;
  return Error{"its properties take " + std::to_string(blob.size()) + " bytes, and " + std::to_string(kMostStored) +
               " are the most; a smaller photo?"};
}

Result<std::optional<Object>> find(sql::Database& database, u32 id) {
  ROPEWALK_TRY(auto found, database.prepare("SELECT " ROPEWALK_OBJECT_COLUMNS " FROM object WHERE id = ?"));
  ROPEWALK_TRY(const bool there, found.bind(1, id).step());
  return there ? std::optional<Object>(object_of(found)) : std::nullopt;
}

Result<std::optional<Row>> read(sql::Database& database, u32 id) {
  ROPEWALK_TRY(auto found, database.prepare("SELECT " ROPEWALK_OBJECT_COLUMNS
                                            ", filter, source, origin, origin_id, logins, properties "
                                            "FROM object WHERE id = ?"));
  ROPEWALK_TRY(const bool there, found.bind(1, id).step());
  if (!there) return std::optional<Row>();
  Row row;
  row.object = object_of(found);
  row.filter = found.text(kObjectColumnCount);
  row.source = static_cast<Source>(found.integer(kObjectColumnCount + 1));
  row.origin = found.text(kObjectColumnCount + 2);
  row.origin_id = found.text(kObjectColumnCount + 3);
  row.logins = of_lines(found.text(kObjectColumnCount + 4));
  ROPEWALK_TRY(row.properties, unpack(found.blob(kObjectColumnCount + 5)));
  return std::optional<Row>(std::move(row));
}

Status insert(sql::Database& database, const std::string& organization, Row& row) {
  Object& object = row.object;
  if (object.guid.is_null()) object.guid = Guid::random();
  if (object.name.empty()) object.name = local_part(object.address);
  if (row.properties.find_id(kAlias.id()) == nullptr) {
    if (const std::string alias = default_alias(object); !alias.empty()) row.properties.set_text(kAlias, alias);
  }
  if (object.legacy_dn.empty()) {
    ROPEWALK_TRY(object.legacy_dn, unused_dn(database, organization, row.properties.text(kAlias), object.guid));
  }
  settle_proxies(nullptr, row);
  ROPEWALK_CHECK(check(row));
  ROPEWALK_CHECK(check_unused(database, nullptr, row));
  ROPEWALK_TRY(const auto blob, packed_to_store(row.properties));
  const auto user = object.user_id == 0 ? std::nullopt : std::optional(object.user_id);
  ROPEWALK_CHECK(database.run(
      "INSERT INTO object (kind, guid, user_id, legacy_dn, address, name, phonetic, hidden, filter, source, origin, "
      "origin_id, logins, properties) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      object.kind, ByteView(object.guid.bytes), user, object.legacy_dn, object.address, object.name, object.phonetic,
      object.hidden, row.filter, row.source, null_if_empty(row.origin), null_if_empty(row.origin_id),
      lines_of(row.logins), blob));
  object.id = static_cast<u32>(database.last_insert_rowid());
  ROPEWALK_CHECK(write_keys(database, nullptr, row));
  return note_change(database, object.id);
}

Status update(sql::Database& database, const Row& before, Row& row) {
  const Object &object = row.object, &was = before.object;
  settle_proxies(&before, row);
  ROPEWALK_CHECK(check(row));
  ROPEWALK_TRY(const auto blob, packed_to_store(row.properties));
  ROPEWALK_TRY(const auto blob_before, pack(before.properties));
  const auto facts = [](const Row& of) {
    const Object& o = of.object;
    return std::tie(o.kind, o.legacy_dn, o.address, o.name, o.phonetic, o.hidden, of.filter, of.source, of.origin,
                    of.origin_id, of.logins);
  };
  if (facts(before) == facts(row) && blob == blob_before) return {};
  ROPEWALK_CHECK(check_unused(database, &before, row));
  if (object.address != was.address || object.name != was.name || object.legacy_dn != was.legacy_dn) {
    ROPEWALK_CHECK(update_user(database, object));
  }
  ROPEWALK_CHECK(database.run(
      "UPDATE object SET kind = ?, legacy_dn = ?, address = ?, name = ?, phonetic = ?, "
      "hidden = ?, filter = ?, source = ?, origin = ?, origin_id = ?, logins = ?, properties = ? WHERE id = ?",
      object.kind, object.legacy_dn, object.address, object.name, object.phonetic, object.hidden, row.filter,
      row.source, null_if_empty(row.origin), null_if_empty(row.origin_id), lines_of(row.logins), blob, object.id));
  ROPEWALK_CHECK(write_keys(database, &before, row));
  return note_change(database, object.id);
}

Status erase(sql::Database& database, u32 id) {
  ROPEWALK_TRY(const auto others, ids_of(database,
                                         "SELECT target FROM object_link WHERE source = ?1 UNION "
                                         "SELECT source FROM object_link WHERE target = ?1",
                                         id));
  ROPEWALK_CHECK(database.run("DELETE FROM object WHERE id = ?", id));  // the rest goes with it
  for (u32 other : others) {
    if (other != id) ROPEWALK_CHECK(note_change(database, other));
  }
  return note_change(database, id);
}

Status note_change(sql::Database& database, u32 id) {
  return database.run(
      "INSERT OR REPLACE INTO object_change (object, change) "
      "VALUES (?, (SELECT coalesce(max(change), 0) + 1 FROM object_change))",
      id);
}

Result<i64> last_change(sql::Database& database) {
  ROPEWALK_TRY(const auto last, database.integer("SELECT coalesce(max(change), 0) FROM object_change"));
  return last.value_or(0);
}

Result<u32> next_id(sql::Database& database) {
  ROPEWALK_TRY(const auto id,
               database.integer("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'object' RETURNING seq"));
  if (!id) return Error{"the address book has lost count of its objects"};
  return static_cast<u32>(*id);
}

Status begin_address_book(sql::Database& database) {
  ROPEWALK_TRY(const auto has_lists, database.integer("SELECT 1 FROM object_list LIMIT 1"));
  if (!has_lists) ROPEWALK_CHECK(begin_lists(database));
  std::vector<Object> users;
  {
    ROPEWALK_TRY(auto found, database.prepare("SELECT id, address, name, legacy_dn FROM user WHERE id NOT IN "
                                              "(SELECT user_id FROM object WHERE user_id IS NOT NULL) ORDER BY id"));
    for (;;) {
      ROPEWALK_TRY(const bool more, found.step());
      if (!more) break;
      Object object;
      object.user_id = found.integer(0);
      object.address = found.text(1);
      object.name = found.text(2);
      object.legacy_dn = found.text(3);
      users.push_back(std::move(object));
    }
  }
  for (Object& user : users) {
    Row row;
    row.object = std::move(user);
    ROPEWALK_CHECK(insert(database, "", row));
  }
  return {};
}

}  // namespace ropewalk::directory::rows
