// What the server is told and what it answers, for whoever watches it live. Costs nothing while nobody does.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "net/http_server.h"
#include "protocol/dcerpc/types.h"

namespace ropewalk::server {

// Between whom something was said.
struct TapLink {
  std::string client, server;  // addresses
  u16 client_port = 0, server_port = 0;
  u64 conversation = 0;  // names one of RPC, whatever carries it; 0: HTTP, where the ports do
};

// A call of an RPC interface, in plain.
struct TapCall {
  dcerpc::SyntaxId interface;
  u32 call_id = 0;
  u16 context_id = 0, opnum = 0;
  bool ndr64 = false, big_endian = false;
  u32 fault = 0;  // of answers: 0 is success
};

// Called from any thread, while the answer waits: must be quick. Views live as long as the call.
class TapWatcher {
 public:
  virtual ~TapWatcher() = default;
  virtual void http_request(const TapLink& link, const net::HttpRequest& request) = 0;
  // `lines`: the head's fields. The body is whole, or as much of it as was sent.
  virtual void http_response(const TapLink& link, int status, std::string_view lines, std::string_view body) = 0;
  virtual void rpc_request(const TapLink& link, const TapCall& call, ByteView stub) = 0;
  virtual void rpc_response(const TapLink& link, const TapCall& call, ByteView stub) = 0;
};

// Any thread.
class Tap {
 public:
  bool is_watched() const { return watched_.load(std::memory_order_relaxed); }
  // Null where nobody watches.
  std::shared_ptr<TapWatcher> watcher() const {
    if (!is_watched()) return nullptr;
    std::lock_guard guard(lock_);
    return watcher_;
  }
  // In place of who watched before. Null: nobody watches any more; calls under way may still tell the old one.
  void watch(std::shared_ptr<TapWatcher> watcher) {
    std::lock_guard guard(lock_);
    watched_ = watcher != nullptr;
    watcher_ = std::move(watcher);
  }

 private:
  std::atomic<bool> watched_{false};
  mutable std::mutex lock_;
  std::shared_ptr<TapWatcher> watcher_;
};

// Tells the watcher of a request, and of its answer when that is complete: use it in place of the responder.
class TappedResponder final : public net::HttpResponder {
 public:
  // A longer body is told up to there.
  static constexpr std::size_t kMostBody = 4u << 20;

  TappedResponder(net::HttpResponder& inner, std::shared_ptr<TapWatcher> watcher, TapLink link,
                  const net::HttpRequest& request);
  ~TappedResponder();  // tells of what was answered
  TappedResponder(const TappedResponder&) = delete;
  TappedResponder& operator=(const TappedResponder&) = delete;

  net::Awaitable<bool> send(const net::HttpResponseHead& head, std::string_view body) override;
  net::Awaitable<bool> send_chunked(const net::HttpResponseHead& head, std::string_view first,
                                    std::string_view rest) override;
  net::Awaitable<bool> begin_chunked(const net::HttpResponseHead& head, std::string_view first) override;
  net::Awaitable<bool> write_chunk(std::string_view bytes) override;
  net::Awaitable<bool> finish(std::string_view last) override;
  net::Awaitable<bool> begin_sized(const net::HttpResponseHead& head, u64 length) override;
  net::Awaitable<bool> write_piece(std::string_view bytes) override;
  net::Awaitable<std::string_view> read_body() override { return inner_.read_body(); }
  void on_interrupt(std::function<void(net::Interrupt)> hook) override { inner_.on_interrupt(std::move(hook)); }
  void add_header(std::string_view name, std::string_view value) override;
  std::vector<u8> certificate() const override { return inner_.certificate(); }
  void abandon() override { inner_.abandon(); }
  Starter starter() override { return inner_.starter(); }
  std::function<void()> cutter() override { return inner_.cutter(); }

 private:
  void begin(const net::HttpResponseHead& head);
  void add(std::string_view bytes);

  net::HttpResponder& inner_;
  std::shared_ptr<TapWatcher> watcher_;
  TapLink link_;
  int status_ = 0;
  std::string lines_, body_;
};

}  // namespace ropewalk::server
