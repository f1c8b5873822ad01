// Display filters over dissected operations, in Wireshark's syntax (wireshark-filter(4)): which operations to show.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/tree.h"

namespace ropewalk::dissect {

// One value that a filter compares. Text is UTF-8; views live as long as what is filtered.
struct FilterValue {
  std::optional<i64> number{};   // of 64-bit fields without a sign: the same bits, and is_unsigned
  bool is_unsigned = false;      // compare as u64
  std::optional<double> real{};  // floating point, times in seconds
  std::string_view text{};       // of strings, GUIDs and times: the value
  std::string_view meaning{};    // what the value means, "RopOpenFolder"
  std::string_view hex{};        // bytes, two digits each
};

// What a filter looks at.
class FilterSubject {
 public:
  virtual ~FilterSubject() = default;
  // Is that protocol in it? "mapi", "dcerpc"
  virtual bool has_layer(std::string_view layer) const = 0;
  // The values of an attribute, one of filter_attributes(), by its number there.
  virtual void attribute(std::size_t number, std::vector<FilterValue>& values) const = 0;
  // Its field tree.
  virtual const wire::Node& tree() const = 0;
};

// What an operation has beside its fields: "mapi.rop", "frame.number".
struct FilterAttribute {
  std::string_view name, type, meaning;
};

// The names that filters of some kind of subject know beside those of the catalogue.
struct FilterNames {
  std::vector<std::string_view> layers;
  std::vector<FilterAttribute> attributes;
};

// A filter ready to be applied, from any thread.
class Filter {
 public:
  // Fails with one line that says where and what to write instead.
  //   test   := field | operand ("==" | "!=" | "===" | "!==" | ">" | ">=" | "<" | "<=" | "contains" | "matches" | "&")
  //             operand | operand "in" "{" value or value..value, ... "}"
  //   filter := test, "not", "and", "or", "xor", parentheses; "any" or "all" in front of a test; the words' signs too
  //   field  := name [ "[" slices "]" ], slices as in Wireshark: [0:4], [0-3], [4], [:4], [4:], [-2:2], [0,4-5]
  // A field may be mapi.Structure.Field, mapi.Structure, mapi.Field whatever the structure, or mapi.PidTagSubject; the
  // functions are len, count, lower and upper. As in Wireshark 4, == asks for any and != for all values.
  static Result<Filter> parse(std::string_view text, const FilterNames& names);

  bool matches(const FilterSubject& subject) const;

  Filter(Filter&&) noexcept;
  Filter& operator=(Filter&&) noexcept;
  ~Filter();

  struct Node;

 private:
  explicit Filter(std::unique_ptr<Node> root);
  std::unique_ptr<Node> root_;
};

// Names that begin so, for completion: of layers, attributes, structures, fields and properties; at most `limit`.
std::vector<std::string> filter_completions(std::string_view beginning, const FilterNames& names, std::size_t limit);

}  // namespace ropewalk::dissect
