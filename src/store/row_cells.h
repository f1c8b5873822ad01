// Rows of tables as cells. Private to the store.
#pragma once

#include <functional>
#include <span>

#include "mapi/value_fields.h"
#include "store/message_row.h"
#include "store/restriction_eval.h"

namespace ropewalk::store {

// The most bytes of a text or binary value in a table's cell: 255 characters, [MS-OXCTABL] 2.2.2.5.
inline constexpr std::size_t kMostCellBytes = 510;

// Makes the cells of one row of a table; `get` gives the property for each column. Everything ends up in the arena.
// `transient` are bytes that will not live: what points into them is copied.
mapi::PropertyRow make_row(std::span<const mapi::PropTag> columns, u32 code_page, ByteView transient, Arena& arena,
                           const std::function<std::optional<mapi::Property>(mapi::PropTag)>& get);

// The bytes that the row takes on the wire.
std::size_t wire_size(const mapi::PropertyRow& row);

// A stored message as tables and restrictions see it: the parts outside of its row are read as they are asked for.
class MessageSource final : public PropertySource {
 public:
  MessageSource(const StoreCore& core, sql::Database& database, const MessageRow& row)
      : core_(core), database_(database), row_(row) {}
  std::optional<mapi::Property> property(mapi::PropTag tag, Arena& arena) const override;
  std::optional<u64> property_size(mapi::PropTag tag, Arena& arena) const override;
  bool any_sub_object(mapi::PropTag kind, Arena& arena,
                      const std::function<bool(const PropertySource&)>& visit) const override;
  // As property(), but no more of a value than a cell shows.
  std::optional<mapi::Property> cell_property(mapi::PropTag tag, Arena& arena) const;

 private:
  std::optional<mapi::Property> elsewhere(mapi::PropTag tag, const Reference& where, std::size_t most,
                                          Arena& arena) const;

  const StoreCore& core_;
  sql::Database& database_;
  const MessageRow& row_;
};

}  // namespace ropewalk::store
