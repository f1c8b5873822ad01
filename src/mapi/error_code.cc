#include "mapi/error_code.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "mapi/ascii_case.h"

namespace ropewalk::mapi {
namespace {

constexpr ErrorInfo kErrors[] = {
#define ROPEWALK_ERROR(enumerator, value, name, mapi_name, meaning) {ErrorCode::enumerator, name, mapi_name, meaning},
#include "mapi/error_table.inc"
#undef ROPEWALK_ERROR
};

}  // namespace

std::span<const ErrorInfo> error_catalogue() { return kErrors; }

const ErrorInfo* find_error(ErrorCode code) {
  const auto* found = std::ranges::lower_bound(kErrors, code, {}, &ErrorInfo::code);
  return found != std::end(kErrors) && found->code == code ? found : nullptr;
}

std::optional<ErrorCode> parse_error(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) {
    u32 value = 0;
    const auto [end, failure] = std::from_chars(text.data() + 2, text.data() + text.size(), value, 16);
    if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return ErrorCode{value};
  }
  for (const ErrorInfo& error : kErrors) {
    if (equal_ignoring_ascii_case(error.name, text)) return error.code;
    if (!text.empty() && equal_ignoring_ascii_case(error.mapi_name, text)) return error.code;
  }
  return std::nullopt;
}

std::string name(ErrorCode code) {
  const ErrorInfo* error = find_error(code);
  return error != nullptr ? std::string(error->name) : fmt::format("0x{:08X}", static_cast<u32>(code));
}

std::string_view meaning(ErrorCode code) {
  const ErrorInfo* error = find_error(code);
  return error != nullptr ? error->meaning : std::string_view{};
}

}  // namespace ropewalk::mapi
