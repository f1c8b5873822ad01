// The requests that responses answer, as the context of reading those.
#pragma once

#include "dissect/kinds.h"
#include "protocol/ndr/format.h"
#include "protocol/rop/any_rop.h"

namespace ropewalk::dissect {

// Requests read from bytes: several back to back, a whole ROP input buffer, an RPC_HEADER_EXT with one, or the HTTP
// message of an Execute request. Views point into the bytes and the arena.
struct Requests {
  std::vector<rop::AnyRopRequest> list;
  std::vector<u32> handles;

  // The columns of rows in the answer to the last request: what it asks for itself, or the last RopSetColumns among
  // the requests. Empty where there are none.
  std::span<const mapi::PropTag> columns() const;
};
Result<Requests, wire::WireError> read_requests(ByteView bytes, Arena& arena);

// Calls use(chain) with the context that the options ask for; or fails with what is wrong in it.
template <class F>
auto in_context(const KindOptions& options, Arena& arena, F&& use)
    -> Result<decltype(use(static_cast<const wire::Context*>(nullptr))), wire::WireError> {
  Requests requests;
  if (!options.requests.empty()) {
    auto read = read_requests(options.requests, arena);
    if (!read) return std::move(read).error();
    requests = *std::move(read);
  }
  const wire::Context* chain = nullptr;
  rop::AnsweredRequests answered{requests.list, requests.handles};
  wire::Context answers = wire::add_context(answered, chain);
  if (!requests.list.empty()) chain = &answers;
  mapi::RowColumns columns{options.columns.empty() ? requests.columns() : options.columns};
  wire::Context rows = wire::add_context(columns, chain);
  if (!columns.tags.empty()) chain = &rows;
  mapi::WideCounts wide;
  wire::Context counts = wire::add_context(wide, chain);
  if (options.wide_counts) chain = &counts;
  ndr::Format format{options.big_endian, options.ndr64};
  wire::Context stubs = wire::add_context(format, chain);
  if (format.big_endian || format.ndr64) chain = &stubs;
  return use(chain);
}

}  // namespace ropewalk::dissect
