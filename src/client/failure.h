// Why an operation on a store failed: the protocol's code for programs, words for people.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"
#include "mapi/error_code.h"

namespace ropewalk::client {

/// `text` says what was attempted, on which object, and what the other side answered; it ends without a full stop.
struct [[nodiscard]] Failure {
  mapi::ErrorCode code = mapi::ErrorCode::error;
  std::string text;
};

template <class T>
using Outcome = Result<T, Failure>;

/// "cannot open folder 0001-...: ecNotFound (The requested object could not be found at the server.)"
Failure failure(mapi::ErrorCode code, std::string attempted);
/// The same where a lower floor has explained itself already.
inline Failure failure(mapi::ErrorCode code, std::string attempted, const Error& reason) {
  return {code, std::move(attempted) + ": " + reason.text};
}

}  // namespace ropewalk::client
