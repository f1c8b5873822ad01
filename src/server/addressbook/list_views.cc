#include "server/addressbook/list_views.h"

namespace ropewalk::server {
namespace {

std::string key_of(const directory::Object& object, bool phonetic, const NameOrder& order) {
  return name_sort_key(phonetic && !object.phonetic.empty() ? object.phonetic : object.name, order);
}

}  // namespace

Result<ListCache::Now> ListCache::now() {
  i64 before = 0;
  {
    std::lock_guard guard(lock_);
    before = known_.upto;
  }
  ROPEWALK_TRY(auto changes, book_.changes_since(before));
  {
    std::lock_guard guard(lock_);
    if (known_.lists != nullptr && !changes.all && changes.ids.empty()) return known_;
  }
  // A change may be a list's: there are few, and changes are rare beside questions.
  ROPEWALK_TRY(auto lists, book_.lists());
  Now read{std::make_shared<const std::vector<directory::AddressList>>(std::move(lists)), changes.upto};
  std::lock_guard guard(lock_);
  if (known_.lists == nullptr || known_.upto <= read.upto) known_ = read;
  return read;
}

Result<ListViews::Open> ListViews::open(const directory::AddressList& list, bool phonetic, u32 locale, i64 upto) {
  const Name name{list.id, phonetic, name_order(locale)};
  std::shared_ptr<Kept> kept;
  {
    std::lock_guard guard(lock_);
    auto& there = views_[name];
    if (there == nullptr) there = std::make_shared<Kept>();
    there->used = ++clock_;
    kept = there;
  }
  Open opened(std::move(kept));
  const bool current = upto > 0 && opened.kept_->filled && opened.kept_->upto >= upto;
  if (!current) ROPEWALK_CHECK(bring_up_to_date(*opened.kept_, list, name));
  account(*opened.kept_);
  return opened;
}

Status ListViews::bring_up_to_date(Kept& kept, const directory::AddressList& list, const Name& name) {
  ROPEWALK_TRY(auto changes, book_.changes_for(list, kept.upto));
  // One place costs a move of what stands behind it: past some hundreds, all places anew are cheaper.
  const bool many = changes.ids.size() > 256 && changes.ids.size() > kept.view.size() / 16;
  const bool list_changed = std::find(changes.ids.begin(), changes.ids.end(), list.id) != changes.ids.end();
  if (!kept.filled || changes.all || many || list_changed) {
    ROPEWALK_CHECK(fill(kept, list, name));
  } else {
    for (u32 id : changes.ids) {
      ROPEWALK_TRY(auto object, book_.find(id));
      bool shown = false;
      if (object) {
        ROPEWALK_TRY(shown, book_.shows(list, *object));
      }
      if (shown)
        kept.view.put(id, key_of(*object, name.phonetic, name.order));
      else
        kept.view.remove(id);
    }
  }
  kept.upto = changes.upto;  // what came meanwhile is seen again next time
  return {};
}

Status ListViews::fill(Kept& kept, const directory::AddressList& list, const Name& name) {
  std::vector<std::pair<u32, std::string>> objects;
  ROPEWALK_CHECK(book_.for_each(list.id, [&](const directory::Object& object) {
    objects.emplace_back(object.id, key_of(object, name.phonetic, name.order));
  }));
  kept.view.fill(std::move(objects));
  kept.filled = true;
  std::lock_guard guard(lock_);
  ++built_;
  return {};
}

// Counts the view's rows, and forgets others until all together are few enough.
void ListViews::account(Kept& kept) {
  std::lock_guard guard(lock_);
  if (kept.forgotten) return;
  entries_ += kept.view.size() - kept.counted;
  kept.counted = kept.view.size();
  while (entries_ > most_entries_) {
    auto oldest = views_.end();
    for (auto at = views_.begin(); at != views_.end(); ++at) {
      if (at->second.get() == &kept) continue;
      if (oldest == views_.end() || at->second->used < oldest->second->used) oldest = at;
    }
    if (oldest == views_.end()) return;
    entries_ -= oldest->second->counted;
    oldest->second->forgotten = true;
    views_.erase(oldest);
  }
}

ListViews::Statistics ListViews::statistics() const {
  std::lock_guard guard(lock_);
  return {views_.size(), entries_, built_};
}

}  // namespace ropewalk::server
