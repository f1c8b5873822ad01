// What ROP requests and responses begin with. A request is a struct derived from Request or a relative, a response one
// derived from Response or a relative; its `fields` begin with header(m, v).
#pragma once

#include "mapi/value.h"
#include "protocol/rop/rop_id.h"

namespace ropewalk::rop {

// RopId, LogonId, InputHandleIndex.
template <RopId id>
struct Request {
  static constexpr RopId kRop = id;
  RopIdOf<id> rop_id;
  u8 logon_id{};
  u8 input_handle_index{};

  [[gnu::always_inline]] static void header(auto& m, auto& v) {
    v("RopId", m.rop_id);
    v("LogonId", m.logon_id);
    v("InputHandleIndex", m.input_handle_index);
  }
};

// RopId, LogonId, InputHandleIndex, OutputHandleIndex: the ROP opens an object.
template <RopId id>
struct OpeningRequest {
  static constexpr RopId kRop = id;
  RopIdOf<id> rop_id;
  u8 logon_id{};
  u8 input_handle_index{};
  u8 output_handle_index{};

  [[gnu::always_inline]] static void header(auto& m, auto& v) {
    v("RopId", m.rop_id);
    v("LogonId", m.logon_id);
    v("InputHandleIndex", m.input_handle_index);
    v("OutputHandleIndex", m.output_handle_index);
  }
};

// RopId, LogonId, SourceHandleIndex, DestHandleIndex: the ROP copies or moves from one object to another.
template <RopId id>
struct CopyingRequest {
  static constexpr RopId kRop = id;
  RopIdOf<id> rop_id;
  u8 logon_id{};
  u8 source_handle_index{};
  u8 dest_handle_index{};

  [[gnu::always_inline]] static void header(auto& m, auto& v) {
    v("RopId", m.rop_id);
    v("LogonId", m.logon_id);
    v("SourceHandleIndex", m.source_handle_index);
    v("DestHandleIndex", m.dest_handle_index);
  }
};

// RopId, LogonId, ResponseHandleIndex, InputHandleIndex: the ROP acts on one object and is answered at another.
template <RopId id>
struct AnsweringRequest {
  static constexpr RopId kRop = id;
  RopIdOf<id> rop_id;
  u8 logon_id{};
  u8 response_handle_index{};
  u8 input_handle_index{};

  [[gnu::always_inline]] static void header(auto& m, auto& v) {
    v("RopId", m.rop_id);
    v("LogonId", m.logon_id);
    v("ResponseHandleIndex", m.response_handle_index);
    v("InputHandleIndex", m.input_handle_index);
  }
};

// RopId, InputHandleIndex, ReturnValue. What follows depends on ReturnValue.
template <RopId id>
struct Response {
  static constexpr RopId kRop = id;
  RopIdOf<id> rop_id;
  u8 input_handle_index{};
  mapi::ErrorCode return_value{};

  bool ok() const { return return_value == mapi::ErrorCode{}; }
  [[gnu::always_inline]] static void header(auto& m, auto& v) {
    v("RopId", m.rop_id);
    v("InputHandleIndex", m.input_handle_index);
    v("ReturnValue", m.return_value);
  }
};

// The same where ecWarnWithErrors too means success: some of what was asked is not there, and the success form tells
// what is. [MS-OXCROPS] 2.2.8.10.2 says so of RopQueryNamedProperties; Exchange does it in RopGetPropertyIdsFromNames
// too.
template <RopId id>
struct PartlyFoundResponse : Response<id> {
  bool ok() const {
    return this->return_value == mapi::ErrorCode::none || this->return_value == mapi::ErrorCode::warn_with_errors;
  }
};

// RopId, OutputHandleIndex, ReturnValue.
template <RopId id>
struct OpeningResponse {
  static constexpr RopId kRop = id;
  RopIdOf<id> rop_id;
  u8 output_handle_index{};
  mapi::ErrorCode return_value{};

  bool ok() const { return return_value == mapi::ErrorCode{}; }
  [[gnu::always_inline]] static void header(auto& m, auto& v) {
    v("RopId", m.rop_id);
    v("OutputHandleIndex", m.output_handle_index);
    v("ReturnValue", m.return_value);
  }
};

// RopId, SourceHandleIndex, ReturnValue, and in the null destination failure response DestHandleIndex, here 4 bytes
// wide.
template <RopId id>
struct CopyingResponse {
  static constexpr RopId kRop = id;
  RopIdOf<id> rop_id;
  u8 source_handle_index{};
  mapi::ErrorCode return_value{};
  u32 dest_handle_index{};

  bool ok() const { return return_value == mapi::ErrorCode{}; }
  bool null_destination() const { return return_value == mapi::ErrorCode::dst_null_object; }
  [[gnu::always_inline]] static void header(auto& m, auto& v) {
    v("RopId", m.rop_id);
    v("SourceHandleIndex", m.source_handle_index);
    v("ReturnValue", m.return_value);
    if (m.null_destination()) v("DestHandleIndex", m.dest_handle_index);
  }
};

// RopId, ResponseHandleIndex, ReturnValue.
template <RopId id>
struct AnsweringResponse {
  static constexpr RopId kRop = id;
  RopIdOf<id> rop_id;
  u8 response_handle_index{};
  mapi::ErrorCode return_value{};

  bool ok() const { return return_value == mapi::ErrorCode{}; }
  [[gnu::always_inline]] static void header(auto& m, auto& v) {
    v("RopId", m.rop_id);
    v("ResponseHandleIndex", m.response_handle_index);
    v("ReturnValue", m.return_value);
  }
};

// Where in the handle table a request wants its answer.
template <class T>
u8 response_index_of(const T& request) {
  if constexpr (requires { request.response_handle_index; })
    return request.response_handle_index;
  else if constexpr (requires { request.output_handle_index; })
    return request.output_handle_index;
  else if constexpr (requires { request.source_handle_index; })
    return request.source_handle_index;
  else
    return request.input_handle_index;
}

// Gives `response` its place and `code`: the failure response where that is an error. `dest_handle_index`: for the null
// destination form.
template <class T>
void make_failure(T& response, u8 handle_index, u8 dest_handle_index, mapi::ErrorCode code) {
  if constexpr (requires { response.response_handle_index; })
    response.response_handle_index = handle_index;
  else if constexpr (requires { response.output_handle_index; })
    response.output_handle_index = handle_index;
  else if constexpr (requires { response.source_handle_index; })
    response.source_handle_index = handle_index;
  else
    response.input_handle_index = handle_index;
  if constexpr (requires { response.dest_handle_index; }) response.dest_handle_index = dest_handle_index;
  response.return_value = code;
}

}  // namespace ropewalk::rop
