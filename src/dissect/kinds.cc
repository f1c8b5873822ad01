#include "dissect/kinds.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "dissect/catalogue.h"
#include "dissect/struct_kinds.h"
#include "mapi/ascii_case.h"
#include "mapi/property_names.h"

namespace ropewalk::dissect {
namespace {

const std::vector<Kind>& all_kinds() {
  static const std::vector<Kind> all = [] {
    std::vector<Kind> named = special_kinds();
    std::vector<Kind> structures = struct_kinds();
    auto by_name = [](const Kind& a, const Kind& b) { return a.name < b.name; };
    std::sort(named.begin(), named.end(), by_name);
    std::sort(structures.begin(), structures.end(), by_name);
    named.insert(named.end(), structures.begin(), structures.end());
    return named;
  }();
  return all;
}

Result<mapi::PropTag> parse_column(std::string_view text) {
  if (const auto* known = mapi::find_property(text)) {
    if (known->kind != mapi::PropertyKind::tag)
      return Error{fmt::format("{} is a named property; give its tag in this mailbox as a number", text)};
    return mapi::PropTag(known->tag());
  }
  std::string_view digits = text.starts_with("0x") || text.starts_with("0X") ? text.substr(2) : text;
  u32 tag = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), tag, 16);
  if (error != std::errc{} || end != digits.data() + digits.size() || digits.size() != 8)
    return Error{fmt::format("\"{}\" is neither a property's name nor a tag like 0x0037001F", text)};
  return mapi::PropTag(tag);
}

}  // namespace

std::span<const Kind> kinds() { return all_kinds(); }

const Kind* find_kind(std::string_view name) {
  for (const Kind& kind : all_kinds())
    if (mapi::equal_ignoring_ascii_case(kind.name, name)) return &kind;
  return nullptr;
}

std::vector<std::string_view> similar_kinds(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Kind& kind : all_kinds()) names.push_back(kind.name);
  return similar_names(name, names);
}

wire::Tree read_kind(const Kind& kind, ByteView bytes, Arena& arena, const KindOptions& options) {
  wire::Tree tree = kind.read(kind, bytes, arena, options);
  if (!tree.error && tree.consumed != bytes.size())
    tree.error = wire::WireError{
        wire::ErrorKind::leftover, tree.consumed, 0, bytes.size() - tree.consumed, std::string(tree.root.name), ""};
  return tree;
}

Result<std::vector<u8>> write_kind(const Kind& kind, const boost::json::value& node, Arena& arena,
                                   const KindOptions& options) {
  return kind.write(kind, node, arena, options);
}

Result<std::vector<mapi::PropTag>> parse_columns(std::string_view text) {
  std::vector<mapi::PropTag> tags;
  constexpr std::string_view kSeparators = ", \t\r\n";
  for (std::size_t at = text.find_first_not_of(kSeparators); at != std::string_view::npos;
       at = text.find_first_not_of(kSeparators, at)) {
    std::size_t end = std::min(text.find_first_of(kSeparators, at), text.size());
    ROPEWALK_TRY(mapi::PropTag tag, parse_column(text.substr(at, end - at)));
    tags.push_back(tag);
    at = end;
  }
  return tags;
}

}  // namespace ropewalk::dissect
