// What an address book's session tells of its objects, whatever transport carries it, and with that words for what
// stands in its trees: names of Minimal Entry IDs and containers, whom entry identifiers mean, which property a value
// is of.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "wire/tree.h"

namespace ropewalk::dissect {

// Not thread-safe. Bounded: what comes when it is full is not remembered.
class AddressBookNames {
 public:
  static constexpr std::size_t kMaxIds = 16384, kMaxNamesOfOne = 4;

  // What a request says of the objects that its response's rows and ids are of, in their order.
  struct Asked {
    std::vector<u32> ids;
    std::vector<std::string> names;
  };
  static Asked asked_by(const wire::Node& request);

  // Takes in what a response's tree tells. `at`: a number that grows from message to message.
  void learn(const wire::Node& response, const Asked& asked, u64 at);
  // Writes into the tree of a request or response what was known at `at`, so that it can be shown again later.
  void explain(wire::Node& tree, u64 at) const;

 private:
  struct Known {
    u64 at;
    std::string name;
  };
  void name(u32 id, std::string text, u64 at);
  void learn_row(const wire::Node& row, std::optional<u32> id, u64 at);
  void explain_fields(wire::Node& node, u64 at) const;
  void explain_id(wire::Node& id, u64 at) const;
  void explain_entry_id(wire::Node& bytes, u64 at) const;
  const std::string* name_of(u32 id, u64 at) const;

  std::unordered_map<u32, std::vector<Known>> names_;
};

// The context handle that the parameters of a method over RPC hold; empty where they hold none, or a null one.
std::string context_handle_in(const wire::Node& parameters);

// Names properties in an address book's tree: those with ids from 0x8000 on, which mean nothing in a mailbox, and the
// values in PropertyValue_r, whose tags and values NDR keeps apart.
void name_properties(wire::Node& tree);

}  // namespace ropewalk::dissect
