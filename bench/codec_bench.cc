// The described codec beside a hand-written one, on the two messages that a table's reader exchanges most.
#include <benchmark/benchmark.h>

#include <array>

#include "base/hex.h"
#include "base/utf16.h"
#include "bench/hand_codec.h"
#include "wire/describe.h"

namespace ropewalk::bench {
namespace {

constexpr std::array<mapi::PropTag, 12> kColumns = {
    mapi::PropTag(0x674A0014), mapi::PropTag(0x001A001F), mapi::PropTag(0x0037001F), mapi::PropTag(0x0C1A001F),
    mapi::PropTag(0x0E060040), mapi::PropTag(0x0E080003), mapi::PropTag(0x0E070003), mapi::PropTag(0x00170003),
    mapi::PropTag(0x0E1B000B), mapi::PropTag(0x300B0102), mapi::PropTag(0x10810003), mapi::PropTag(0x0E04001F)};
constexpr std::size_t kRows = 50;

// The messages, and their bytes as the described codec writes them.
struct Messages {
  Arena arena;
  rop::SetColumnsRequest columns;
  rop::QueryRowsResponse rows;
  wire::OutBuffer column_bytes;
  wire::OutBuffer row_bytes;
  mapi::RowColumns row_columns{kColumns};
  wire::Context context = wire::add_context(row_columns, nullptr);

  explicit Messages(bool flagged) {
    columns.property_tags = wire::List<mapi::PropTag>::view(kColumns);
    auto made = arena.make<mapi::PropertyRow>(kRows);
    for (std::size_t i = 0; i < kRows; ++i) made[i] = row(i, flagged);
    rows.rows = made;
    rows.row_count = kRows;
    wire::encode(columns, column_bytes);
    wire::encode(rows, row_bytes, &context);
  }

 private:
  mapi::PropertyRow row(std::size_t i, bool flagged) {
    auto cells = arena.make<mapi::PropertyCell>(kColumns.size());
    for (std::size_t c = 0; c < kColumns.size(); ++c)
      cells[c] = flagged && c % 5 == 4 ? mapi::PropertyCell::error(kColumns[c], mapi::ErrorCode::not_found)
                                       : mapi::PropertyCell::of(kColumns[c], value(kColumns[c].type(), i * 13 + c));
    return mapi::PropertyRow::of(cells);
  }
  mapi::Value value(mapi::PropType type, std::size_t seed) {
    if (type == mapi::PropType::string)
      return mapi::Value::of(mapi::utf16_in(arena, std::string(8 + seed % 30, static_cast<char>('a' + seed % 26))));
    if (type == mapi::PropType::binary) return mapi::Value::of(arena.copy(ByteView(std::vector<u8>(16, u8(seed)))));
    return mapi::Value::of(u64{seed});
  }
};

const Messages& messages(bool flagged) {
  static const Messages standard(false), with_errors(true);
  return flagged ? with_errors : standard;
}

void SetColumnsDecode_described(benchmark::State& state) {
  const Messages& m = messages(false);
  Arena arena;
  for (auto _ : state) {
    arena.reset();
    rop::SetColumnsRequest request;
    wire::Decoder decoder(m.column_bytes.view(), arena);
    rop::SetColumnsRequest::fields(request, decoder);
    if (!decoder.ok()) state.SkipWithError("not decoded");
    benchmark::DoNotOptimize(request);
  }
}
BENCHMARK(SetColumnsDecode_described);

void SetColumnsDecode_by_hand(benchmark::State& state) {
  const Messages& m = messages(false);
  Arena arena;
  for (auto _ : state) {
    arena.reset();
    rop::SetColumnsRequest request;
    if (!hand_decode(m.column_bytes.view(), arena, request)) state.SkipWithError("not decoded");
    benchmark::DoNotOptimize(request);
  }
}
BENCHMARK(SetColumnsDecode_by_hand);

void SetColumnsEncode_described(benchmark::State& state) {
  const Messages& m = messages(false);
  wire::OutBuffer out;
  for (auto _ : state) {
    out.clear();
    wire::Encoder encoder(out);
    rop::SetColumnsRequest::fields(m.columns, encoder);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(SetColumnsEncode_described);

void SetColumnsEncode_by_hand(benchmark::State& state) {
  const Messages& m = messages(false);
  wire::OutBuffer out;
  for (auto _ : state) {
    out.clear();
    hand_encode(m.columns, out);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(SetColumnsEncode_by_hand);

void decode_rows(benchmark::State& state, bool flagged) {
  const Messages& m = messages(flagged);
  Arena arena;
  for (auto _ : state) {
    arena.reset();
    rop::QueryRowsResponse response;
    wire::Decoder decoder(m.row_bytes.view(), arena, &m.context);
    rop::QueryRowsResponse::fields(response, decoder);
    if (!decoder.ok() || response.rows.size() != kRows) state.SkipWithError("not decoded");
    benchmark::DoNotOptimize(response);
  }
}
void decode_rows_by_hand(benchmark::State& state, bool flagged) {
  const Messages& m = messages(flagged);
  Arena arena;
  for (auto _ : state) {
    arena.reset();
    rop::QueryRowsResponse response;
    if (!hand_decode(m.row_bytes.view(), kColumns, arena, response)) state.SkipWithError("not decoded");
    benchmark::DoNotOptimize(response);
  }
}
void encode_rows(benchmark::State& state, bool flagged) {
  const Messages& m = messages(flagged);
  wire::OutBuffer out;
  for (auto _ : state) {
    out.clear();
    wire::Encoder encoder(out, &m.context);
    rop::QueryRowsResponse::fields(m.rows, encoder);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
}
void encode_rows_by_hand(benchmark::State& state, bool flagged) {
  const Messages& m = messages(flagged);
  wire::OutBuffer out;
  for (auto _ : state) {
    out.clear();
    hand_encode(m.rows, out);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  if (to_hex(out.view()) != to_hex(m.row_bytes.view())) state.SkipWithError("the two codecs write different bytes");
}

void QueryRowsDecode_described(benchmark::State& state) { decode_rows(state, false); }
void QueryRowsDecode_by_hand(benchmark::State& state) { decode_rows_by_hand(state, false); }
void QueryRowsEncode_described(benchmark::State& state) { encode_rows(state, false); }
void QueryRowsEncode_by_hand(benchmark::State& state) { encode_rows_by_hand(state, false); }
void FlaggedRowsDecode_described(benchmark::State& state) { decode_rows(state, true); }
void FlaggedRowsDecode_by_hand(benchmark::State& state) { decode_rows_by_hand(state, true); }
void FlaggedRowsEncode_described(benchmark::State& state) { encode_rows(state, true); }
void FlaggedRowsEncode_by_hand(benchmark::State& state) { encode_rows_by_hand(state, true); }
BENCHMARK(QueryRowsDecode_described);
BENCHMARK(QueryRowsDecode_by_hand);
BENCHMARK(QueryRowsEncode_described);
BENCHMARK(QueryRowsEncode_by_hand);
BENCHMARK(FlaggedRowsDecode_described);
BENCHMARK(FlaggedRowsDecode_by_hand);
BENCHMARK(FlaggedRowsEncode_described);
BENCHMARK(FlaggedRowsEncode_by_hand);

}  // namespace
}  // namespace ropewalk::bench
