// Any bytes: the import must neither crash nor hang nor grow, and what it made must go out and come in again.
#include "mime/export.h"
#include "mime/import.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ropewalk;
  if (size > (1u << 16)) return 0;
  mime::ImportOptions options;
  options.fallback_time = FileTime::from_unix(1'700'000'000);
  auto imported = mime::import_message({data, size}, options);
  if (!imported) __builtin_trap();
  std::string out = mime::export_message(imported->message);
  auto again = mime::import_message(bytes_of(out), options);
  if (!again) __builtin_trap();
  return 0;
}
