// The small tables: subfolders, and a message's attachments. Their rows are in memory, sorted and filtered there.
#include <algorithm>

#include "mapi/property_tags.h"
#include "store/cursor_table.h"
#include "store/folder_row.h"
#include "store/mailbox_store.h"

namespace ropewalk::store {
namespace {

using mapi::Property;
using mapi::PropTag;
using mapi::Value;
namespace tag = mapi::tag;

struct MemoryRow {
  i64 id = 0;
  std::shared_ptr<const PropertySource> source;
};
using MemoryRows = std::vector<MemoryRow>;

// Gives the rows in the table's own order, anew where they may have changed.
class RowLoader {
 public:
  virtual ~RowLoader() = default;
  virtual Outcome<std::shared_ptr<const MemoryRows>> load(sql::Database& database) = 0;
};

int compare_rows(const MemoryRow& a, const MemoryRow& b, const SortKey& key, Arena& arena) {
  auto x = a.source->property(key.tag, arena), y = b.source->property(key.tag, arena);
  int order = 0;
  if (!x || !y)
    order = int{x.has_value()} - int{y.has_value()};
  else if (x->tag.type() == y->tag.type())
    order = compare_values(x->tag.type(), x->value, y->value);
  return key.descending ? -order : order;
}

class MemoryOrder final : public RowOrder {
 public:
  MemoryOrder(std::shared_ptr<RowLoader> loader, std::span<const SortKey> keys, const mapi::Restriction* restriction)
      : loader_(std::move(loader)), keys_(keys.begin(), keys.end()), restriction_(restriction) {}

  Outcome<u32> count(sql::Database& database) override {
    ROPEWALK_CHECK(refresh(database));
    return static_cast<u32>(rows_.size());
  }
  Outcome<std::vector<RowKey>> slice(sql::Database& database, Place& place, u32 most, bool forward) override {
    ROPEWALK_CHECK(refresh(database));
    const std::size_t at = find(place);
    const std::size_t size = std::min<std::size_t>(most, forward ? rows_.size() - at : at);
    std::vector<RowKey> keys(size);
    for (std::size_t i = 0; i < size; ++i) keys[i].id = rows_[forward ? at + i : at - 1 - i].id;
    return keys;
  }
  Outcome<u32> number(sql::Database& database, Place& place) override {
    ROPEWALK_CHECK(refresh(database));
    return static_cast<u32>(find(place));
  }
  Outcome<Place> place_at(sql::Database& database, u32 wanted) override {
    ROPEWALK_CHECK(refresh(database));
    Place place;
    place.number = std::min<u32>(wanted, static_cast<u32>(rows_.size()));
    if (place.number == 0) return place;
    place.at = place.number < rows_.size() ? Place::At::row : Place::At::end;
    if (place.at == Place::At::row) place.row.id = rows_[place.number].id;
    return place;
  }
  Outcome<bool> still_there(sql::Database& database, const Place& place) override {
    ROPEWALK_CHECK(refresh(database));
    return place.at != Place::At::row || std::ranges::find(rows_, place.row.id, &MemoryRow::id) != rows_.end();
  }
  bool knows_places() const override { return restriction_ == nullptr; }
  Outcome<std::optional<Place>> place_of(sql::Database& database, i64 id) override {
    ROPEWALK_CHECK(refresh(database));
    auto at = std::ranges::find(rows_, id, &MemoryRow::id);
    if (at == rows_.end()) return std::optional<Place>();
    Place place;
    place.at = Place::At::row;
    place.row.id = id;
    place.number = static_cast<u32>(at - rows_.begin());
    return std::optional(place);
  }

 private:
  Outcome<void> refresh(sql::Database& database) {
    ROPEWALK_TRY(auto loaded, loader_->load(database));
    if (loaded == loaded_) return {};
    loaded_ = loaded;
    Arena arena;
    rows_.clear();
    for (const MemoryRow& row : *loaded)
      if (restriction_ == nullptr || satisfies(*row.source, *restriction_, arena)) rows_.push_back(row);
    std::ranges::stable_sort(rows_, [&](const MemoryRow& a, const MemoryRow& b) {
      arena.reset();
      for (const SortKey& key : keys_) {
        const int order = compare_rows(a, b, key, arena);
        if (order != 0) return order < 0;
      }
      return false;
    });
    return {};
  }

  std::size_t find(Place& place) const {
    if (place.at == Place::At::beginning) return 0;
    if (place.at == Place::At::end) return rows_.size();
    auto at = std::ranges::find(rows_, place.row.id, &MemoryRow::id);
    place.number = at != rows_.end() ? static_cast<u32>(at - rows_.begin())
                                     : std::min<u32>(place.number, static_cast<u32>(rows_.size()));
    return place.number;
  }

  std::shared_ptr<RowLoader> loader_;
  std::vector<SortKey> keys_;
  const mapi::Restriction* restriction_;  // the table's
  std::shared_ptr<const MemoryRows> loaded_;
  MemoryRows rows_;
};

class MemoryTable final : public CursorTable {
 public:
  MemoryTable(std::shared_ptr<MailboxStore> store, std::shared_ptr<RowLoader> loader, std::vector<PropTag> columns)
      : CursorTable(std::move(store)), loader_(std::move(loader)), all_(std::move(columns)) {
    (void)begin();
  }
  Outcome<std::vector<PropTag>> all_columns() override { return all_; }

 private:
  Outcome<void> visit_rows(sql::Database& database, std::span<const RowKey> keys, RowVisitor& visitor) override {
    ROPEWALK_TRY(auto rows, loader_->load(database));
    for (std::size_t i = 0; i < keys.size(); ++i) {
      auto at = std::ranges::find(*rows, keys[i].id, &MemoryRow::id);
      if (at == rows->end()) continue;
      ROPEWALK_TRY(bool more, visitor.visit(i, *at->source, {}));
      if (!more) break;
    }
    return {};
  }
  std::optional<Property> cell(const PropertySource& row, PropTag tag, Arena& arena) override {
    auto there = row.property(tag, arena);
    // Views may lead into a row that is replaced at the next change.
    if (there) there->value = mapi::copy_value(there->tag.type(), there->value, arena);
    return there;
  }
  Outcome<std::unique_ptr<RowOrder>> make_order(std::span<const SortKey> keys,
                                                const mapi::Restriction* restriction) override {
    return std::unique_ptr<RowOrder>(new MemoryOrder(loader_, keys, restriction));
  }

  std::shared_ptr<RowLoader> loader_;
  std::vector<PropTag> all_;
};

// ---- folders ----

class FolderSource final : public PropertySource {
 public:
  FolderSource(Folder folder, u32 depth) : folder_(std::move(folder)), depth_(depth) {}
  std::optional<Property> property(PropTag wanted, Arena& arena) const override {
    if (wanted.id() == tag::PidTagDepth >> 16) return Property{PropTag(tag::PidTagDepth), Value::of(depth_)};
    return folder_.property(wanted, arena);
  }
  const Folder& folder() const { return folder_; }

 private:
  Folder folder_;
  u32 depth_;
};

class FolderLoader final : public RowLoader {
 public:
  FolderLoader(const MailboxStore* store, i64 parent, bool deep) : store_(store), parent_(parent), deep_(deep) {}

  Outcome<std::shared_ptr<const MemoryRows>> load(sql::Database& database) override {
    const u64 now = store_->core().commits.load();
    if (rows_ != nullptr && commits_ == now) return rows_;
    ROPEWALK_CHECK(renew_snapshot(database));
    auto rows = std::make_shared<MemoryRows>();
    ROPEWALK_CHECK(add_children(database, parent_, 1, *rows));
    commits_ = now;
    rows_ = std::move(rows);
    return rows_;
  }

 private:
  Outcome<void> add_children(sql::Database& database, i64 parent, u32 depth, MemoryRows& rows) {
    constexpr u32 kMostDepth = 500;
    std::vector<std::shared_ptr<FolderSource>> children;
    {
      ROPEWALK_TRY(auto row, database.prepare("SELECT " ROPEWALK_FOLDER_COLUMNS
                                              " FROM folders WHERE parent = ? ORDER BY name_key"));
      row.bind(1, parent);
      for (;;) {
        ROPEWALK_TRY(bool found, row.step());
        if (!found) break;
        children.push_back(std::make_shared<FolderSource>(read_folder(row, store_), depth));
      }
    }
    for (const auto& child : children) {
      rows.push_back({row_of(child->folder().id), child});
      if (deep_ && child->folder().has_subfolders() && depth < kMostDepth)
        ROPEWALK_CHECK(add_children(database, row_of(child->folder().id), depth + 1, rows));
    }
    return {};
  }

  const MailboxStore* store_;  // held by the table
  const i64 parent_;
  const bool deep_;
  u64 commits_ = 0;
  std::shared_ptr<const MemoryRows> rows_;
};

// ---- attachments ----

class AttachmentSource final : public PropertySource {
 public:
  explicit AttachmentSource(std::shared_ptr<Attachment> attachment) : attachment_(std::move(attachment)) {}
  std::optional<Property> property(PropTag wanted, Arena& arena) const override {
    return attachment_->property(wanted, arena, kMostShown);
  }

 private:
  static constexpr std::size_t kMostShown = 4096;
  std::shared_ptr<Attachment> attachment_;
};

class FixedLoader final : public RowLoader {
 public:
  explicit FixedLoader(MemoryRows rows) : rows_(std::make_shared<MemoryRows>(std::move(rows))) {}
  Outcome<std::shared_ptr<const MemoryRows>> load(sql::Database&) override { return rows_; }

 private:
  std::shared_ptr<const MemoryRows> rows_;
};

}  // namespace

Outcome<std::unique_ptr<Table>> MailboxStore::hierarchy_table(mapi::FolderId folder, bool deep) {
  ROPEWALK_TRY(Folder parent, this->folder(folder));
  auto columns = parent.tags();
  columns.emplace_back(tag::PidTagDepth);
  columns.emplace_back(tag::PidTagContainerClass);
  auto loader = std::make_shared<FolderLoader>(this, row_of(folder), deep);
  return std::unique_ptr<Table>(new MemoryTable(shared_from_this(), std::move(loader), std::move(columns)));
}

Outcome<std::unique_ptr<Table>> MailboxStore::attachment_table(const Message& message) {
  MemoryRows rows;
  std::vector<PropTag> columns{PropTag(tag::PidTagAttachNumber)};
  ROPEWALK_TRY(auto numbers, message.attachments());
  for (const AttachmentInfo& info : numbers) {
    ROPEWALK_TRY(auto attachment, const_cast<Message&>(message).open_attachment(info.number, false));
    for (PropTag there : attachment->tags())
      if (std::ranges::find(columns, there) == columns.end()) columns.push_back(there);
    rows.push_back({static_cast<i64>(info.number) + 1, std::make_shared<AttachmentSource>(std::move(attachment))});
  }
  auto loader = std::make_shared<FixedLoader>(std::move(rows));
  return std::unique_ptr<Table>(new MemoryTable(shared_from_this(), std::move(loader), std::move(columns)));
}

}  // namespace ropewalk::store
