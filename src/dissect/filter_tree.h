// A filter after parsing, as its evaluation walks it; see filter.h.
#pragma once

#include "dissect/filter.h"

struct pcre2_real_code_8;

namespace ropewalk::dissect {

// Which values of a subject an operand names.
struct FieldPath {
  enum class Kind {
    attribute,  // by `number`
    structure,  // every structure whose filter name is `structure`
    field,      // `field` directly in `structure`
    any_field,  // `field` in any structure; properties in rows and elsewhere too
  };
  Kind kind = Kind::attribute;
  std::size_t number = 0;
  std::string structure, field;
};

// What stands on the right of a comparison, in every form that it can be read as.
struct Literal {
  std::string text;
  std::optional<i64> number{};
  bool is_unsigned = false;  // above the largest i64
  std::optional<double> real{};
  std::string hex;  // upper-case digits; empty where it is not bytes
};

// Is the address in the network ("192.0.2.0/24", "2001:db8::/32"; an address alone is a network of one)? Nothing where
// either is not what it should be.
std::optional<bool> is_in_network(std::string_view address, std::string_view network);

enum class Function { none, len, count, lower, upper };

// Some bytes of a value. Below zero: counted from its end.
struct Slice {
  i64 first = 0;
  std::optional<i64> length{};  // nothing: to the end
};

struct Operand {
  Function function = Function::none;
  std::optional<FieldPath> field{};  // else the literal
  std::vector<Slice> slices{};       // of the field's bytes, one behind the other; empty: all
  Literal literal{};
};

enum class Comparison { equal, not_equal, greater, greater_or_equal, less, less_or_equal, contains, matches, bits };

struct RegexDelete {
  void operator()(pcre2_real_code_8* code) const;
};
using Regex = std::unique_ptr<pcre2_real_code_8, RegexDelete>;
// Case-insensitive, as Wireshark's are. Fails with the engine's words.
Result<Regex> make_regex(std::string_view pattern);

struct Filter::Node {
  enum class Kind { everything, layer, exists, compare, member, negate, both, either, one_of };
  Kind kind = Kind::everything;
  std::string layer{};
  Operand left{}, right{};
  Comparison comparison = Comparison::equal;
  bool all = false;  // of the left's values, not any
  Regex regex{};
  std::vector<std::pair<Literal, Literal>> ranges{};  // of `in`; both ends the same for single values
  std::vector<std::unique_ptr<Node>> parts{};
};

}  // namespace ropewalk::dissect
