// What the golden tests share: the list of exceptions, and comparing a field tree with what an example says.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "dissect/kinds.h"

namespace ropewalk::golden {

// tests/golden_exceptions.tsv: id (or the beginning of ids and a star) and reason.
class Exceptions {
 public:
  Exceptions() {
    std::ifstream in(std::filesystem::path(ROPEWALK_SOURCE_DIR) / "tests" / "golden_exceptions.tsv");
    for (std::string line; std::getline(in, line);) {
      if (line.empty() || line[0] == '#') continue;
      std::size_t tab = line.find('\t');
      EXPECT_NE(tab, std::string::npos) << "an exception without a reason: " << line;
      needed_[line.substr(0, tab)] = false;
    }
    EXPECT_FALSE(needed_.empty());
  }
  bool covers(const std::string& id) const { return entry(id) != nullptr; }

  // Reports one example: `wrong` says what is wrong with it, or is empty.
  void report(const std::string& id, const std::string& wrong) {
    const std::string* covered = entry(id);
    if (covered == nullptr) {
      EXPECT_EQ(wrong, "") << id;
    } else if (!wrong.empty()) {
      needed_[*covered] = true;
    }
  }
  // Every entry beginning with `prefix` (or not, for `negated`) must have been needed.
  void check_needed(const std::string& prefix, bool negated) const {
    for (const auto& [name, needed] : needed_) {
      EXPECT_TRUE(needed || name.starts_with(prefix) == negated) << name << " needs no exception any more";
    }
  }

 private:
  const std::string* entry(const std::string& id) const {
    for (const auto& [name, needed] : needed_) {
      if (name == id) return &name;
      if (name.back() == '*' && id.starts_with(name.substr(0, name.size() - 1))) return &name;
    }
    return nullptr;
  }
  std::map<std::string, bool> needed_;
};

// Reads `bytes` as `kind` into `tree`, writes the tree's JSON back and compares. Empty, or what is wrong.
std::string check_both_ways(const std::string& kind, ByteView bytes, const dissect::KindOptions& options,
                            wire::Tree& tree);

// The node that a path like "SortOrders[0].Order" names, or null.
const wire::Node* find_path(const wire::Node& root, std::string_view path);

// Compares what an example says of a field with the field's bytes and values. Empty, or what is wrong.
std::string compare_value(const wire::Node& node, ByteView bytes, const std::string& said);

}  // namespace ropewalk::golden
