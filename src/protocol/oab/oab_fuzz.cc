// Full details files from foreign bytes, whose checksum is put right first; and whatever it is, compressed.
#include <cstdlib>

#include "protocol/oab/details.h"
#include "protocol/oab/lzx.h"
#include "protocol/oab/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  std::vector<u8> file(data, data + size);
  constexpr std::size_t kHeader = 12;
  if (file.size() >= kHeader) {
    const u32 sum = oab::checksum(ByteView(file).subspan(kHeader));
    for (unsigned i = 0; i < 4; ++i) file[4 + i] = static_cast<u8>(sum >> (8 * i));
  }
  Arena arena(1u << 20, 4096);
  auto read = oab::DetailsReader::read(file, arena);
  if (read.ok() && read->objects.size() != read->header.records) std::abort();
  auto manifest = xml::read_document<oab::Manifest>(std::string_view(reinterpret_cast<const char*>(data), size));
  (void)manifest.ok();
  if (!file.empty() && oab::lzx_compress(file).empty()) std::abort();
  return 0;
}
