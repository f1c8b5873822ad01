// Filters from text: a recursive descent over words, strings and signs.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/hex.h"
#include "dissect/catalogue.h"
#include "dissect/filter_tree.h"
#include "mapi/property_names.h"

namespace ropewalk::dissect {
namespace {

using Node = Filter::Node;
using NodePtr = std::unique_ptr<Node>;

enum class TokenKind { word, string, sign, end };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;
  std::size_t column = 1;
};

bool is_word_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("_.:-+/@\\").find(c) != std::string_view::npos || static_cast<u8>(c) >= 0x80;
}

Error error_at(std::size_t column, std::string_view what) {
  return Error{fmt::format("filter, column {}: {}", column, what)};
}

constexpr std::string_view kSigns[] = {"===", "!==", "==", "!=", ">=", "<=", "&&", "||", "^^", ">", "<",
                                       "!",   "~",   "&",  "(",  ")",  "{",  "}",  "[",  "]",  ",", "="};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> tokens() {
    std::vector<Token> all;
    for (;;) {
      while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
      if (at_ == text_.size()) break;
      ROPEWALK_TRY(Token token, next());
      all.push_back(std::move(token));
    }
    all.push_back({TokenKind::end, "", text_.size() + 1});
    return all;
  }

 private:
  Result<Token> next() {
    std::size_t column = at_ + 1;
    if (text_[at_] == '"') return string(column, false);
    if ((text_[at_] == 'r' || text_[at_] == 'R') && text_.substr(at_ + 1).starts_with('"')) {
      ++at_;
      return string(column, true);
    }
    for (std::string_view sign : kSigns) {
      if (!text_.substr(at_).starts_with(sign)) continue;
      at_ += sign.size();
      return Token{TokenKind::sign, std::string(sign), column};
    }
    std::size_t begin = at_;
    while (at_ < text_.size() && is_word_character(text_[at_])) ++at_;
    if (at_ == begin)
      return error_at(column, fmt::format("'{}' has no meaning here; strings stand in \"quotes\"", text_[at_]));
    return Token{TokenKind::word, std::string(text_.substr(begin, at_ - begin)), column};
  }
  Result<Token> string(std::size_t column, bool raw) {
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == '"') {
        ++at_;
        return Token{TokenKind::string, std::move(value), column};
      }
      if (c == '\\' && at_ + 1 < text_.size()) {
        char next = text_[++at_];
        if (raw || !escape(next, value)) (value += '\\') += next;
      } else {
        value += c;
      }
    }
    return error_at(column, "the string has no closing quote");
  }
  static bool escape(char next, std::string& value) {
    constexpr std::string_view kLetters = "\\\"'ntr", kMeanings = "\\\"'\n\t\r";
    auto at = kLetters.find(next);
    if (at == std::string_view::npos) return false;
    value += kMeanings[at];
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// ---- literals ----

template <class T>
std::optional<T> whole_number(std::string_view text, int base = 10) {
  T number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

void read_number(std::string_view text, Literal& literal) {
  bool is_hex = text.starts_with("0x") || text.starts_with("0X");
  if (auto number = is_hex ? whole_number<u64>(text.substr(2), 16) : whole_number<u64>(text)) {
    literal.number = static_cast<i64>(*number);
    literal.is_unsigned = true;
  } else if (auto negative = whole_number<i64>(text)) {
    literal.number = *negative;
  } else {
    double real = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), real);
    if (error == std::errc{} && end == text.data() + text.size()) literal.real = real;
  }
}

// Unquoted words are numbers, bytes (aa:bb:cc) or text; quoted ones are text.
Literal literal_of(const Token& token) {
  Literal literal;
  literal.text = token.text;
  if (token.kind != TokenKind::word) return literal;
  read_number(token.text, literal);
  if (literal.text.find(':') == std::string::npos && !literal.number) return literal;
  if (literal.number && literal.text.size() % 2 != 0) return literal;
  std::string_view digits = literal.text;
  if (digits.starts_with("0x") || digits.starts_with("0X")) digits.remove_prefix(2);
  if (auto bytes = from_hex(digits)) literal.hex = to_hex(*bytes);
  return literal;
}

// Beside a slice, a word of hexadecimal digits is bytes, without colons too.
void read_bytes(Literal& literal) {
  if (!literal.hex.empty()) return;
  if (auto bytes = from_hex(literal.text)) literal.hex = to_hex(*bytes);
}

// ---- names ----

std::vector<std::string_view> all_names(const FilterNames& names) {
  std::vector<std::string_view> all(names.layers.begin(), names.layers.end());
  for (const FilterAttribute& attribute : names.attributes) all.push_back(attribute.name);
  for (const std::string& structure : catalogue_structures()) all.push_back(structure);
  for (const CatalogueEntry& entry : catalogue()) all.push_back(entry.name);
  return all;
}

bool is_field_somewhere(std::string_view field) {
  return std::ranges::any_of(catalogue(), [&](const CatalogueEntry& entry) {
    return entry.name.size() > field.size() && entry.name.ends_with(field) &&
           entry.name[entry.name.size() - field.size() - 1] == '.';
  });
}

constexpr std::string_view kOtherPrefixes[] = {"nspi.", "rfr.", "autodiscover."};

bool has_field_prefix(std::string_view name) {
  return name.starts_with("mapi.") ||
         std::ranges::any_of(kOtherPrefixes, [&](auto prefix) { return name.starts_with(prefix); });
}

std::optional<FieldPath> find_field(std::string_view name, const FilterNames& names) {
  for (std::size_t i = 0; i < names.attributes.size(); ++i)
    if (names.attributes[i].name == name) return FieldPath{FieldPath::Kind::attribute, i, {}, {}};
  // nspi.STAT.SortType is mapi.STAT.SortType, nspi.QueryRows.RowCount mapi.NspiQueryRows.RowCount.
  for (std::string_view prefix : kOtherPrefixes) {
    if (!name.starts_with(prefix)) continue;
    std::string_view rest = name.substr(prefix.size());
    if (auto found = find_field(fmt::format("mapi.{}", rest), names)) return found;
    std::string word(prefix.substr(0, prefix.size() - 1));
    word.front() = static_cast<char>(word.front() - 'a' + 'A');
    return find_field(fmt::format("mapi.{}{}", word, rest), names);
  }
  if (!name.starts_with("mapi.")) return std::nullopt;
  std::string_view rest = name.substr(5);
  auto dot = rest.find('.');
  if (dot == std::string_view::npos) {
    if (std::ranges::binary_search(catalogue_structures(), name))
      return FieldPath{FieldPath::Kind::structure, 0, std::string(rest), {}};
    if (const auto* property = mapi::find_property(rest))
      return FieldPath{FieldPath::Kind::any_field, 0, {}, std::string(property->name)};
    if (is_field_somewhere(rest)) return FieldPath{FieldPath::Kind::any_field, 0, {}, std::string(rest)};
    return std::nullopt;
  }
  if (find_in_catalogue(name).empty()) return std::nullopt;
  return FieldPath{FieldPath::Kind::field, 0, std::string(rest.substr(0, dot)), std::string(rest.substr(dot + 1))};
}

struct Operator {
  std::string_view text;
  Comparison comparison;
  bool all;
};
// == asks for any value, != for all: two that contradict each other, as in Wireshark 4.
constexpr Operator kOperators[] = {
    {"==", Comparison::equal, false},
    {"eq", Comparison::equal, false},
    {"=", Comparison::equal, false},
    {"any_eq", Comparison::equal, false},
    {"===", Comparison::equal, true},
    {"all_eq", Comparison::equal, true},
    {"!=", Comparison::not_equal, true},
    {"ne", Comparison::not_equal, true},
    {"all_ne", Comparison::not_equal, true},
    {"!==", Comparison::not_equal, false},
    {"any_ne", Comparison::not_equal, false},
    {">", Comparison::greater, false},
    {"gt", Comparison::greater, false},
    {">=", Comparison::greater_or_equal, false},
    {"ge", Comparison::greater_or_equal, false},
    {"<", Comparison::less, false},
    {"lt", Comparison::less, false},
    {"<=", Comparison::less_or_equal, false},
    {"le", Comparison::less_or_equal, false},
    {"contains", Comparison::contains, false},
    {"matches", Comparison::matches, false},
    {"~", Comparison::matches, false},
    {"&", Comparison::bits, false},
    {"bitwise_and", Comparison::bits, false},
};

constexpr int kMaxDepth = 100;

class Parser {
 public:
  Parser(std::vector<Token> tokens, const FilterNames& names) : tokens_(std::move(tokens)), names_(names) {}

  Result<NodePtr> parse() {
    if (now().kind == TokenKind::end) return std::make_unique<Node>();
    ROPEWALK_TRY(NodePtr root, either());
    if (now().kind != TokenKind::end)
      return error_at(
          now().column,
          fmt::format("\"{}\" stands where the filter should end, or \"and\" or \"or\" follow", now().text));
    return root;
  }

 private:
  const Token& now() const { return tokens_[at_]; }
  bool is(std::initializer_list<std::string_view> texts) const {
    return now().kind != TokenKind::string && now().kind != TokenKind::end &&
           std::ranges::find(texts, now().text) != texts.end();
  }
  bool take(std::initializer_list<std::string_view> texts) {
    if (!is(texts)) return false;
    ++at_;
    return true;
  }

  // A chain of one connective; each stronger one is read by `part`.
  Result<NodePtr> chain(Node::Kind kind, std::initializer_list<std::string_view> words,
                        Result<NodePtr> (Parser::*part)()) {
    ROPEWALK_TRY(NodePtr first, (this->*part)());
    if (!is(words)) return first;
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->parts.push_back(std::move(first));
    while (take(words)) {
      ROPEWALK_TRY(NodePtr next, (this->*part)());
      node->parts.push_back(std::move(next));
    }
    return node;
  }
  Result<NodePtr> either() { return chain(Node::Kind::either, {"or", "||"}, &Parser::one_of); }
  Result<NodePtr> one_of() { return chain(Node::Kind::one_of, {"xor", "^^"}, &Parser::both); }
  Result<NodePtr> both() { return chain(Node::Kind::both, {"and", "&&"}, &Parser::negation); }

  Result<NodePtr> negation() {
    if (++depth_ > kMaxDepth) return error_at(now().column, "more than 100 parentheses and nots inside each other");
    auto result = negated();
    --depth_;
    return result;
  }
  Result<NodePtr> negated() {
    if (take({"not", "!"})) {
      ROPEWALK_TRY(NodePtr inner, negation());
      auto node = std::make_unique<Node>();
      node->kind = Node::Kind::negate;
      node->parts.push_back(std::move(inner));
      return node;
    }
    if (take({"("})) {
      ROPEWALK_TRY(NodePtr inner, either());
      if (!take({")"})) return error_at(now().column, "a closing parenthesis is missing");
      return inner;
    }
    return test();
  }

  Result<NodePtr> test() {
    std::optional<bool> all;
    if (take({"any"})) all = false;
    if (!all && take({"all"})) all = true;
    auto node = std::make_unique<Node>();
    if (!all && now().kind == TokenKind::word && std::ranges::find(names_.layers, now().text) != names_.layers.end()) {
      node->kind = Node::Kind::layer;
      node->layer = now().text;
      ++at_;
      return node;
    }
    std::size_t column = now().column;
    ROPEWALK_TRY(node->left, operand());
    if (!node->left.field) return error_at(column, "a test begins with a field, like mapi.rop or mapi.error");
    if (take({"in"})) return member(std::move(node), all.value_or(false));
    for (const Operator& known : kOperators)
      if (take({known.text})) return comparison(std::move(node), known.comparison, all.value_or(known.all));
    if (all) return error_at(now().column, "any and all stand in front of a comparison");
    node->kind = Node::Kind::exists;
    return node;
  }
  Result<NodePtr> comparison(NodePtr node, Comparison comparison, bool all) {
    node->kind = Node::Kind::compare;
    node->comparison = comparison;
    node->all = all;
    std::size_t column = now().column;
    const bool is_word = now().kind == TokenKind::word;
    ROPEWALK_TRY(node->right, operand());
    if (is_word && !node->left.slices.empty()) read_bytes(node->right.literal);
    bool by_value = comparison != Comparison::matches && comparison != Comparison::contains;
    if (by_value && !node->right.field) ROPEWALK_CHECK(check_type(node->left, node->right.literal, column));
    if (comparison != Comparison::matches) return node;
    if (node->right.field) return error_at(column, "matches needs a regular expression in \"quotes\" on its right");
    auto regex = make_regex(node->right.literal.text);
    if (!regex) return error_at(column, regex.error().text);
    node->regex = *std::move(regex);
    return node;
  }
  // What can never be true is a mistake: an attribute that is a number or an address compared with something else.
  Status check_type(const Operand& left, const Literal& right, std::size_t column) const {
    if (!left.slices.empty() || left.function != Function::none || left.field->kind != FieldPath::Kind::attribute)
      return {};
    const FilterAttribute& attribute = names_.attributes[left.field->number];
    if (attribute.type == "address" && !is_in_network("0.0.0.0", right.text))
      return error_at(column, fmt::format("\"{}\" is no address; {} is compared with one like 192.0.2.7, or with a "
                                          "network like 192.0.2.0/24",
                                          right.text, attribute.name));
    bool is_number = attribute.type.starts_with("uint") || attribute.type == "double";
    bool may_be_a_name = attribute.name == "mapi.error" && right.text.find(' ') == std::string::npos;
    if (is_number && !right.number && !right.real && !may_be_a_name)
      return error_at(column, fmt::format("\"{}\" is no number, and {} is one; numbers stand without quotes",
                                          right.text, attribute.name));
    return {};
  }
  Result<NodePtr> member(NodePtr node, bool all) {
    node->kind = Node::Kind::member;
    node->all = all;
    if (!take({"{"})) return error_at(now().column, "in needs a set: {1, 3..5}");
    while (!take({"}"})) {
      if (now().kind != TokenKind::word && now().kind != TokenKind::string)
        return error_at(now().column, "a value of the set, or } is missing");
      node->ranges.push_back(range(now()));
      if (now().kind == TokenKind::word && !node->left.slices.empty()) {
        read_bytes(node->ranges.back().first);
        read_bytes(node->ranges.back().second);
      }
      if (node->ranges.back().first.text == now().text)
        ROPEWALK_CHECK(check_type(node->left, node->ranges.back().first, now().column));
      ++at_;
      take({","});
    }
    return node;
  }
  static std::pair<Literal, Literal> range(const Token& token) {
    auto dots = token.kind == TokenKind::word ? token.text.find("..") : std::string::npos;
    if (dots == std::string::npos) return {literal_of(token), literal_of(token)};
    return {literal_of({token.kind, token.text.substr(0, dots), token.column}),
            literal_of({token.kind, token.text.substr(dots + 2), token.column})};
  }

  Result<Operand> operand() {
    static constexpr std::array<std::pair<std::string_view, Function>, 4> kFunctions = {
        {{"len", Function::len}, {"count", Function::count}, {"lower", Function::lower}, {"upper", Function::upper}}};
    for (auto [name, function] : kFunctions) {
      if (!is({name}) || tokens_[at_ + 1].text != "(" || tokens_[at_ + 1].kind != TokenKind::sign) continue;
      at_ += 2;
      std::size_t column = now().column;
      ROPEWALK_TRY(Operand inner, operand());
      if (!inner.field || inner.function != Function::none)
        return error_at(column, fmt::format("{}() takes a field", name));
      if (!take({")"})) return error_at(now().column, "a closing parenthesis is missing");
      inner.function = function;
      return inner;
    }
    const Token& token = now();
    if (token.kind != TokenKind::word && token.kind != TokenKind::string)
      return error_at(token.column, token.kind == TokenKind::end ? "a field or a value is missing"
                                                                 : fmt::format("\"{}\" is not a field", token.text));
    ++at_;
    Operand made;
    if (token.kind == TokenKind::word) made.field = find_field(token.text, names_);
    if (made.field) {
      if (take({"["})) ROPEWALK_CHECK(slices(made));
      return made;
    }
    if (token.kind == TokenKind::word && (has_field_prefix(token.text) || at_ == 1 || is_after_connective()))
      return unknown(token);
    made.literal = literal_of(token);
    return made;
  }
  // wireshark-filter(4): [i:j] j bytes from i on, [i-j] from i to j, [i] one, [:j] the first j, [i:] all from i on;
  // several with commas.
  Status slices(Operand& operand) {
    do {
      const Token& token = now();
      const auto slice = token.kind == TokenKind::word ? slice_of(token.text) : std::nullopt;
      if (!slice)
        return error_at(token.column, fmt::format("\"{}\" is no slice; slices are [offset:length], [first-last], "
                                                  "[offset], [:length] or [offset:]",
                                                  token.text));
      operand.slices.push_back(*slice);
      ++at_;
    } while (take({","}));
    if (!take({"]"})) return error_at(now().column, "a closing bracket is missing");
    return {};
  }
  static std::optional<Slice> slice_of(std::string_view text) {
    constexpr i64 kMost = 1 << 30;
    auto number = [](std::string_view digits) -> std::optional<i64> {
      auto value = whole_number<i64>(digits);
      return value && *value > -kMost && *value < kMost ? value : std::nullopt;
    };
    if (const auto colon = text.find(':'); colon != text.npos) {
      const std::string_view before = text.substr(0, colon), after = text.substr(colon + 1);
      const auto first = before.empty() ? std::optional<i64>(0) : number(before);
      if (!first || (before.empty() && after.empty())) return std::nullopt;
      if (after.empty()) return Slice{*first, std::nullopt};
      const auto length = number(after);
      return length && *length > 0 ? std::optional(Slice{*first, *length}) : std::nullopt;
    }
    const auto dash = text.find('-', 1);
    if (dash == text.npos) {
      const auto only = number(text);
      return only ? std::optional(Slice{*only, 1}) : std::nullopt;
    }
    const auto first = number(text.substr(0, dash)), last = number(text.substr(dash + 1));
    const bool is_range = first && last && *first >= 0 && *last >= *first;
    return is_range ? std::optional(Slice{*first, *last - *first + 1}) : std::nullopt;
  }
  // Is the word just taken one that must be a field?
  bool is_after_connective() const {
    const Token& before = tokens_[at_ - 2];
    if (before.kind == TokenKind::string) return false;
    static constexpr std::string_view kBefore[] = {"and", "or", "not", "xor", "&&", "||", "!", "^^", "(", "any", "all"};
    return std::ranges::find(kBefore, before.text) != std::end(kBefore);
  }
  Error unknown(const Token& token) const {
    auto candidates = all_names(names_);
    auto similar = similar_names(token.text, candidates);
    std::string hint;
    for (std::string_view name : similar) (hint += hint.empty() ? "; similar: " : ", ") += name;
    return error_at(token.column, fmt::format("\"{}\" is not a field; `ropewalk dissect --fields` lists them all{}",
                                              token.text, hint));
  }

  std::vector<Token> tokens_;
  const FilterNames& names_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Result<Filter> Filter::parse(std::string_view text, const FilterNames& names) {
  ROPEWALK_TRY(std::vector<Token> tokens, Lexer(text).tokens());
  ROPEWALK_TRY(NodePtr root, Parser(std::move(tokens), names).parse());
  return Filter(std::move(root));
}

std::vector<std::string> filter_completions(std::string_view beginning, const FilterNames& names, std::size_t limit) {
  std::vector<std::string> found;
  auto add = [&](std::string_view name) {
    if (found.size() < limit && name.starts_with(beginning) && (found.empty() || found.back() != name))
      found.emplace_back(name);
  };
  for (std::string_view name : all_names(names)) add(name);
  for (const mapi::PropertyInfo& property : mapi::property_catalogue()) add(fmt::format("mapi.{}", property.name));
  return found;
}

}  // namespace ropewalk::dissect
