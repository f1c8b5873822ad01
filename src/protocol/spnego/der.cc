#include "protocol/spnego/der.h"

#include <fmt/format.h>

#include "base/hex.h"

namespace ropewalk::spnego {

void DerReader::fail(std::string_view name, std::string detail) {
  if (error_.empty()) error_ = fmt::format("{}: {} at 0x{:04X}", name, detail, offset(at_));
  end_ = at_;
}

// The content of the next element, which has to have that tag. Definite lengths of up to 32 bits.
ByteView DerReader::take(std::string_view name, u8 tag) {
  if (!ok()) return {};
  if (at_ == end_ || *at_ != tag) {
    fail(name, at_ == end_ ? fmt::format("nothing left where tag 0x{:02X} was due", tag)
                           : fmt::format("tag 0x{:02X} where 0x{:02X} was due", *at_, tag));
    return {};
  }
  const u8* at = at_ + 1;
  std::size_t length = 0;
  std::size_t more = 0;  // bytes of a long length
  if (at != end_) {
    length = *at++;
    if (length >= 0x80) more = length & 0x7F, length = 0;
  } else {
    fail(name, "no length");
    return {};
  }
  if ((at[-1] == 0x80) || more > 4 || more > static_cast<std::size_t>(end_ - at)) {
    fail(name, "a length that is indefinite, overlong or cut off");
    return {};
  }
  for (; more > 0; --more) length = length << 8 | *at++;
  if (length > static_cast<std::size_t>(end_ - at)) {
    fail(name, fmt::format("{} bytes announced, {} left", length, end_ - at));
    return {};
  }
  at_ = at + length;
  return {at, length};
}

wire::Node* DerReader::open_node(std::string_view name, const u8* from) {
  wire::Node* outer = node_;
  if (outer != nullptr) {
    wire::Node& made = outer->fields.emplace_back();
    made.name = std::string(name);
    made.type = fmt::format("DER 0x{:02X}", *from);
    made.offset = offset(from);
    made.length = offset(at_) - made.offset;
    made.has_fields = true;
    outer->has_fields = true;
    node_ = &made;
  }
  return outer;
}

void DerReader::primitive(std::string_view name, u8 tag, ByteView& bytes) {
  const u8* from = at_;
  bytes = take(name, tag);
  if (!ok()) return;
  wire::Node* outer = open_node(name, from);
  if (node_ != nullptr) {
    node_->has_fields = false;
    node_->value = boost::json::string(to_hex(bytes));
    if (tag == kObjectIdentifier) node_->text = oid_text(bytes);
  }
  node_ = outer;
}

void DerReader::elements(std::string_view name, u8 tag, std::vector<ByteView>& list, std::size_t most) {
  while (ok() && !at_end()) {
    if (list.size() == most) return fail(name, "more than " + std::to_string(most) + " elements");
    ByteView bytes;
    primitive(name, tag, bytes);
    if (ok()) list.push_back(bytes);
  }
}

void DerReader::holds(u8 number, u8 tag, bool& yes) const {
  yes = false;
  if (next_tag() != (kContext | number)) return;
  DerReader inside(ByteView(at_, end_));
  inside.element("", kContext | number, [&] { yes = inside.next_tag() == tag; });
}

void DerWriter::insert_header(std::size_t at, u8 tag) {
  const std::size_t length = out_.size() - at;
  std::vector<u8> header = {tag};
  if (length < 0x80) {
    header.push_back(static_cast<u8>(length));
  } else {
    std::size_t bytes = 1;
    while (bytes < sizeof length && length >> (8 * bytes) != 0) ++bytes;
    header.push_back(static_cast<u8>(0x80 | bytes));
    while (bytes-- > 0) header.push_back(static_cast<u8>(length >> (8 * bytes)));
  }
  out_.insert(out_.begin() + static_cast<std::ptrdiff_t>(at), header.begin(), header.end());
}

std::string oid_text(ByteView oid) {
  std::string text;
  u64 arc = 0;
  for (u8 byte : oid) {
    arc = arc << 7 | (byte & 0x7F);
    if ((byte & 0x80) != 0) continue;
    if (text.empty()) {
      const u64 first = arc < 80 ? arc / 40 : 2;
      text = std::to_string(first) + "." + std::to_string(arc - first * 40);
    } else {
      text += "." + std::to_string(arc);
    }
    arc = 0;
  }
  return text;
}

}  // namespace ropewalk::spnego
