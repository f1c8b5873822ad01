#include "client/failure.h"

namespace ropewalk::client {

Failure failure(mapi::ErrorCode code, std::string attempted) {
  std::string text = std::move(attempted) + ": " + mapi::name(code);
  std::string_view meaning = mapi::meaning(code);
  if (meaning.ends_with('.')) meaning.remove_suffix(1);
  if (!meaning.empty()) text.append(" (").append(meaning).append(")");
  return {code, std::move(text)};
}

}  // namespace ropewalk::client
