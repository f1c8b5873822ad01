// The error and warning codes of [MS-OXCDATA] 2.4, with their names.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/types.h"

namespace ropewalk::mapi {

/// A return value of a ROP or method, or the value of a property of type PtypErrorCode. `ErrorCode::none` is success;
/// the enumerators are the specification's ec names without that prefix (ecNotFound: `not_found`).
enum class ErrorCode : u32 {
#define ROPEWALK_ERROR(enumerator, value, name, mapi_name, meaning) enumerator = value,
#include "mapi/error_table.inc"
#undef ROPEWALK_ERROR
};

struct ErrorInfo {
  ErrorCode code;
  std::string_view name;       // "ecNotFound"
  std::string_view mapi_name;  // "MAPI_E_NOT_FOUND"; empty where MAPI's own headers have none
  std::string_view meaning;    // one sentence; empty for the database engine's own codes
};

/// Every known code, ascending.
std::span<const ErrorInfo> error_catalogue();

/// The catalogue's entry; null for a code that it does not know.
const ErrorInfo* find_error(ErrorCode code);

/// By the specification's name, that of MAPI's headers, or the value written as 0x...; names in any case.
std::optional<ErrorCode> parse_error(std::string_view text);

/// The name ("ecNotFound"), or the value as 0x80041234 where the code is unknown.
std::string name(ErrorCode code);

/// One sentence for a person; empty where the code is unknown or has none.
std::string_view meaning(ErrorCode code);

}  // namespace ropewalk::mapi
