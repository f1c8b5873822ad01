#include "directory/address_book.h"

#include <algorithm>

#include "directory/address_book_state.h"
#include "directory/folded_text.h"
#include "directory/schema.h"
#include "mapi/ascii_case.h"

namespace ropewalk::directory {

namespace {

constexpr int kReaderCacheKib = 8 * 1024;
constexpr int kWriterCacheKib = 64 * 1024;
constexpr std::size_t kMostIdle = 8;
constexpr i64 kMostChanges = 20'000;  // more than that is read faster as a whole

constexpr std::string_view kKindNames[] = {"mailbox", "room",          "equipment",    "contact",
                                           "group",   "dynamic_group", "public_folder"};

// As the keys in object_address are written.
std::string address_key(std::string_view type, std::string_view address) {
  return std::string(type) + mapi::ascii_lowered(address);
}

}  // namespace

std::string_view name_of(Kind kind) {
  const auto index = static_cast<std::size_t>(kind);
  return index < std::size(kKindNames) ? kKindNames[index] : "unknown";
}

std::optional<Kind> kind_named(std::string_view name) {
  const auto found = std::ranges::find(kKindNames, name);
  if (found == std::end(kKindNames)) return std::nullopt;
  return static_cast<Kind>(found - std::begin(kKindNames));
}

AddressBook::AddressBook(std::unique_ptr<State> state) : state_(std::move(state)) {}
AddressBook::~AddressBook() = default;

Result<std::unique_ptr<AddressBook>> AddressBook::open(const std::string& data_folder,
                                                       const std::string& organization) {
  ROPEWALK_CHECK(check_organization(organization));
  ROPEWALK_TRY(auto database, open_database(data_folder, kWriterCacheKib));
  return std::unique_ptr<AddressBook>(
      new AddressBook(std::make_unique<State>(data_folder, organization, std::move(database))));
}

Result<AddressBook::State::Reading> AddressBook::State::Reading::begin(State& state) {
  Reading reading(state);
  if (state.writes.load() == std::this_thread::get_id()) return reading;
  {
    std::lock_guard guard(state.lock);
    if (!state.idle.empty()) {
      reading.own_ = std::move(state.idle.back());
      state.idle.pop_back();
      return reading;
    }
  }
  ROPEWALK_TRY(reading.own_, open_database(state.folder, kReaderCacheKib));
  return reading;
}

AddressBook::State::Reading::~Reading() {
  if (state_ == nullptr || !own_) return;
  std::lock_guard guard(state_->lock);
  if (state_->idle.size() < kMostIdle) state_->idle.push_back(std::move(*own_));
}

Result<std::optional<Object>> AddressBook::find(u32 id) {
  return state_->find_one("SELECT " ROPEWALK_OBJECT_COLUMNS " FROM object WHERE id = ?", id);
}

Result<std::optional<Object>> AddressBook::find_by_dn(std::string_view legacy_dn) {
  ROPEWALK_TRY(auto found,
               state_->find_one("SELECT " ROPEWALK_OBJECT_COLUMNS " FROM object WHERE legacy_dn = ?", legacy_dn));
  if (found) return found;
  const std::string key = address_key("x500:", legacy_dn);
  return state_->find_one("SELECT " ROPEWALK_OBJECT_COLUMNS
                          " FROM object WHERE id = (SELECT object FROM object_address WHERE address = ?)",
                          key);
}

Result<std::optional<Object>> AddressBook::find_by_address(std::string_view address) {
  const std::string key = address_key("smtp:", address);
  return state_->find_one("SELECT " ROPEWALK_OBJECT_COLUMNS
                          " FROM object WHERE id = (SELECT object FROM object_address WHERE address = ?)",
                          key);
}

Result<std::optional<Object>> AddressBook::find_by_user(i64 user_id) {
  return state_->find_one("SELECT " ROPEWALK_OBJECT_COLUMNS " FROM object WHERE user_id = ?", user_id);
}

Result<std::optional<Object>> AddressBook::find_by_guid(const Guid& guid) {
  return state_->find_one("SELECT " ROPEWALK_OBJECT_COLUMNS " FROM object WHERE guid = ?", ByteView(guid.bytes));
}

Result<std::optional<Object>> AddressBook::find_by_origin(std::string_view origin) {
  return state_->find_one("SELECT " ROPEWALK_OBJECT_COLUMNS " FROM object WHERE origin = ?", origin);
}

Result<std::optional<Object>> AddressBook::find_by_origin_id(std::string_view origin_id) {
  return state_->find_one("SELECT " ROPEWALK_OBJECT_COLUMNS " FROM object WHERE origin_id = ?", origin_id);
}

Result<std::vector<mapi::PropertyBag>> AddressBook::properties(std::span<const u32> ids) {
  ROPEWALK_TRY(auto found, find_all(ids, true));
  std::vector<mapi::PropertyBag> bags;
  bags.reserve(ids.size());
  for (auto& one : found) bags.push_back(one ? std::move(one->properties) : mapi::PropertyBag());
  return bags;
}

Result<std::vector<std::optional<AddressBook::Found>>> AddressBook::find_all(std::span<const u32> ids, bool stored) {
  ROPEWALK_TRY(auto reading, State::Reading::begin(*state_));
  // One transaction: the locks of a file cost more than a row.
  std::optional<sql::Transaction> all;
  if (ids.size() > 1 && !reading.database().in_transaction()) {
    ROPEWALK_TRY(auto begun, sql::Transaction::begin(reading.database(), sql::Mode::deferred));
    all.emplace(std::move(begun));
  }
  constexpr std::string_view kAll = "SELECT " ROPEWALK_OBJECT_COLUMNS ", properties FROM object WHERE id = ?",
                             kObject = "SELECT " ROPEWALK_OBJECT_COLUMNS " FROM object WHERE id = ?";
  ROPEWALK_TRY(auto row, reading.database().prepare(stored ? kAll : kObject));
  std::vector<std::optional<Found>> found(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    row.reset();
    ROPEWALK_TRY(const bool there, row.bind(1, ids[i]).step());
    if (!there) continue;
    found[i].emplace(Found{rows::object_of(row), {}});
    if (stored) {
      ROPEWALK_TRY(found[i]->properties, rows::unpack(row.blob(rows::kObjectColumnCount)));
    }
  }
  row.reset();
  return found;
}

Result<std::vector<u32>> AddressBook::linked(u32 id, Link link) {
  ROPEWALK_TRY(auto reading, State::Reading::begin(*state_));
  return rows::ids_of(reading.database(), "SELECT target FROM object_link WHERE source = ? AND link = ? ORDER BY id",
                      id, link);
}

Result<std::vector<u32>> AddressBook::linking(u32 id, Link link) {
  ROPEWALK_TRY(auto reading, State::Reading::begin(*state_));
  return rows::ids_of(reading.database(), "SELECT source FROM object_link WHERE target = ? AND link = ? ORDER BY id",
                      id, link);
}

Result<ObjectChanges> AddressBook::State::changes(sql::Database& database, i64 since) {
  ObjectChanges changes;
  ROPEWALK_TRY(changes.upto, rows::last_change(database));
  if (since >= changes.upto) return changes;
  changes.all = since <= 0 || changes.upto - since > kMostChanges;
  if (changes.all) return changes;
  ROPEWALK_TRY(
      changes.ids,
      rows::ids_of(database, "SELECT object FROM object_change WHERE change > ? AND change <= ? ORDER BY object", since,
                   changes.upto));
  return changes;
}

Result<ObjectChanges> AddressBook::changes_since(i64 change) {
  ROPEWALK_TRY(auto reading, State::Reading::begin(*state_));
  return State::changes(reading.database(), change);
}

Result<std::vector<u32>> AddressBook::named(std::string_view text, std::size_t most) {
  std::string from = fold(text);
  if (from.starts_with("smtp:")) from.erase(0, 5);
  ROPEWALK_TRY(auto ids, beginning_with(from, most));
  // "Surname, Given name" is kept without the comma.
  const auto comma = from.find(',');
  if (!ids.empty() || comma == from.npos) return ids;
  const std::string_view behind = trimmed(std::string_view(from).substr(comma + 1));
  if (behind.empty()) return ids;
  return beginning_with(std::string(trimmed(std::string_view(from).substr(0, comma))) + " " + std::string(behind),
                        most);
}

// `from`: folded.
Result<std::vector<u32>> AddressBook::beginning_with(std::string_view text, std::size_t most) {
  const std::string from(searchable(trimmed(text)));
  if (from.empty() || from == "=" || most == 0) return std::vector<u32>();
  const bool exact = from.front() == '=';
  const std::string upto = exact ? from : from + "\xF4\x8F\xBF\xBF";  // after every text that begins so
  ROPEWALK_TRY(auto reading, State::Reading::begin(*state_));
  ROPEWALK_TRY(auto ids, rows::ids_of(reading.database(),
                                      "SELECT DISTINCT object FROM object_word WHERE word >= ? AND word <= ? LIMIT ?",
                                      from, upto, most));
  std::ranges::sort(ids);
  return ids;
}

Result<std::string> AddressBook::filter(u32 group) {
  ROPEWALK_TRY(auto reading, State::Reading::begin(*state_));
  ROPEWALK_TRY(auto found, reading.database().prepare("SELECT filter FROM object WHERE id = ?"));
  ROPEWALK_TRY(const bool there, found.bind(1, group).step());
  return there ? std::string(found.text(0)) : std::string();
}

Result<AddressBook::Provenance> AddressBook::provenance(u32 id) {
  ROPEWALK_TRY(auto reading, State::Reading::begin(*state_));
  ROPEWALK_TRY(auto found,
               reading.database().prepare("SELECT source, origin, origin_id, logins FROM object WHERE id = ?"));
  ROPEWALK_TRY(const bool there, found.bind(1, id).step());
  if (!there) return Provenance{};
  return Provenance{static_cast<Source>(found.integer(0)), std::string(found.text(1)), std::string(found.text(2)),
                    rows::of_lines(found.text(3))};
}

}  // namespace ropewalk::directory
