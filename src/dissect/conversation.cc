#include "dissect/conversation.h"

#include "dissect/http_text.h"
#include "protocol/emsmdb/extended_buffer.h"
#include "protocol/mapihttp/bodies.h"
#include "protocol/rop/oxcprpt.h"
#include "protocol/rop/oxctabl.h"
#include "protocol/rop/rop_buffer.h"

namespace ropewalk::dissect {
namespace {

wire::WireError unknown(std::string detail) {
  return {wire::ErrorKind::mismatch, 0, 0, 0, "context", std::move(detail)};
}

Result<Requests, wire::WireError> read_list(ByteView bytes, Arena& arena) {
  Requests requests;
  rop::RopReader reader(bytes, arena);
  while (!reader.at_end()) {
    rop::RopId id = reader.id();
    std::size_t at = bytes.size() - reader.rest().size();
    const void* body = reader.read_any();
    if (body == nullptr) {
      wire::WireError error = reader.error();
      error.offset += at;
      error.path = "context: " + error.path;
      return error;
    }
    requests.list.push_back({id, const_cast<void*>(body)});
  }
  return requests;
}

std::optional<Requests> read_buffer(ByteView bytes, Arena& arena) {
  auto parts = rop::split_rop_buffer(bytes);
  if (!parts || parts->rops.empty()) return std::nullopt;
  auto requests = read_list(parts->rops, arena);
  if (!requests) return std::nullopt;
  for (std::size_t i = 0; i < parts->handle_count(); ++i) requests->handles.push_back(parts->handle(i));
  return *std::move(requests);
}

std::optional<Requests> read_extended(ByteView bytes, Arena& arena) {
  auto payloads = emsmdb::open_extended_buffers(bytes, arena);
  if (!payloads || payloads->empty()) return std::nullopt;
  return read_buffer(payloads->front(), arena);
}

std::optional<Requests> read_http(ByteView bytes, Arena& arena) {
  auto message = read_http_text(bytes);
  if (!message) return std::nullopt;
  auto body = http_content(*message, arena);
  if (!body) return std::nullopt;
  auto request = wire::decode<mapihttp::ExecuteRequest>(*body, arena);
  return request ? read_extended(request->rop_buffer, arena) : std::nullopt;
}

}  // namespace

std::span<const mapi::PropTag> Requests::columns() const {
  if (list.empty()) return {};
  if (const auto* specific = list.back().as<rop::GetPropertiesSpecificRequest>()) return specific->property_tags.span();
  for (std::size_t i = list.size(); i-- > 0;)
    if (const auto* set = list[i].as<rop::SetColumnsRequest>()) return set->property_tags.span();
  return {};
}

Result<Requests, wire::WireError> read_requests(ByteView bytes, Arena& arena) {
  if (auto requests = read_http(bytes, arena)) return *std::move(requests);
  if (auto requests = read_extended(bytes, arena)) return *std::move(requests);
  if (auto requests = read_buffer(bytes, arena)) return *std::move(requests);
  if (bytes.empty()) return unknown("no request is given");
  return read_list(bytes, arena);
}

}  // namespace ropewalk::dissect
