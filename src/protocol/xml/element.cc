#include "protocol/xml/element.h"

#include <fmt/format.h>

#include <algorithm>
#include <pugixml.hpp>

namespace ropewalk::xml {
namespace {

std::string_view local_name(std::string_view name) {
  const auto colon = name.find(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

// Takes a parsed document over, element by element; goes no deeper than the bounds allow.
class Taker {
 public:
  explicit Taker(const Bounds& bounds) : bounds_(bounds) {}

  Status take(const pugi::xml_node& node, Element& element, std::size_t depth) {
    if (depth > bounds_.depth) return Error{fmt::format("elements are nested deeper than {}", bounds_.depth)};
    if (++count_ > bounds_.elements) return Error{fmt::format("there are more than {} elements", bounds_.elements)};
    element.name = local_name(node.name());
    for (const pugi::xml_attribute& attribute : node.attributes()) {
      const std::string_view name = attribute.name();
      element.attributes.emplace_back(name.starts_with("xmlns") ? name : local_name(name), attribute.value());
    }
    element.text = node.child_value();
    element.offset = static_cast<std::size_t>(std::max<std::ptrdiff_t>(node.offset_debug(), 1) - 1);
    for (const pugi::xml_node& child : node.children()) {
      if (child.type() != pugi::node_element) continue;
      element.children.emplace_back();
      ROPEWALK_CHECK(take(child, element.children.back(), depth + 1));
    }
    return {};
  }

 private:
  const Bounds& bounds_;
  std::size_t count_ = 0;
};

// The length of the UTF-8 sequence at the beginning of `text` that stands for a character of XML; 0: it is none.
std::size_t character_length(std::string_view text) {
  auto byte = [&](std::size_t i) { return static_cast<u8>(text[i]); };
  const u8 first = byte(0);
  if (first < 0x80) return first >= 0x20 || first == '\t' || first == '\n' || first == '\r' ? 1 : 0;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  u32 code = first & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3F);
  }
  constexpr u32 kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code >= 0xD800 && code < 0xE000;
  return code < kLeast[length] || code > 0x10FFFF || is_surrogate || code == 0xFFFE || code == 0xFFFF ? 0 : length;
}

void give(const Element& element, pugi::xml_node node) {
  for (const auto& [name, value] : element.attributes)
    node.append_attribute(name.c_str()).set_value(writable(value).c_str());
  if (!element.text.empty()) node.text().set(writable(element.text).c_str());
  for (const Element& child : element.children) give(child, node.append_child(child.name.c_str()));
}

struct Text final : pugi::xml_writer {
  void write(const void* data, std::size_t size) override { text.append(static_cast<const char*>(data), size); }
  std::string text;
};

}  // namespace

std::string writable(std::string_view text) {
  std::string good;
  good.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    good.append(length == 0 ? "\xEF\xBF\xBD" : text.substr(0, length));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return good;
}

const Element* Element::find(std::string_view child) const {
  for (const Element& candidate : children)
    if (candidate.name == child) return &candidate;
  return nullptr;
}

std::string_view Element::attribute(std::string_view attribute_name) const {
  for (const auto& attribute : attributes)
    if (attribute.first == attribute_name) return attribute.second;
  return {};
}

Result<Element> parse(std::string_view document, const Bounds& bounds) {
  if (document.size() > bounds.bytes)
    return Error{fmt::format("an XML document of {} bytes; at most {} are read", document.size(), bounds.bytes)};
  pugi::xml_document parsed;
  constexpr unsigned kOptions = pugi::parse_default | pugi::parse_doctype | pugi::parse_trim_pcdata;
  const pugi::xml_parse_result result = parsed.load_buffer(document.data(), document.size(), kOptions);
  if (!result) return Error{fmt::format("not XML: {} at offset {}", result.description(), result.offset)};
  for (const pugi::xml_node& node : parsed.children())
    if (node.type() == pugi::node_doctype) return Error{"document type declarations are not taken"};
  Element root;
  Status taken = Taker(bounds).take(parsed.document_element(), root, 1);
  if (!taken.ok()) return std::move(taken).error();
  return root;
}

std::string to_text(const Element& root) {
  pugi::xml_document document;
  pugi::xml_node declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version") = "1.0";
  declaration.append_attribute("encoding") = "utf-8";
  give(root, document.append_child(root.name.c_str()));
  Text out;
  document.save(out, "  ", pugi::format_indent, pugi::encoding_utf8);
  return std::move(out.text);
}

}  // namespace ropewalk::xml
