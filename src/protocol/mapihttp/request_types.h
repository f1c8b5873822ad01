// The request types of MAPI over HTTP with the structures that carry them.
#pragma once

#include <span>

#include "protocol/mapihttp/headers.h"
#include "wire/struct_info.h"

namespace ropewalk::mapihttp {

struct RequestTypeRow {
  RequestType type;
  // What it does, named as over RPC: "NspiQueryRows"; of what RPC does not have, the request type's own name.
  std::string_view method;
  std::string_view source;          // "[MS-OXCMAPIHTTP] 2.2.5.12"
  const wire::StructInfo* request;  // null, as `response`: no body (PING)
  const wire::StructInfo* response;
};

// One row for each, in the order of RequestType.
std::span<const RequestTypeRow> request_types();
const RequestTypeRow& row_of(RequestType type);

}  // namespace ropewalk::mapihttp
