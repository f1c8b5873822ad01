// The table of all described ROPs: which structure is a ROP's request, which its response.
#pragma once

#include "mapi/error_code.h"
#include "protocol/rop/header.h"
#include "wire/describe.h"

namespace ropewalk::rop {

// One ROP. A family of ROPs (a header like oxcfold.h) has an array of these, made with rop_row(), and a function that
// returns it, which registry.cc lists.
struct RopRow {
  RopId id;
  const wire::StructInfo* request;   // null: the server sends it without being asked
  const wire::StructInfo* response;  // null: nobody answers (RopRelease)
  // Where the request wants its answer; for the null destination form, where the destination was looked for.
  u8 (*response_index)(const void* request) = nullptr;
  u8 (*dest_index)(const void* request) = nullptr;
  // Makes a constructed response a failure response. Null where there is no such form.
  void (*make_failure)(void* response, u8 handle_index, u8 dest_handle_index, mapi::ErrorCode code) = nullptr;
};

struct NoRequest {};
struct NoResponse {};

template <RopId id, class Request, class Response>
constexpr RopRow rop_row() {
  RopRow row{id, nullptr, nullptr};
  if constexpr (!std::is_same_v<Request, NoRequest>) {
    static_assert(Request::kRop == id);
    row.request = &wire::struct_info<Request>;
    if constexpr (!std::is_same_v<Response, NoResponse>) {
      row.response_index = [](const void* request) { return response_index_of(*static_cast<const Request*>(request)); };
      row.dest_index = [](const void* request) -> u8 {
        if constexpr (requires(const Request& r) { r.dest_handle_index; })
          return static_cast<const Request*>(request)->dest_handle_index;
        else
          return 0;
      };
    }
  }
  if constexpr (!std::is_same_v<Response, NoResponse>) {
    row.response = &wire::struct_info<Response>;
    if constexpr (requires(Response & r) { r.return_value; })
      row.make_failure = [](void* response, u8 handle_index, u8 dest_handle_index, mapi::ErrorCode code) {
        rop::make_failure(*static_cast<Response*>(response), handle_index, dest_handle_index, code);
      };
  }
  return row;
}

// Every described ROP, by id.
std::span<const RopRow* const> described_rops();
// The row of a ROP; null where it is not described.
const RopRow* find_row(RopId id);
// Null where the ROP is unknown, or has no such structure.
const wire::StructInfo* request_info(RopId id);
const wire::StructInfo* response_info(RopId id);

// Appends to `out` the failure response of `request` (an instance of its row's request structure): for ROPs that are
// not served, and for handles that are not good. False, with nothing appended, where the ROP has no such response.
bool encode_failure(RopId id, const void* request, mapi::ErrorCode code, wire::OutBuffer& out);

}  // namespace ropewalk::rop
