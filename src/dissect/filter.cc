#include "dissect/filter.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <arpa/inet.h>
#include <fmt/format.h>
#include <pcre2.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <functional>

#include "base/hex.h"
#include "dissect/catalogue.h"
#include "dissect/filter_tree.h"
#include "mapi/ascii_case.h"

namespace ropewalk::dissect {
namespace {

// ---- the values that a field path names ----

std::optional<u64> hex_digits(std::string_view text) {
  if (!text.starts_with("0x") || text.size() > 18) return std::nullopt;
  u64 number = 0;
  auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), number, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

FilterValue value_of(const wire::Node& node) {
  FilterValue value;
  value.meaning = node.text;
  const boost::json::value& json = node.value;
  if (json.is_int64()) {
    value.number = json.get_int64();
  } else if (json.is_uint64()) {
    value.number = static_cast<i64>(json.get_uint64());
    value.is_unsigned = true;
  } else if (json.is_double()) {
    value.real = json.get_double();
  } else if (json.is_bool()) {
    value.number = json.get_bool() ? 1 : 0;
  } else if (json.is_string()) {
    std::string_view text(json.get_string().data(), json.get_string().size());
    auto number = node.type == "String8" || node.type == "String16" ? std::nullopt : hex_digits(text);
    if (node.type == "bytes") {
      value.hex = text;
    } else if (number) {
      value.number = static_cast<i64>(*number);
      value.is_unsigned = true;
    } else {
      value.text = text;
    }
  } else if (const auto* object = json.if_object()) {
    if (const auto* hex = object->if_contains("hex"); hex != nullptr && hex->is_string())
      value.hex = std::string_view(hex->get_string().data(), hex->get_string().size());
  }
  return value;
}

bool is_list(const wire::Node& node) { return node.has_fields && node.type.ends_with("[]"); }

// Walks a tree with the structure and the field name that each node stands under.
class Collector {
 public:
  Collector(const FieldPath& path, std::vector<FilterValue>& values) : path_(path), values_(values) {}

  void walk(const wire::Node& node) { into(node, filter_name(node.type)); }

 private:
  void into(const wire::Node& node, const std::string& structure) {
    if (path_.kind == FieldPath::Kind::structure && structure == path_.structure) {
      values_.push_back({.text = node.name, .meaning = node.text});
      return;
    }
    const wire::Node* tag = nullptr;
    for (const wire::Node& field : node.fields) {
      if (field.name == "PropertyTag") tag = &field;
      one(field, structure, field.name, tag);
    }
  }
  void one(const wire::Node& field, const std::string& structure, std::string_view name, const wire::Node* tag) {
    if (is_list(field)) {
      for (const wire::Node& element : field.fields) one(element, structure, name, tag);
      return;
    }
    bool is_asked = is_named(structure, name) || (tag != nullptr && name == "PropertyValue" && is_property(*tag));
    if (field.has_fields) {
      if (is_asked) return leaves(field);
      into(field, filter_name(field.type));
    } else if (is_asked) {
      values_.push_back(value_of(field));
    }
  }
  // A field that is a structure stands for what is in it.
  void leaves(const wire::Node& node) {
    if (!node.has_fields) return values_.push_back(value_of(node));
    for (const wire::Node& field : node.fields) leaves(field);
  }
  bool is_named(const std::string& structure, std::string_view name) const {
    if (path_.kind == FieldPath::Kind::structure) return false;
    if (name != path_.field && plain_name(name) != path_.field) return false;
    return path_.kind == FieldPath::Kind::any_field || structure == path_.structure;
  }
  bool is_property(const wire::Node& tag) const {
    // "PidTagSubject, PtypString"
    std::string_view text = tag.text;
    return path_.kind == FieldPath::Kind::any_field && text.substr(0, text.find(',')) == path_.field;
  }

  const FieldPath& path_;
  std::vector<FilterValue>& values_;
};

void collect(const FieldPath& path, const FilterSubject& subject, std::vector<FilterValue>& values) {
  if (path.kind == FieldPath::Kind::attribute) return subject.attribute(path.number, values);
  Collector(path, values).walk(subject.tree());
}

FilterValue value_of(const Literal& literal) {
  return {literal.number, literal.is_unsigned, literal.real, literal.text, {}, literal.hex};
}

std::string_view search_text(const FilterValue& value) { return value.text.empty() ? value.meaning : value.text; }

// Values, and the text that functions made.
struct Values {
  std::vector<FilterValue> list;
  std::deque<std::string> made;
};

std::string in_case(std::string_view text, Function function) {
  std::string changed(text);
  for (char& c : changed) {
    if (function == Function::lower && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (function == Function::upper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return changed;
}

void apply(Function function, Values& values) {
  if (function == Function::none) return;
  if (function == Function::count) {
    values.list = {{.number = static_cast<i64>(values.list.size())}};
    return;
  }
  for (FilterValue& value : values.list) {
    std::string_view text = value.text.empty() ? value.meaning : value.text;
    if (function == Function::len) {
      value = {.number = static_cast<i64>(value.hex.empty() ? text.size() : value.hex.size() / 2)};
    } else {
      values.made.push_back(in_case(text, function));
      value = {.text = values.made.back()};
    }
  }
}

// The bytes that the slices name, of bytes or text; a value that has none of them, or is neither, is gone.
void cut(const std::vector<Slice>& slices, Values& values) {
  if (slices.empty()) return;
  std::vector<FilterValue> left;
  for (const FilterValue& value : values.list) {
    const std::size_t unit = value.hex.empty() ? 1 : 2;
    const std::string_view all = value.hex.empty() ? search_text(value) : value.hex;
    const i64 size = static_cast<i64>(all.size() / unit);
    std::string part;
    bool is_there = size > 0;
    for (const Slice& slice : slices) {
      const i64 first = slice.first < 0 ? size + slice.first : slice.first;
      const i64 length = slice.length.value_or(size - first);
      is_there = is_there && first >= 0 && length > 0 && first + length <= size;
      if (is_there) part += all.substr(static_cast<std::size_t>(first) * unit, static_cast<std::size_t>(length) * unit);
    }
    if (!is_there) continue;
    const std::string& text = values.made.emplace_back(std::move(part));
    if (unit == 2) {
      left.push_back({.hex = text});
    } else {
      const std::string& hex = values.made.emplace_back(to_hex(bytes_of(text)));
      left.push_back({.text = text, .hex = hex});
    }
  }
  values.list = std::move(left);
}

Values values_of(const Operand& operand, const FilterSubject& subject) {
  Values values;
  if (operand.field)
    collect(*operand.field, subject, values.list);
  else
    values.list.push_back(value_of(operand.literal));
  cut(operand.slices, values);
  apply(operand.function, values);
  return values;
}

// ---- comparing ----

double as_double(const FilterValue& value) {
  if (value.real) return *value.real;
  return value.is_unsigned ? static_cast<double>(static_cast<u64>(*value.number)) : static_cast<double>(*value.number);
}

// Less than, equal to or greater than; nothing where the two cannot be compared.
std::optional<std::partial_ordering> order(const FilterValue& a, const FilterValue& b) {
  if (a.number && b.number) {
    bool a_negative = !a.is_unsigned && *a.number < 0, b_negative = !b.is_unsigned && *b.number < 0;
    if (a_negative != b_negative) return a_negative ? std::partial_ordering::less : std::partial_ordering::greater;
    if (a_negative) return *a.number <=> *b.number;
    return static_cast<u64>(*a.number) <=> static_cast<u64>(*b.number);
  }
  if ((a.number || a.real) && (b.number || b.real)) return as_double(a) <=> as_double(b);
  if (!a.hex.empty() && !b.hex.empty()) return a.hex <=> b.hex;
  if (!a.text.empty() || !b.text.empty()) {
    std::string_view right = b.text.empty() ? b.meaning : b.text;
    if (!a.meaning.empty() && a.meaning == right) return std::partial_ordering::equivalent;
    if (a.number || a.real) {
      if (a.meaning.empty()) return std::nullopt;
      return a.meaning <=> right;
    }
    return a.text <=> right;
  }
  return std::nullopt;
}

bool contains_bytes(std::string_view hex, std::string_view part) {
  for (std::size_t at = hex.find(part); at != std::string_view::npos; at = hex.find(part, at + 1))
    if (at % 2 == 0) return true;
  return false;
}

bool contains(const FilterValue& a, const FilterValue& b) {
  if (!a.hex.empty()) {
    if (!b.hex.empty()) return contains_bytes(a.hex, b.hex);
    return contains_bytes(a.hex, to_hex(bytes_of(search_text(b))));
  }
  return search_text(a).find(search_text(b)) != std::string_view::npos ||
         (!a.meaning.empty() && a.meaning.find(search_text(b)) != std::string_view::npos);
}

bool compare(const FilterValue& a, const FilterValue& b, Comparison comparison) {
  if (comparison == Comparison::contains) return contains(a, b);
  if (comparison == Comparison::bits) return a.number && b.number && (*a.number & *b.number) != 0;
  bool is_same = comparison == Comparison::equal || comparison == Comparison::not_equal;
  if (is_same && b.text.find('/') != std::string_view::npos)
    if (auto inside = is_in_network(a.text, b.text)) return *inside == (comparison == Comparison::equal);
  auto ordering = order(a, b);
  if (!ordering) return comparison == Comparison::not_equal;
  switch (comparison) {
    case Comparison::equal:
      return *ordering == 0;
    case Comparison::not_equal:
      return *ordering != 0;
    case Comparison::greater:
      return *ordering > 0;
    case Comparison::greater_or_equal:
      return *ordering >= 0;
    case Comparison::less:
      return *ordering < 0;
    case Comparison::less_or_equal:
      return *ordering <= 0;
    default:
      return false;
  }
}

constexpr u32 kMatchLimit = 100'000;  // steps, against patterns that never end

bool matches_regex(const Regex& regex, std::string_view text) {
  std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> data(
      pcre2_match_data_create_from_pattern(regex.get(), nullptr), pcre2_match_data_free);
  std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)> context(pcre2_match_context_create(nullptr),
                                                                                    pcre2_match_context_free);
  if (!data || !context) return false;
  pcre2_set_match_limit(context.get(), kMatchLimit);
  return pcre2_match(regex.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, 0, data.get(),
                     context.get()) >= 0;
}

template <class F>
bool holds(const std::vector<FilterValue>& values, bool all, F&& test) {
  if (values.empty()) return false;
  return all ? std::ranges::all_of(values, test) : std::ranges::any_of(values, test);
}

bool matches_comparison(const Filter::Node& node, const FilterSubject& subject) {
  Values left = values_of(node.left, subject);
  if (node.comparison == Comparison::matches) {
    return holds(left.list, node.all, [&](const FilterValue& value) {
      return matches_regex(node.regex, search_text(value)) ||
             (!value.text.empty() && !value.meaning.empty() && matches_regex(node.regex, value.meaning));
    });
  }
  Values right = values_of(node.right, subject);
  return holds(left.list, node.all, [&](const FilterValue& value) {
    return holds(right.list, node.all,
                 [&](const FilterValue& other) { return compare(value, other, node.comparison); });
  });
}

bool is_member(const Filter::Node& node, const FilterSubject& subject) {
  Values left = values_of(node.left, subject);
  return holds(left.list, node.all, [&](const FilterValue& value) {
    return std::ranges::any_of(node.ranges, [&](const auto& range) {
      if (range.first.text.find('/') != std::string::npos)
        return compare(value, value_of(range.first), Comparison::equal);
      return compare(value, value_of(range.first), Comparison::greater_or_equal) &&
             compare(value, value_of(range.second), Comparison::less_or_equal);
    });
  });
}

bool matches_node(const Filter::Node& node, const FilterSubject& subject) {
  using Kind = Filter::Node::Kind;
  auto part = [&](const auto& inner) { return matches_node(*inner, subject); };
  switch (node.kind) {
    case Kind::everything:
      return true;
    case Kind::layer:
      return subject.has_layer(node.layer);
    case Kind::exists:
      return !values_of(node.left, subject).list.empty();
    case Kind::compare:
      return matches_comparison(node, subject);
    case Kind::member:
      return is_member(node, subject);
    case Kind::negate:
      return !part(node.parts.front());
    case Kind::both:
      return std::ranges::all_of(node.parts, part);
    case Kind::either:
      return std::ranges::any_of(node.parts, part);
    case Kind::one_of:
      return std::ranges::count_if(node.parts, part) % 2 == 1;
  }
  return false;
}

}  // namespace

std::optional<bool> is_in_network(std::string_view address, std::string_view network) {
  auto slash = network.find('/');
  int family = network.find(':') != std::string_view::npos ? AF_INET6 : AF_INET;
  u8 one[16] = {}, other[16] = {};
  if (inet_pton(family, std::string(network.substr(0, slash)).c_str(), other) != 1) return std::nullopt;
  unsigned bits = family == AF_INET ? 32 : 128;
  if (slash != std::string_view::npos) {
    unsigned most = bits;
    auto digits = network.substr(slash + 1);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc{} || end != digits.data() + digits.size() || bits > most) return std::nullopt;
  }
  if (inet_pton(family, std::string(address).c_str(), one) != 1) {
    u8 ignored[16];
    bool is_other_family =
        inet_pton(family == AF_INET ? AF_INET6 : AF_INET, std::string(address).c_str(), ignored) == 1;
    return is_other_family ? std::optional(false) : std::nullopt;
  }
  for (unsigned bit = 0; bit < bits; ++bit)
    if (((one[bit / 8] ^ other[bit / 8]) >> (7 - bit % 8) & 1) != 0) return false;
  return true;
}

void RegexDelete::operator()(pcre2_real_code_8* code) const { pcre2_code_free(code); }

Result<Regex> make_regex(std::string_view pattern) {
  int code = 0;
  PCRE2_SIZE offset = 0;
  Regex regex(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                            PCRE2_CASELESS | PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &code, &offset, nullptr));
  if (regex) return regex;
  PCRE2_UCHAR text[128] = {};
  pcre2_get_error_message(code, text, sizeof text);
  return Error{fmt::format("the regular expression \"{}\" is wrong at its character {}: {}", pattern, offset + 1,
                           reinterpret_cast<const char*>(text))};
}

Filter::Filter(std::unique_ptr<Node> root) : root_(std::move(root)) {}
Filter::Filter(Filter&&) noexcept = default;
Filter& Filter::operator=(Filter&&) noexcept = default;
Filter::~Filter() = default;

bool Filter::matches(const FilterSubject& subject) const { return matches_node(*root_, subject); }

}  // namespace ropewalk::dissect
