#include "bench/hand_codec.h"

namespace ropewalk::bench {
namespace {

bool hand_value(HandReader& in, mapi::PropType type, mapi::Value& value) {
  switch (type) {
    case mapi::PropType::integer16: {
      i16 number = 0;
      if (!in.number(number)) return false;
      value.number = static_cast<u64>(i64{number});
      return true;
    }
    case mapi::PropType::integer32: {
      i32 number = 0;
      if (!in.number(number)) return false;
      value.number = static_cast<u64>(i64{number});
      return true;
    }
    case mapi::PropType::integer64:
    case mapi::PropType::time:
      return in.number(value.number);
    case mapi::PropType::boolean: {
      u8 flag = 0;
      if (!in.number(flag)) return false;
      value.number = flag;
      return true;
    }
    case mapi::PropType::error_code: {
      u32 code = 0;
      if (!in.number(code)) return false;
      value.number = code;
      return true;
    }
    case mapi::PropType::string:
      return in.utf16(value.bytes);
    case mapi::PropType::binary: {
      u16 size = 0;
      return in.number(size) && in.view(value.bytes, size);
    }
    default:
      return false;
  }
}

void hand_value(const mapi::Value& value, mapi::PropType type, wire::OutBuffer& out) {
  switch (type) {
    case mapi::PropType::integer16:
      store_le(out.extend(2), static_cast<u16>(value.number));
      return;
    case mapi::PropType::integer32:
    case mapi::PropType::error_code:
      store_le(out.extend(4), static_cast<u32>(value.number));
      return;
    case mapi::PropType::integer64:
    case mapi::PropType::time:
      store_le(out.extend(8), value.number);
      return;
    case mapi::PropType::boolean:
      *out.extend(1) = static_cast<u8>(value.number);
      return;
    case mapi::PropType::string: {
      u8* at = out.extend(value.bytes.size() + 2);
      std::memcpy(at, value.bytes.data(), value.bytes.size());
      store_le<u16>(at + value.bytes.size(), 0);
      return;
    }
    case mapi::PropType::binary: {
      u8* at = out.extend(value.bytes.size() + 2);
      store_le(at, static_cast<u16>(value.bytes.size()));
      std::memcpy(at + 2, value.bytes.data(), value.bytes.size());
      return;
    }
    default:
      return;
  }
}

bool hand_row(HandReader& in, std::span<const mapi::PropTag> columns, Arena& arena, mapi::PropertyRow& row) {
  if (!in.number(row.flag)) return false;
  auto cells = arena.make<mapi::PropertyCell>(columns.size());
  if (cells.size() != columns.size()) return false;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    mapi::PropertyCell& cell = cells[i];
    cell.column = columns[i];
    cell.type = columns[i].type();
    if (cell.type == mapi::PropType::unspecified && !in.number(cell.type)) return false;
    if (row.flag != 0 && !in.number(cell.flag)) return false;
    if (cell.flag == mapi::CellFlag::value && !hand_value(in, cell.type, cell.value)) return false;
    if (cell.flag == mapi::CellFlag::error && !hand_value(in, mapi::PropType::error_code, cell.value)) return false;
  }
  row.cells = cells;
  return true;
}

}  // namespace

bool hand_decode(ByteView bytes, Arena& arena, rop::SetColumnsRequest& out) {
  HandReader in(bytes);
  u16 count = 0;
  if (!in.number(out.rop_id.value) || !in.number(out.logon_id) || !in.number(out.input_handle_index) ||
      !in.number(out.set_columns_flags) || !in.number(count) || in.left() < count * std::size_t{4})
    return false;
  auto tags = arena.make<mapi::PropTag>(count);
  if (tags.size() != count) return false;
  ByteView raw;
  if (!in.view(raw, count * std::size_t{4})) return false;
  std::memcpy(static_cast<void*>(tags.data()), raw.data(), raw.size());
  out.property_tags = tags;
  return true;
}

void hand_encode(const rop::SetColumnsRequest& request, wire::OutBuffer& out) {
  std::size_t n = request.property_tags.size();
  u8* at = out.extend(6 + 4 * n);
  at[0] = request.rop_id.value;
  at[1] = request.logon_id;
  at[2] = request.input_handle_index;
  at[3] = request.set_columns_flags;
  store_le(at + 4, static_cast<u16>(n));
  std::memcpy(at + 6, request.property_tags.begin(), 4 * n);
}

bool hand_decode(ByteView bytes, std::span<const mapi::PropTag> columns, Arena& arena, rop::QueryRowsResponse& out) {
  HandReader in(bytes);
  u32 code = 0;
  u8 origin = 0;
  if (!in.number(out.rop_id.value) || !in.number(out.input_handle_index) || !in.number(code)) return false;
  out.return_value = static_cast<mapi::ErrorCode>(code);
  if (code != 0) return true;
  if (!in.number(origin) || !in.number(out.row_count) || out.row_count > in.left()) return false;
  out.origin = static_cast<rop::BookmarkOrigin>(origin);
  auto rows = arena.make<mapi::PropertyRow>(out.row_count);
  if (rows.size() != out.row_count) return false;
  for (mapi::PropertyRow& row : rows)
    if (!hand_row(in, columns, arena, row)) return false;
  out.rows = rows;
  return true;
}

void hand_encode(const rop::QueryRowsResponse& response, wire::OutBuffer& out) {
  u8* at = out.extend(9);
  at[0] = response.rop_id.value;
  at[1] = response.input_handle_index;
  store_le(at + 2, static_cast<u32>(response.return_value));
  at[6] = static_cast<u8>(response.origin);
  store_le(at + 7, static_cast<u16>(response.rows.size()));
  for (const mapi::PropertyRow& row : response.rows) {
    *out.extend(1) = row.flag;
    for (const mapi::PropertyCell& cell : row.cells) {
      if (cell.column.type() == mapi::PropType::unspecified) store_le(out.extend(2), static_cast<u16>(cell.type));
      if (row.flag != 0) *out.extend(1) = static_cast<u8>(cell.flag);
      if (cell.flag == mapi::CellFlag::value) hand_value(cell.value, cell.type, out);
      if (cell.flag == mapi::CellFlag::error) hand_value(cell.value, mapi::PropType::error_code, out);
    }
  }
}

}  // namespace ropewalk::bench
