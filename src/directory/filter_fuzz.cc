// Filters from foreign bytes: what is read can be written and read again, and says the same of an entry.
#include "base/types.h"
#include "directory/filter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  using namespace ropewalk::directory;
  const std::string text(reinterpret_cast<const char*>(data), size);
  auto read = Filter::parse(text);
  if (!read.ok()) return 0;
  const Filter::Values values = [](const Attribute& attribute) {
    return std::vector<std::string>{std::string(attribute.name), "12", "M\xc3\xbcller"};
  };
  const bool matches = read->matches(values);
  auto again = Filter::parse(read->to_string());
  if (!again.ok() && read->to_string().size() < 16 * 1024) __builtin_trap();
  if (again.ok() && again->matches(values) != matches) __builtin_trap();
  return 0;
}
