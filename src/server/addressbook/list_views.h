// The sorted views of the address lists: built when they are first asked for, kept current from the directory's
// changes, and forgotten, the longest unused first, where they would take too much memory.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "directory/address_book.h"
#include "server/addressbook/name_order.h"
#include "server/addressbook/sorted_view.h"

namespace ropewalk::server {

// The directory's lists and how far it has changed, asked once per request. Thread-safe.
class ListCache {
 public:
  explicit ListCache(directory::AddressBook& book) : book_(book) {}
  struct Now {
    std::shared_ptr<const std::vector<directory::AddressList>> lists;
    i64 upto = 0;
  };
  Result<Now> now();

 private:
  directory::AddressBook& book_;
  std::mutex lock_;
  Now known_;
};

// Thread-safe. A position costs O(log n); a change of the directory costs each view that is asked afterwards one move.
class ListViews {
  struct Kept {
    std::mutex lock;
    bool filled = false;
    i64 upto = 0;  // the directory's change that it knows
    u64 used = 0;
    std::size_t counted = 0;  // of its rows in ListViews::entries_
    bool forgotten = false;   // while somebody had it open
    SortedView view;
  };

 public:
  // `most_entries`: rows in all views together; the view in use is never forgotten.
  ListViews(directory::AddressBook& book, std::size_t most_entries) : book_(book), most_entries_(most_entries) {}

  // A view as the directory is now, locked as long as this lives: to be held shortly, one at a time by a thread.
  class Open {
   public:
    const SortedView* operator->() const { return &kept_->view; }
    const SortedView& operator*() const { return kept_->view; }

   private:
    friend class ListViews;
    explicit Open(std::shared_ptr<Kept> kept) : kept_(std::move(kept)), guard_(kept_->lock) {}
    std::shared_ptr<Kept> kept_;
    std::unique_lock<std::mutex> guard_;
  };
  // `upto`: how far the directory had changed a moment ago, where that is known; 0: it is asked.
  Result<Open> open(const directory::AddressList& list, bool phonetic, u32 locale, i64 upto = 0);

  struct Statistics {
    std::size_t views = 0, entries = 0;
    u64 built = 0;  // views filled anew since the start
  };
  Statistics statistics() const;

 private:
  struct Name {
    u32 list = 0;
    bool phonetic = false;
    NameOrder order;
    auto operator<=>(const Name&) const = default;
  };
  Status bring_up_to_date(Kept& kept, const directory::AddressList& list, const Name& name);
  Status fill(Kept& kept, const directory::AddressList& list, const Name& name);
  void account(Kept& kept);

  directory::AddressBook& book_;
  const std::size_t most_entries_;
  mutable std::mutex lock_;  // of what follows; taken while a view is locked, never the other way round
  std::map<Name, std::shared_ptr<Kept>> views_;
  std::size_t entries_ = 0;
  u64 clock_ = 0, built_ = 0;
};

}  // namespace ropewalk::server
