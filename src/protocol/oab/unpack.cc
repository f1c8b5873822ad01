// Compressed files and patches are read by libmspack, which here gets bytes instead of files.
#include <mspack.h>

#include <cstdlib>
#include <cstring>
#include <memory>

#include "protocol/oab/compressed.h"
#include "protocol/oab/details.h"

namespace ropewalk::oab {
namespace {

// The three files that a call may have, by the names that libmspack hands back.
constexpr char kIn[] = "in", kBase[] = "base", kOut[] = "out";

struct Memory : mspack_system {
  ByteView in, base;
  std::vector<u8> out;
  std::size_t most = 0;
};
struct MemoryFile {
  Memory* memory;
  ByteView bytes;  // of those that are read
  std::size_t at = 0;
};
MemoryFile& of(mspack_file* file) { return *reinterpret_cast<MemoryFile*>(file); }

mspack_file* open_file(mspack_system* self, const char* name, int) {
  auto* memory = static_cast<Memory*>(self);
  const ByteView bytes = name == kIn ? memory->in : name == kBase ? memory->base : ByteView();
  return reinterpret_cast<mspack_file*>(new MemoryFile{memory, bytes});
}
void close_file(mspack_file* file) { delete &of(file); }
int read_bytes(mspack_file* file, void* buffer, int size) {
  MemoryFile& from = of(file);
  const std::size_t n = std::min(static_cast<std::size_t>(std::max(size, 0)), from.bytes.size() - from.at);
  if (n != 0) std::memcpy(buffer, from.bytes.data() + from.at, n);
  from.at += n;
  return static_cast<int>(n);
}
int write_bytes(mspack_file* file, void* buffer, int size) {
  Memory& memory = *of(file).memory;
  const auto n = static_cast<std::size_t>(std::max(size, 0));
  if (n > memory.most - memory.out.size()) return -1;
  const auto* bytes = static_cast<const u8*>(buffer);
  memory.out.insert(memory.out.end(), bytes, bytes + n);
  return size;
}
int seek_to(mspack_file* file, off_t offset, int mode) {
  MemoryFile& in = of(file);
  const auto size = static_cast<off_t>(in.bytes.size());
  const off_t from = mode == MSPACK_SYS_SEEK_START ? 0 : mode == MSPACK_SYS_SEEK_CUR ? static_cast<off_t>(in.at) : size;
  if (offset < -from || offset > size - from) return -1;
  in.at = static_cast<std::size_t>(from + offset);
  return 0;
}
off_t tell(mspack_file* file) { return static_cast<off_t>(of(file).at); }

void say_nothing(mspack_file*, const char*, ...) {}

Memory memory_of(ByteView in, ByteView base, std::size_t most) {
  Memory memory{};
  memory.open = open_file;
  memory.close = close_file;
  memory.read = read_bytes;
  memory.write = write_bytes;
  memory.seek = seek_to;
  memory.tell = tell;
  memory.message = say_nothing;
  memory.alloc = [](mspack_system*, size_t size) { return std::malloc(size); };
  memory.free = [](void* at) { std::free(at); };
  memory.copy = [](void* from, void* to, size_t size) { std::memcpy(to, from, size); };
  memory.in = in;
  memory.base = base;
  memory.most = most;
  return memory;
}

Error refusal(int error, std::size_t most) {
  switch (error) {
    case MSPACK_ERR_SIGNATURE:
      return Error{"its header is that of another version"};
    case MSPACK_ERR_READ:
      return Error{"it is cut off"};
    case MSPACK_ERR_WRITE:
      return Error{"what it holds is larger than " + std::to_string(most) + " bytes"};
    case MSPACK_ERR_CHECKSUM:
      return Error{"a block's checksum is wrong"};
    case MSPACK_ERR_NOMEMORY:
      return Error{"there is not enough memory"};
    default:
      return Error{"a block is no LZX, or not of the size it says"};
  }
}

template <class Call>
Result<std::vector<u8>> unpack(ByteView in, ByteView base, std::size_t most, Call&& call) {
  Memory memory = memory_of(in, base, most);
  std::unique_ptr<msoab_decompressor, void (*)(msoab_decompressor*)> reader(mspack_create_oab_decompressor(&memory),
                                                                            mspack_destroy_oab_decompressor);
  if (reader == nullptr) return refusal(MSPACK_ERR_NOMEMORY, most);
  const int error = call(reader.get());
  if (error != MSPACK_ERR_OK) return refusal(error, most);
  return std::move(memory.out);
}

}  // namespace

Result<std::vector<u8>> unpack_file(ByteView compressed, std::size_t most) {
  return unpack(compressed, {}, most, [](auto* reader) { return reader->decompress(reader, kIn, kOut); });
}

Result<std::vector<u8>> apply_patch(ByteView source, ByteView patch, std::size_t most) {
  Arena arena;
  std::size_t taken = 0;
  auto header = wire::decode<PatchHeader>(patch, arena, nullptr, &taken);
  if (!header.ok()) return Error{header.error().text()};
  constexpr std::size_t kHeader = 12;
  const bool is_for_it = source.size() == header->source_size && source.size() >= kHeader &&
                         checksum(source.subspan(kHeader)) == header->source_checksum;
  if (!is_for_it) return Error{"the patch is for another file"};
  ROPEWALK_TRY(auto made, unpack(patch, source, most, [](auto* reader) {
                 return reader->decompress_incremental(reader, kIn, kBase, kOut);
               }));
  if (made.size() < kHeader || checksum(ByteView(made).subspan(kHeader)) != header->target_checksum)
    return Error{"the patch makes another file than it says"};
  return made;
}

}  // namespace ropewalk::oab
