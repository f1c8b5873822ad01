// LDAP search filters, [RFC 4515], on objects of the address book: what dynamic groups and address lists are made of.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "directory/attributes.h"

namespace ropewalk::directory {

// "(&(objectCategory=person)(department=Sales*))". Texts are compared as people search: without regard to case, accents
// and spaces at the ends. As in [RFC 4511] 4.5.1.7 an attribute that nobody knows is neither equal nor unequal to
// anything. Immutable; threads may share one.
class Filter {
 public:
  // The error says where it cannot be read. Bounded: 16 KiB of text, 64 levels.
  static Result<Filter> parse(std::string_view text);

  // An attribute's values, each time it is needed; links as values too (DNs and addresses of whom they point at).
  using Values = std::function<std::vector<std::string>(const Attribute&)>;
  bool matches(const Values& values) const;

  // Whether it matters to whom an object's links lead, and what is known of those.
  bool asks_for_links() const;

  // Names in the filter that are no attributes.
  const std::vector<std::string>& unknown() const { return unknown_; }
  // As text again; parse() of it gives the same filter.
  std::string to_string() const;

 private:
  struct Node;
  class Parser;
  enum class Truth : u8;
  static Truth evaluate(const Node& node, const Values& values);
  static bool asks_for_links(const Node& node);
  static void write(const Node& node, std::string& out);
  std::shared_ptr<const Node> root_;
  std::vector<std::string> unknown_;
};

// For those who take filters from people: an error where it cannot be read or names unknown attributes.
Result<Filter> checked_filter(std::string_view text);

}  // namespace ropewalk::directory
