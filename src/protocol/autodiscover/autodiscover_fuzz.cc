// Requests and answers of autodiscover from foreign bytes; what was read is written and read again.
#include <cstdlib>

#include "base/types.h"
#include "protocol/autodiscover/messages.h"

namespace {

template <class T>
void read_and_write(std::string_view text, const ropewalk::xml::Bounds& bounds) {
  using namespace ropewalk;
  auto read = xml::read_document<T>(text, bounds);
  if (!read.ok()) return;
  const std::string written = xml::write_document(*read);
  auto again = xml::read_document<T>(written);
  if (!again.ok() || xml::write_document(*again) != written) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_and_write<autodiscover::Request>(text, autodiscover::kRequestBounds);
  read_and_write<autodiscover::Response>(text, autodiscover::kResponseBounds);
  auto answer = autodiscover::JsonAnswer::parse(text);
  if (answer.ok() && !autodiscover::JsonAnswer::parse(answer->to_json()).ok()) std::abort();
  return 0;
}
