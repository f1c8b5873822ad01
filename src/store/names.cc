// Named properties: ids from 0x8000 on, given once and for good.
#include <algorithm>

#include "store/mailbox_store.h"
#include "store/store_core.h"

namespace ropewalk::store {
namespace {

constexpr i64 kFirstId = 0x8000, kLastId = 0xFFFE;
// [MS-OXPROPS] 1.3.2: names in this set are property ids themselves.
constexpr Guid kPsMapi = guid_literal("00020328-0000-0000-c000-000000000046");

// The id where it needs no looking up; nullopt where it does.
std::optional<u16> known_id(const StoreCore& core, const mapi::PropertyName& name) {
  if (name.set == kPsMapi) return name.lid && *name.lid < kFirstId ? static_cast<u16>(*name.lid) : u16{0};
  auto found = core.name_ids.find(name_key(name));
  return found == core.name_ids.end() ? std::nullopt : std::optional(found->second);
}

Outcome<i64> give_id(sql::Database& database, const mapi::PropertyName& name) {
  const ByteView set(name.set.bytes);
  ROPEWALK_TRY(auto known,
               name.lid ? database.integer("SELECT id FROM names WHERE property_set = ? AND lid = ?", set, *name.lid)
                        : database.integer("SELECT id FROM names WHERE property_set = ? AND name = ?", set, name.name));
  if (known) return *known;
  ROPEWALK_TRY(auto last, database.integer("SELECT max(id) FROM names"));
  const i64 id = std::max(kFirstId, last.value_or(0) + 1);
  if (id > kLastId) return Failure(mapi::ErrorCode::mapi_oom, "the mailbox has no property id left for another name");
  ROPEWALK_CHECK(name.lid
                     ? database.run("INSERT INTO names (id, property_set, lid) VALUES (?, ?, ?)", id, set, *name.lid)
                     : database.run("INSERT INTO names (id, property_set, name) VALUES (?, ?, ?)", id, set, name.name));
  return id;
}

}  // namespace

Outcome<std::vector<u16>> MailboxStore::ids_of_names(std::span<const mapi::PropertyName> names, bool create) {
  std::vector<u16> ids(names.size());
  std::vector<std::size_t> missing;
  {
    std::shared_lock lock(core_->names_mutex);
    for (std::size_t i = 0; i < names.size(); ++i) {
      auto known = known_id(*core_, names[i]);
      ids[i] = known.value_or(0);
      if (!known) missing.push_back(i);
    }
  }
  if (missing.empty() || !create) return ids;
  auto work = [&](WriteContext& context) -> Outcome<void> {
    for (std::size_t i : missing) {
      ROPEWALK_TRY(i64 id, give_id(context.database, names[i]));
      ids[i] = static_cast<u16>(id);
      context.after_commit([core = core_.get(), id, name = names[i]] {
        std::unique_lock lock(core->names_mutex);
        core->name_ids[name_key(name)] = static_cast<u16>(id);
        core->names[static_cast<u16>(id)] = name;
      });
    }
    return {};
  };
  ROPEWALK_CHECK(core_->write(work));
  return ids;
}

std::vector<std::optional<mapi::PropertyName>> MailboxStore::names_of_ids(std::span<const u16> ids) const {
  std::vector<std::optional<mapi::PropertyName>> names(ids.size());
  std::shared_lock lock(core_->names_mutex);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] < kFirstId) {  // [MS-OXCPRPT] 3.2.5.10: below, the id is the name
      if (ids[i] != 0) names[i] = mapi::PropertyName{kPsMapi, ids[i], {}};
      continue;
    }
    auto found = core_->names.find(ids[i]);
    if (found != core_->names.end()) names[i] = found->second;
  }
  return names;
}

std::vector<std::pair<u16, mapi::PropertyName>> MailboxStore::all_names(const std::optional<Guid>& set) const {
  std::vector<std::pair<u16, mapi::PropertyName>> all;
  std::shared_lock lock(core_->names_mutex);
  for (const auto& [id, name] : core_->names)
    if (!set || name.set == *set) all.emplace_back(id, name);
  std::ranges::sort(all, {}, &std::pair<u16, mapi::PropertyName>::first);
  return all;
}

}  // namespace ropewalk::store
