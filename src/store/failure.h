// What the store answers when it cannot do what was asked.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"
#include "mapi/error_code.h"

namespace ropewalk::store {

// `code` is for the protocol, `text` for a person: it names the operation, the object and the value.
struct [[nodiscard]] Failure {
  mapi::ErrorCode code = mapi::ErrorCode::error;
  std::string text;

  Failure(mapi::ErrorCode the_code, std::string the_text) : code(the_code), text(std::move(the_text)) {}
  // Trouble in the database or the file system: ecError, or ecStreamSizeError where the disk is full.
  Failure(Error error) : text(std::move(error.text)) {}
};

template <class T>
using Outcome = Result<T, Failure>;

}  // namespace ropewalk::store
