// LDIF, CSV and vCards from foreign bytes: what is read can be written and read again.
#include <sstream>

#include "base/types.h"
#include "directory/entry_files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  using namespace ropewalk::directory;
  if (size == 0) return 0;
  const EntryFormat format = static_cast<EntryFormat>(data[0] % 3);
  std::istringstream input(std::string(reinterpret_cast<const char*>(data) + 1, size - 1));
  const auto reader = read_entries(format, input, {});
  const auto writer = write_entries(format);
  std::string written = writer->begin();
  std::size_t entries = 0, again = 0;
  while (auto entry = reader->next()) {
    if (format == EntryFormat::ldif && entry->change != Entry::Change::put) continue;
    written += writer->entry(*entry);
    ++entries;
  }
  std::istringstream second(written);
  const auto reread = read_entries(format, second, {});
  while (reread->next()) ++again;
  if (format != EntryFormat::csv && again != entries) __builtin_trap();
  return 0;
}
