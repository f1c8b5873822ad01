#include "protocol/rop/rop_buffer.h"

namespace ropewalk::rop {

Result<RopBufferParts, wire::WireError> split_rop_buffer(ByteView buffer) {
  auto wrong = [&](wire::ErrorKind kind, std::size_t offset, std::size_t needed, std::string_view detail) {
    return wire::WireError{kind, offset, needed, buffer.size() - offset, "RopSize", std::string(detail)};
  };
  if (buffer.size() < kRopSizeWidth) return wrong(wire::ErrorKind::truncated, 0, kRopSizeWidth, {});
  std::size_t size = load_le<u16>(buffer.data());
  if (size < kRopSizeWidth) return wrong(wire::ErrorKind::malformed, 0, 0, "the size does not even count itself");
  if (size > buffer.size()) return wrong(wire::ErrorKind::truncated, kRopSizeWidth, size - kRopSizeWidth, {});
  RopBufferParts parts{buffer.subspan(kRopSizeWidth, size - kRopSizeWidth), buffer.subspan(size)};
  if (parts.handles.size() % 4 != 0)
    return wrong(wire::ErrorKind::malformed, size, 0, "the handle table is not a whole number of handles");
  return parts;
}

const void* RopReader::read_any() {
  const wire::StructInfo* info = request_info(id());
  if (info == nullptr) {
    error_ = {wire::ErrorKind::malformed, 0, 0, rest_.size(), "RopId", name(id()) + " has no request"};
    return nullptr;
  }
  void* request = arena_.allocate(info->size, info->align);
  if (request == nullptr) {
    error_ = {wire::ErrorKind::over_limit, 0, 0, rest_.size(), std::string(info->name), ""};
    return nullptr;
  }
  info->construct(request);
  wire::Decoder decoder(rest_, arena_, context_);
  info->decode(decoder, request);
  if (!decoder.ok()) {
    refuse(*info);
    return nullptr;
  }
  rest_ = rest_.subspan(decoder.offset());
  return request;
}

bool RopReader::refuse(const wire::StructInfo& info) {
  Arena scratch;
  wire::Tree tree = wire::read_tree(info, rest_, scratch, context_);
  if (tree.error)
    error_ = *std::move(tree.error);
  else
    error_ = {wire::ErrorKind::over_limit, 0, 0, rest_.size(), std::string(info.name), ""};
  return false;
}

bool RopWriter::finish(std::span<const u32> handles) {
  std::size_t size = rop_size();
  if (size > 0xFFFF) return false;
  store_le<u16>(out_.data() + begin_, static_cast<u16>(size));
  if (!handles.empty()) std::memcpy(out_.extend(handles.size_bytes()), handles.data(), handles.size_bytes());
  return true;
}

}  // namespace ropewalk::rop
