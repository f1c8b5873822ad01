// The operations that the page shows: a compact row of each in memory, trees and buffers on the disk.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <shared_mutex>

#include "dissect/diagnosis.h"
#include "inspect/spool.h"

namespace ropewalk::inspect {

// How much is kept; the oldest operations go first. 0: as much as comes.
struct StoreLimits {
  std::size_t operations = 0;
  u64 bytes = 0;  // of rows in memory
  u64 disk = 0;   // of trees and buffers
};

// How an operation went: the worst of what is known.
enum class Severity : u8 {
  plain,    // a success, or a request
  noted,    // something is to be said of it: lost, encrypted, malformed
  partial,  // a success with ROPs that failed
  failed,
};
Severity severity_of(const dissect::Operation& operation);

// Thread-safe. Numbers of operations grow; they need not be without gaps.
class OperationStore {
 public:
  struct Row {
    u64 number = 0;
    u64 answered_by = 0;  // the response's number; 0: none so far
    Severity severity = Severity::plain;
    std::string facts;  // read_facts()
    Spool::Place content;
  };
  struct Extent {
    u64 count = 0;             // of operations kept
    u64 first = 0, last = 0;   // numbers; 0: none
    u64 dropped = 0;           // older ones that are not kept any more
    i64 base_time = 0;         // of the very first, nanoseconds since 1970
    u64 memory = 0, disk = 0;  // bytes
    u64 version = 0;           // grows with every change
    std::string trouble;       // why trees are missing; empty where none is
  };

  explicit OperationStore(StoreLimits limits = {}, std::string spool_folder = {});

  // Keeps it; one whose number is not greater than the last one's is left out.
  void add(const dissect::Operation& operation);

  Extent extent() const;
  // Calls use(row) for at most `count` operations from `number` on, under a lock, until it says false.
  void visit(u64 number, std::size_t count, const std::function<bool(const Row&)>& use) const;
  // Likewise for those of a list, leaving out what is not kept any more.
  void visit(const std::vector<u64>& numbers, const std::function<bool(const Row&)>& use) const;
  // The number at a place of all that is kept; 0: behind the end.
  u64 number_at(u64 index) const;
  // How many of those that are kept stand before it.
  u64 index_of(u64 number) const;
  // Without tree and buffers; nothing where it is not kept.
  std::optional<dissect::Operation> facts(u64 number, u64* answered_by = nullptr) const;
  // With all of it. An error tells why not.
  Result<dissect::Operation> whole(u64 number, u64* answered_by = nullptr) const;
  // What went wrong in all that was added, in words.
  std::vector<dissect::Finding> findings() const;
  // The content of a row that is at hand. Empty tree where it cannot be read.
  void read_content_of(const Row& row, dissect::Operation& operation) const;

 private:
  using Rows = std::deque<Row>;
  Rows::const_iterator find(u64 number) const;  // the first with that number or a greater one
  void drop_oldest();
  bool is_over_limit() const;

  const StoreLimits limits_;
  mutable std::shared_mutex lock_;
  Rows rows_;
  Spool spool_;
  Extent extent_;
  dissect::Diagnosis diagnosis_;
};

}  // namespace ropewalk::inspect
