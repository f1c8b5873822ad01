// Reading and writing DER ([X.690]) by one description: the few forms that SPNEGO is made of. A description has
//     v.element(name, tag, content)              an element that is there, with what stands in it
//     v.option(name, number, present, content)   an [number] EXPLICIT element that may be missing
//     v.primitive(name, tag, bytes)              an element's bytes
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/types.h"
#include "wire/tree.h"

namespace ropewalk::spnego {

inline constexpr u8 kBitString = 0x03, kOctetString = 0x04, kObjectIdentifier = 0x06, kEnumerated = 0x0A,
                    kSequence = 0x30, kGeneralString = 0x1B, kApplication0 = 0x60, kContext = 0xA0;

// Reads; views in the result point into the input. The first error empties the window, and nothing more is read. Fills
// a tree on the way, where one is given.
class DerReader {
 public:
  explicit DerReader(ByteView bytes, wire::Node* tree = nullptr)
      : begin_(bytes.data()), at_(begin_), end_(begin_ + bytes.size()), node_(tree) {}

  bool ok() const { return error_.empty(); }
  // "mechToken: 300 bytes announced, 17 left at 0x0012"
  const std::string& error() const { return error_; }
  bool at_end() const { return at_ == end_; }
  // The next element's tag, 0 at the end.
  u8 next_tag() const { return at_ == end_ ? u8{0} : *at_; }

  template <class F>
  void element(std::string_view name, u8 tag, F&& content) {
    const u8* from = at_;
    const ByteView inside = take(name, tag);
    if (!ok()) return;
    const u8* outer_end = end_;
    wire::Node* outer_node = open_node(name, from);
    at_ = inside.data();
    end_ = at_ + inside.size();
    content();
    if (!ok()) return;
    at_ = end_;  // what later versions may have added at the end of a SEQUENCE
    end_ = outer_end;
    node_ = outer_node;
  }
  template <class F>
  void option(std::string_view name, u8 number, bool& present, F&& content) {
    present = ok() && next_tag() == (kContext | number);
    if (present) element(name, kContext | number, content);
  }
  void primitive(std::string_view name, u8 tag, ByteView& bytes);
  // Elements of one tag, up to the end and at most `most`.
  void elements(std::string_view name, u8 tag, std::vector<ByteView>& list, std::size_t most);
  // Is element [number], if it comes next, made of `tag`?
  void holds(u8 number, u8 tag, bool& yes) const;
  void fail(std::string_view name, std::string detail);
  // Replaces the text of the node read last.
  void describe(std::string text) {
    if (node_ != nullptr && !node_->fields.empty()) node_->fields.back().text = std::move(text);
  }

 private:
  ByteView take(std::string_view name, u8 tag);
  wire::Node* open_node(std::string_view name, const u8* from);
  std::size_t offset(const u8* at) const { return static_cast<std::size_t>(at - begin_); }

  const u8* begin_;
  const u8* at_;
  const u8* end_;
  wire::Node* node_;
  std::string error_;
};

// Writes at the end of a buffer.
class DerWriter {
 public:
  template <class F>
  void element(std::string_view, u8 tag, F&& content) {
    const std::size_t at = out_.size();
    content();
    insert_header(at, tag);
  }
  template <class F>
  void option(std::string_view name, u8 number, const bool& present, F&& content) {
    if (present) element(name, kContext | number, content);
  }
  void primitive(std::string_view name, u8 tag, const ByteView& bytes) {
    element(name, tag, [&] { out_.insert(out_.end(), bytes.begin(), bytes.end()); });
  }
  void elements(std::string_view name, u8 tag, const std::vector<ByteView>& list, std::size_t) {
    for (ByteView bytes : list) primitive(name, tag, bytes);
  }
  void holds(u8, u8, const bool&) const {}
  void fail(std::string_view, const std::string&) {}
  void describe(const std::string&) {}
  std::vector<u8> finish() { return std::move(out_); }

 private:
  void insert_header(std::size_t at, u8 tag);
  std::vector<u8> out_;
};

// "1.3.6.1.5.5.2" for an OBJECT IDENTIFIER's bytes.
std::string oid_text(ByteView oid);

}  // namespace ropewalk::spnego
