// The tables of a folder's messages.
#include <algorithm>
#include <set>

#include "mapi/property_tags.h"
#include "store/cursor_table.h"
#include "store/mailbox_store.h"

namespace ropewalk::store {
namespace {

using mapi::PropTag;

class ContentsTable final : public CursorTable {
 public:
  ContentsTable(std::shared_ptr<MailboxStore> store, i64 folder, bool associated)
      : CursorTable(std::move(store)), folder_(folder), associated_(associated) {
    (void)begin();
  }

  Outcome<std::vector<PropTag>> all_columns() override;

 private:
  Outcome<void> visit_rows(sql::Database& database, std::span<const RowKey> keys, RowVisitor& visitor) override {
    ROPEWALK_TRY(auto statement, database.prepare("SELECT " ROPEWALK_MESSAGE_COLUMNS " FROM messages WHERE id = ?"));
    for (std::size_t i = 0; i < keys.size(); ++i) {
      statement.reset();
      ROPEWALK_TRY(bool found, statement.bind(1, keys[i].id).step());
      if (!found) continue;
      const MessageRow row = read_row(statement);
      if (row.folder != folder_) continue;
      ROPEWALK_TRY(bool more, visitor.visit(i, MessageSource(store_->core(), database, row), row.hot.bytes()));
      if (!more) break;
    }
    return {};
  }

  std::optional<mapi::Property> cell(const PropertySource& row, PropTag tag, Arena& arena) override {
    return static_cast<const MessageSource&>(row).cell_property(tag, arena);
  }

  Outcome<std::unique_ptr<RowOrder>> make_order(std::span<const SortKey> keys,
                                                const mapi::Restriction* restriction) override {
    const bool by_delivery =
        keys.empty() || (keys.size() == 1 && keys[0].tag == PropTag(mapi::tag::PidTagMessageDeliveryTime));
    if (by_delivery && restriction == nullptr)
      return make_delivery_order(store_, folder_, associated_, !keys.empty() && keys[0].descending);
    return make_view_order(store_, ViewSpec(folder_, associated_, keys, restriction));
  }

  const i64 folder_;
  const bool associated_;
};

Outcome<std::vector<PropTag>> ContentsTable::all_columns() {
  constexpr int kSample = 100;
  std::set<PropTag> all(computed_tags().begin(), computed_tags().end());
  all.insert(PropTag(mapi::tag::PidTagMessageDeliveryTime));
  all.insert(PropTag(mapi::tag::PidTagNormalizedSubject));
  ROPEWALK_TRY(Reader reader, store_->core().reader());
  ROPEWALK_TRY(auto row, reader->prepare("SELECT props FROM messages WHERE folder = ? AND associated = ? LIMIT ?"));
  row.bind_all(folder_, associated_, kSample);
  for (;;) {
    ROPEWALK_TRY(bool found, row.step());
    if (!found) return std::vector<PropTag>(all.begin(), all.end());
    PackedView hot(row.blob(0));
    for (std::size_t i = 0; i < hot.size(); ++i) all.insert(hot.entry(i).tag);
  }
}

}  // namespace

Outcome<std::unique_ptr<Table>> MailboxStore::contents_table(mapi::FolderId folder, bool associated) {
  if (!folder_exists(folder)) return Failure(mapi::ErrorCode::not_found, "there is no folder " + folder.to_string());
  return std::unique_ptr<Table>(new ContentsTable(shared_from_this(), row_of(folder), associated));
}

}  // namespace ropewalk::store
