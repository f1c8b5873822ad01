// What layouts of ROPs depend on that their own bytes do not tell. All of it arrives through wire::Context.
#pragma once

#include <bitset>

#include "mapi/value_fields.h"
#include "wire/context.h"

namespace ropewalk::rop {

// Which logons of the session are public folders. A logon that nobody spoke of is taken for a private mailbox.
struct PublicLogons {
  std::bitset<256> ids;
};

template <class V>
bool is_public_logon(const V& v, u8 logon_id) {
  const PublicLogons* logons = wire::context<PublicLogons>(v);
  return logons != nullptr && logons->ids[logon_id];
}

// The columns that a client has set on tables, as whoever follows a conversation remembers them.
class TableColumns {
 public:
  virtual ~TableColumns() = default;
  // Of the table with this handle; empty where unknown.
  virtual std::span<const mapi::PropTag> columns(u32 handle) const = 0;
};

// Rows of a response, whose number is in a count field of type C. Their columns come from mapi::RowColumns in the
// context. Where the columns are not known the rows cannot be told from what follows them: they are kept, and shown,
// as `data`: all bytes up to the end of the ROP list.
//   rows: the rows, with columns; data, count: without.
template <class C>
void rows_fields(std::string_view count_name, auto& rows, auto& data, auto& count, auto& v) {
  if (wire::context<mapi::RowColumns>(v) != nullptr) {
    v(count_name, wire::count_of<C>(rows));
    v.set(count, rows.size());
    v("RowData", rows);
  } else {
    v(count_name, count);
    v.rest("RowData", data);
  }
}

// One row, likewise.
void row_field(auto& row, auto& data, auto& v) {
  if (wire::context<mapi::RowColumns>(v) != nullptr)
    v("RowData", row);
  else
    v.rest("RowData", data);
}

// Bytes behind their 16-bit size.
[[gnu::always_inline]] inline void sized_bytes(std::string_view size_name, std::string_view name, auto& bytes,
                                               auto& v) {
  v(size_name, wire::count_of<u16>(bytes));
  v(name, bytes);
}

// RestrictionDataSize and RestrictionData: none (an empty list) where the size is 0.
void restriction_fields(auto& restriction, auto& v) {
  v.sized("RestrictionDataSize", u16{}, [&] {
    bool present = !restriction.empty();
    v.tail(present, [&] { v.one("RestrictionData", restriction); });
  });
}

}  // namespace ropewalk::rop
