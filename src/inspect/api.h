// What the page asks for: operations and what is known of them, as JSON.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>

#include "inspect/views.h"
#include "net/query.h"

namespace ropewalk::inspect {

// An answer for the page.
struct ApiAnswer {
  int status = 200;
  std::string body;  // JSON
};
// {"error": text}
ApiAnswer api_error(int status, std::string_view text);

// Who answers the page. Any thread; may take its time.
class ApiSource {
 public:
  virtual ~ApiSource() = default;
  // `path` behind "api/": "operations", "operation/17". `query` as it stands in the URL.
  virtual ApiAnswer get(std::string_view path, std::string_view query) = 0;
  // Changes when there is something new. Quick.
  virtual u64 version() = 0;
};

// What else the page shows of where its operations come from. Thread-safe.
class Progress {
 public:
  struct Facts {
    std::string title;  // "zeek-mapi.pcap"
    bool is_live = false;
    bool is_loading = false;
    double share = 0;           // of the file that was read
    bool has_sign_out = false;  // whoever looks has signed in here
    bool is_masked = false;     // bodies and names of messages are not shown
    std::string note;           // what is wrong with the file, or was not followed
  };
  Facts get() const;
  void set(const std::function<void(Facts&)>& change);
  u64 version() const { return version_; }

 private:
  mutable std::mutex lock_;
  Facts facts_;
  std::atomic<u64> version_{0};
};

// Answers from a store. Any thread.
//   state                                    what is shown, how much there is
//   operations?from=&count=&filter=          rows of a filter's view, from a place on
//   position?number=&filter=                 the place of an operation in a view
//   operation/N                              one with tree and buffers
//   complete?prefix=                         names for filters
//   findings                                 what went wrong, in words
//   stats?filter=                            counts
//   overview?filter=&buckets=                where in a view operations failed
class Api final : public ApiSource {
 public:
  static constexpr std::size_t kMostRows = 1000;
  // What one answer takes of an operation that is larger than people read.
  static constexpr std::size_t kMostNodes = 200'000, kMostBytes = 8u << 20;

  // Both outlive it.
  Api(OperationStore& store, Progress& progress) : store_(store), progress_(progress), views_(store) {}

  ApiAnswer get(std::string_view path, std::string_view query) override;
  u64 version() override;

 private:
  using Query = net::Query;
  ApiAnswer state();
  ApiAnswer operations(const Query& query);
  ApiAnswer position(const Query& query);
  ApiAnswer operation(std::string_view number);
  ApiAnswer complete(const Query& query);
  ApiAnswer findings();
  ApiAnswer statistics(const Query& query);
  ApiAnswer overview(const Query& query);

  OperationStore& store_;
  Progress& progress_;
  Views views_;
};

}  // namespace ropewalk::inspect
