// A ROP request or response of whatever kind, told by its RopId.
#pragma once

#include "protocol/rop/context.h"
#include "protocol/rop/registry.h"

namespace ropewalk::rop {

// Drawn, it is a reserved id.
struct UnknownRopId {
  u8 value = 0x28;
};
const wire::TypeInfo& wire_type(std::type_identity<UnknownRopId>);

// Bytes that begin with a RopId that is reserved, or has no structure in this direction. Where one ROP ends and the
// next begins is told by their layouts alone, so that this one takes all that is left.
struct UnknownRop {
  static constexpr std::string_view kName = "UnknownRop";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.2";
  UnknownRopId rop_id;
  ByteView data;
  static void fields(auto& m, auto& v) {
    v("RopId", m.rop_id);
    v.rest("Data", m.data);
  }
};

// `body` is an instance, in the arena, of the structure that request_info(id) tells, or an UnknownRop.
struct AnyRopRequest {
  static constexpr std::string_view kName = "RopRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2";
  static constexpr bool kIsChoice = true;
  RopId id{};
  void* body = nullptr;

  // Null where this is another ROP.
  template <class T>
  const T* as() const {
    return id == T::kRop ? static_cast<const T*>(body) : nullptr;
  }
  template <class T>
  static AnyRopRequest of(T& request) {
    return {T::kRop, &request};
  }
  const wire::StructInfo& info() const;

  static void choose(const auto& name, auto& m, auto& v) {
    v.peek(m.id);
    if (v.ok()) v.dynamic(name, m.info(), m.body);
  }
  static void fields(auto& m, auto& v) { choose("Rop", m, v); }
};

// For responses: the requests of the input buffer that they answer, and what is known of tables opened earlier.
struct AnsweredRequests {
  std::span<const AnyRopRequest> requests;
  std::span<const u32> handles;  // the input buffer's ServerObjectHandleTable
  const TableColumns* tables = nullptr;
};

// Finds the request that each response answers: responses come in the order of their requests, some requests have none,
// and some responses answer none (RopNotify).
class ResponseMatcher {
 public:
  explicit ResponseMatcher(const AnsweredRequests* answered) : answered_(answered) {}
  // The columns of the rows in the next response, which begins with `id`; nothing where it has no rows or where they
  // are not known. Moves on to the next request.
  bool next_columns(RopId id, mapi::RowColumns& columns) const;

 private:
  bool table_columns(std::size_t request, mapi::RowColumns& columns) const;

  const AnsweredRequests* answered_;
  mutable std::size_t next_ = 0;  // contexts are handed on as const
};

// `body` is an instance, in the arena, of the structure that response_info(id) tells, or an UnknownRop.
struct AnyRopResponse {
  static constexpr std::string_view kName = "RopResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2";
  static constexpr bool kIsChoice = true;
  RopId id{};  // as on the wire: a RopGetMessageStatus response says RopSetMessageStatus
  void* body = nullptr;

  template <class T>
  const T* as() const {
    return id == T::kRop ? static_cast<const T*>(body) : nullptr;
  }
  template <class T>
  static AnyRopResponse of(T& response) {
    return {T::kRop, &response};
  }
  const wire::StructInfo& info() const;

  static void choose(const auto& name, auto& m, auto& v) {
    v.peek(m.id);
    if (!v.ok()) return;
    ResponseMatcher alone(wire::context<AnsweredRequests>(v));
    const ResponseMatcher* matcher = wire::context<ResponseMatcher>(v);
    mapi::RowColumns columns;
    if ((matcher != nullptr ? *matcher : alone).next_columns(m.id, columns))
      v.with(columns, [&] { v.dynamic(name, m.info(), m.body); });
    else
      v.dynamic(name, m.info(), m.body);
  }
  static void fields(auto& m, auto& v) { choose("Rop", m, v); }
};

}  // namespace ropewalk::rop
