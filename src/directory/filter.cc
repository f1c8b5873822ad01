#include "directory/filter.h"

#include <algorithm>
#include <charconv>

#include "base/hex.h"
#include "directory/folded_text.h"
#include "mapi/ascii_case.h"

namespace ropewalk::directory {

namespace {

constexpr std::size_t kLongest = 16 * 1024;
constexpr int kDeepest = 64;

enum class Operation : u8 {
  all,
  any,
  negation,
  equal,
  present,
  substrings,
  at_least,
  at_most,
  bits_all,
  bits_any,
  never
};

// Active Directory's matching rules on numbers, [MS-ADTS] 3.1.1.3.4.4.
constexpr std::string_view kBitAnd = "1.2.840.113556.1.4.803", kBitOr = "1.2.840.113556.1.4.804";

std::string folded(std::string_view text) { return std::string(trimmed(fold(text))); }

std::optional<i64> number_of(std::string_view text) {
  i64 number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

// Numbers as numbers, all else as texts.
bool is_less_or_equal(const std::string& a, const std::string& b) {
  const auto x = number_of(a), y = number_of(b);
  return x && y ? *x <= *y : a <= b;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = mapi::ascii_lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool is_in_description(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == ';' ||
         c == '.' || c == '_';
}

}  // namespace

enum class Filter::Truth : u8 { no, undefined, yes };

struct Filter::Node {
  Operation operation{};
  std::vector<Node> children;
  std::string name;  // of the attribute, as written
  const Attribute* attribute = nullptr;
  // The value as written but unescaped; of substrings: what it begins with, contains in this order, ends with.
  std::vector<std::string> parts;
  std::vector<std::string> folded;  // the same, as compared
  std::string rule;                 // of an extensible match
};

class Filter::Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Filter> parse() {
    if (text_.size() > kLongest) return Error{"a filter cannot be longer than " + std::to_string(kLongest) + " bytes"};
    skip_spaces();
    Node root;
    if (at() == '(')
      filter(root, 0);
    else
      item(root);  // "mail=*": as every LDAP tool takes it
    skip_spaces();
    if (error_.empty() && at_ != text_.size()) fail("there is more after its end");
    if (!error_.empty()) return Error{error_};
    Filter made;
    made.root_ = std::make_shared<const Node>(std::move(root));
    made.unknown_ = std::move(unknown_);
    return made;
  }

 private:
  char at() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_spaces() {
    while (at() == ' ' || at() == '\t' || at() == '\n' || at() == '\r') ++at_;
  }
  void fail(std::string_view why) {
    if (error_.empty()) {
      error_ = "the filter \"" + std::string(text_.substr(0, 200)) + "\" cannot be read at character " +
               std::to_string(at_ + 1) + ": " + std::string(why);
    }
  }
  void expect(char c) {
    if (at() != c || at_ >= text_.size()) return fail(std::string("a '") + c + "' is missing");
    ++at_;
  }

  void filter(Node& node, int depth) {
    if (depth > kDeepest) return fail("it is nested too deeply");
    expect('(');
    skip_spaces();
    switch (at()) {
      case '&':
        ++at_;
        node.operation = Operation::all;
        list(node, depth);
        break;
      case '|':
        ++at_;
        node.operation = Operation::any;
        list(node, depth);
        break;
      case '!':
        ++at_;
        node.operation = Operation::negation;
        skip_spaces();
        filter(node.children.emplace_back(), depth + 1);
        skip_spaces();
        break;
      default:
        item(node);
    }
    if (error_.empty()) expect(')');
  }

  void list(Node& node, int depth) {
    for (;;) {
      skip_spaces();
      if (!error_.empty() || at() != '(') return;
      filter(node.children.emplace_back(), depth + 1);
    }
  }

  void item(Node& node) {
    const std::size_t begin = at_;
    while (is_in_description(at())) ++at_;
    node.name = text_.substr(begin, at_ - begin);
    if (at() == ':') return extensible(node);
    if (node.name.empty()) return fail("the name of an attribute is missing");
    attribute(node);
    switch (at()) {
      case '=':
        ++at_;
        return equality(node);
      case '~':
        node.operation = Operation::equal;
        break;
      case '>':
        node.operation = Operation::at_least;
        break;
      case '<':
        node.operation = Operation::at_most;
        break;
      default:
        return fail("'=' is missing");
    }
    ++at_;
    expect('=');
    node.parts = {value(false)};
    fold_parts(node);
  }

  void attribute(Node& node) {
    node.attribute = find_attribute(node.name);
    if (node.attribute == nullptr) unknown_.push_back(node.name);
  }

  // [RFC 4515] 3 extensible: attr [":dn"] [":" rule] ":=" value
  void extensible(Node& node) {
    std::string rule;
    while (at() == ':' && at_ + 1 < text_.size() && text_[at_ + 1] != '=') {
      const std::size_t begin = ++at_;
      while (is_in_description(at())) ++at_;
      const std::string_view part = text_.substr(begin, at_ - begin);
      if (part.empty()) return fail("a matching rule is missing");
      if (!mapi::equal_ignoring_ascii_case(part, "dn")) rule = part;
    }
    expect(':');
    expect('=');
    node.rule = rule;
    node.operation = rule.empty()      ? Operation::equal
                     : rule == kBitAnd ? Operation::bits_all
                     : rule == kBitOr  ? Operation::bits_any
                                       : Operation::never;
    if (node.name.empty())
      node.operation = Operation::never;  // any attribute that the rule fits: none here
    else
      attribute(node);
    node.parts = {value(false)};
    fold_parts(node);
  }

  void equality(Node& node) {
    std::vector<std::string> parts;
    for (;;) {
      parts.push_back(value(true));
      if (at() != '*' || !error_.empty()) break;
      ++at_;
    }
    const bool only_star = parts.size() == 2 && parts[0].empty() && parts[1].empty();
    node.operation = parts.size() == 1 ? Operation::equal : only_star ? Operation::present : Operation::substrings;
    node.parts = std::move(parts);
    fold_parts(node);
  }

  // To the next ')', or '*' where that means something.
  std::string value(bool stops_at_star) {
    std::string out;
    while (at_ < text_.size() && error_.empty()) {
      const char c = text_[at_];
      if (c == ')' || (c == '*' && stops_at_star)) break;
      if (c == '(' || c == '\0') {
        fail("this character has to be written as \\28 or \\00");
        break;
      }
      ++at_;
      if (c != '\\') {
        out += c;
        continue;
      }
      const int high = hex_digit(at());
      const int low = at_ + 1 < text_.size() ? hex_digit(text_[at_ + 1]) : -1;
      if (high < 0 || low < 0) {
        fail("after a '\\' come two hexadecimal digits");
        break;
      }
      out += static_cast<char>(high * 16 + low);
      at_ += 2;
    }
    return out;
  }

  static void fold_parts(Node& node) {
    const bool whole = node.operation != Operation::substrings;
    for (const std::string& part : node.parts) node.folded.push_back(whole ? folded(part) : fold(part));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string error_;
  std::vector<std::string> unknown_;
};

Result<Filter> Filter::parse(std::string_view text) { return Parser(text).parse(); }

Result<Filter> checked_filter(std::string_view text) {
  ROPEWALK_TRY(auto filter, Filter::parse(text));
  if (!filter.unknown().empty()) {
    return Error{"the filter \"" + std::string(text.substr(0, 200)) +
                 "\" names an attribute that is not known: " + filter.unknown().front()};
  }
  return filter;
}

namespace {

bool has_substrings(const std::string& value, const std::vector<std::string>& parts) {
  const std::string &first = parts.front(), &last = parts.back();
  if (!value.starts_with(first)) return false;
  std::size_t from = first.size();
  for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
    const std::size_t found = value.find(parts[i], from);
    if (found == value.npos) return false;
    from = found + parts[i].size();
  }
  return value.size() >= from + last.size() && value.ends_with(last);
}

// "CN=Person,CN=Schema,..." says the same as "person".
std::string first_rdn(const std::string& dn) {
  if (!dn.starts_with("cn=")) return dn;
  return dn.substr(3, dn.find(',') - 3);
}

bool compare(Operation operation, const Attribute& attribute, const std::vector<std::string>& parts,
             const std::string& value) {
  switch (operation) {
    case Operation::equal:
      return value == (attribute.field == Field::object_category ? first_rdn(parts.front()) : parts.front());
    case Operation::substrings:
      return has_substrings(value, parts);
    case Operation::at_least:
      return is_less_or_equal(parts.front(), value);
    case Operation::at_most:
      return is_less_or_equal(value, parts.front());
    case Operation::bits_all:
    case Operation::bits_any: {
      const auto mask = number_of(parts.front()), bits = number_of(value);
      if (!mask || !bits) return false;
      return operation == Operation::bits_all ? (*bits & *mask) == *mask : (*bits & *mask) != 0;
    }
    default:
      return false;
  }
}

}  // namespace

Filter::Truth Filter::evaluate(const Node& node, const Values& values) {
  switch (node.operation) {
    case Operation::all:
    case Operation::any: {
      const Truth decides = node.operation == Operation::all ? Truth::no : Truth::yes;
      Truth truth = node.operation == Operation::all ? Truth::yes : Truth::no;
      for (const Node& child : node.children) {
        const Truth one = evaluate(child, values);
        if (one == decides) return decides;
        if (one == Truth::undefined) truth = Truth::undefined;
      }
      return truth;
    }
    case Operation::negation: {
      const Truth inner = evaluate(node.children.front(), values);
      return inner == Truth::yes ? Truth::no : inner == Truth::no ? Truth::yes : Truth::undefined;
    }
    case Operation::never:
      return Truth::undefined;
    default:
      break;
  }
  if (node.attribute == nullptr) return Truth::undefined;
  const auto found = values(*node.attribute);
  if (node.operation == Operation::present) return found.empty() ? Truth::no : Truth::yes;
  for (const std::string& value : found) {
    if (compare(node.operation, *node.attribute, node.folded, folded(value))) return Truth::yes;
  }
  return Truth::no;
}

bool Filter::asks_for_links(const Node& node) {
  const bool own =
      node.attribute != nullptr && (node.attribute->field == Field::link || node.attribute->field == Field::back_link);
  return own || std::ranges::any_of(node.children, [](const Node& child) { return asks_for_links(child); });
}

bool Filter::asks_for_links() const { return asks_for_links(*root_); }

bool Filter::matches(const Values& values) const { return evaluate(*root_, values) == Truth::yes; }

void Filter::write(const Node& node, std::string& out) {
  const auto escaped = [&](const std::string& value) {
    for (char c : value) {
      if (c != '*' && c != '(' && c != ')' && c != '\\' && c != '\0')
        out += c;
      else
        out += "\\" + to_hex(ByteView(reinterpret_cast<const u8*>(&c), 1));
    }
  };
  out += '(';
  switch (node.operation) {
    case Operation::all:
    case Operation::any:
    case Operation::negation:
      out += node.operation == Operation::all ? '&' : node.operation == Operation::any ? '|' : '!';
      for (const Node& child : node.children) write(child, out);
      break;
    default:
      out += node.name;
      if (node.operation == Operation::at_least)
        out += '>';
      else if (node.operation == Operation::at_most)
        out += '<';
      else if (!node.rule.empty())
        out += ":" + node.rule + ":";
      else if (node.name.empty())
        out += ':';
      out += '=';
      for (std::size_t i = 0; i < node.parts.size(); ++i) {
        if (i > 0) out += '*';
        escaped(node.parts[i]);
      }
  }
  out += ')';
}

std::string Filter::to_string() const {
  std::string out;
  write(*root_, out);
  return out;
}

}  // namespace ropewalk::directory
