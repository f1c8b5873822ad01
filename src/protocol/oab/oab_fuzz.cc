// Offline address books from foreign bytes: details files (whose checksum is put right first), compressed files,
// patches and manifests. And whatever they are, compressed and told as a difference they come back as they were.
#include <cstdlib>

#include "protocol/oab/compressed.h"
#include "protocol/oab/details.h"
#include "protocol/oab/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  constexpr std::size_t kHeader = 12, kMost = 4 << 20;
  const ByteView given(data, size);
  std::vector<u8> file(data, data + size);
  if (file.size() >= kHeader) {
    const u32 sum = oab::checksum(ByteView(file).subspan(kHeader));
    for (unsigned i = 0; i < 4; ++i) file[4 + i] = static_cast<u8>(sum >> (8 * i));
  }
  Arena arena(1u << 20, 4096);
  auto read = oab::DetailsReader::read(file, arena);
  if (read.ok() && read->objects.size() != read->header.records) std::abort();
  (void)oab::objects_in(file);
  auto manifest = xml::read_document<oab::Manifest>(text_of(given));
  if (manifest.ok())
    for (const auto& list : manifest->lists)
      if (list.full && list.full->file_name().size() > list.full->name.size()) std::abort();
  auto foreign = oab::unpack_file(given, kMost);
  if (foreign.ok() && foreign->size() > kMost) std::abort();
  (void)oab::apply_patch(given.first(size / 2), given.subspan(size / 2), kMost);
  if (!file.empty()) {
    auto again = oab::unpack_file(oab::compress_file(file), size);
    if (!again.ok() || *again != file) std::abort();
  }
  const ByteView before = given.first(size / 3), after = given.subspan(size / 3);
  if (before.size() >= kHeader && after.size() >= kHeader) {
    auto patch = oab::make_patch(before, after);
    auto made = patch ? oab::apply_patch(before, *patch, after.size()) : Result<std::vector<u8>>(std::vector<u8>());
    if (patch && (!made.ok() || !std::equal(made->begin(), made->end(), after.begin(), after.end()))) std::abort();
  }
  return 0;
}
