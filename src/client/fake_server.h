// For tests alone: a MAPI/HTTP server whose answers a test scripts ROP by ROP. It speaks the framing (cookies,
// meta-tags, RPC_HEADER_EXT) faithfully and can be told to misbehave.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "net/http_server.h"
#include "net/signal.h"
#include "protocol/emsmdb/extended_buffer.h"
#include "protocol/mapihttp/bodies.h"
#include "protocol/mapihttp/headers.h"
#include "protocol/mapihttp/response_stream.h"
#include "protocol/rop/any_rop.h"
#include "protocol/rop/control.h"
#include "protocol/rop/oxcstor.h"
#include "protocol/rop/rop_buffer.h"

namespace ropewalk::client {

class FakeServer {
 public:
  /// Answers one ROP: appends its response to `out`, puts handles into `handles`.
  using Answer = std::function<void(const rop::AnyRopRequest& request, std::vector<u32>& handles, rop::RopWriter& out)>;

  FakeServer() {
    on<rop::LogonRequest>([](const rop::LogonRequest& request, std::vector<u32>& handles, rop::RopWriter& out) {
      static mapi::FolderId ids[rop::kLogonFolders];
      for (u64 i = 0; i < rop::kLogonFolders; ++i) ids[i] = mapi::FolderId::make(1, i + 1);
      rop::LogonResponse response;
      response.output_handle_index = request.output_handle_index;
      response.logon_flags = request.logon_flags;
      response.folder_ids = wire::List<mapi::FolderId>(std::span(ids));
      handles[request.output_handle_index] = 100;
      out.add(response);
    });
    net::HttpServerOptions options;
    options.endpoints.push_back({"127.0.0.1", 0, nullptr});
    options.threads = 2;
    auto started = net::HttpServer::start(options, [this](net::HttpRequest& request, net::HttpResponder& responder) {
      return handle(request, responder);
    });
    server_ = std::move(started).value();
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->listening()[0].port); }

  template <class Request, class F>
  void on(F answer) {
    std::lock_guard lock(mutex_);
    answers_[Request::kRop] = [answer](const rop::AnyRopRequest& any, std::vector<u32>& handles, rop::RopWriter& out) {
      answer(*any.as<Request>(), handles, out);
    };
  }

  /// Says what comes with the next Execute (RopNotify), and wakes NotificationWait.
  template <class Notify>
  void notify(const Notify& notify) {
    std::lock_guard lock(mutex_);
    wire::OutBuffer bytes;
    wire::encode(notify, bytes);
    pending_.emplace_back(bytes.data(), bytes.data() + bytes.size());
    event_.set();
  }

  struct Seen {
    std::string type, cookies, request_id, client_info, authorization;
  };
  std::vector<Seen> seen() {
    std::lock_guard lock(mutex_);
    return seen_;
  }
  std::vector<rop::RopId> rops_seen() {
    std::lock_guard lock(mutex_);
    return rops_;
  }

  // ---- misbehaviour ----
  std::atomic<int> http_status{200};
  std::atomic<u32> response_code{0};                      // X-ResponseCode of every Execute
  std::atomic<int> lose_sessions{0};                      // how many Executes to answer with ContextNotFound
  std::atomic<int> rops_per_buffer{1000};                 // more are handed back in RopBufferTooSmall
  std::atomic<bool> garbage{false};                       // Execute answers with nonsense
  std::function<std::vector<std::vector<u8>>()> chained;  // further plain output buffers of every Execute

 private:
  net::Awaitable<void> handle(net::HttpRequest& request, net::HttpResponder& responder) {
    std::string type(request.headers.get(mapihttp::kRequestType));
    {
      std::lock_guard lock(mutex_);
      seen_.push_back(
          {type, std::string(request.headers.get("Cookie")), std::string(request.headers.get(mapihttp::kRequestId)),
           std::string(request.headers.get(mapihttp::kClientInfo)), std::string(request.headers.get("Authorization"))});
    }
    net::HttpResponseHead head(http_status);
    if (http_status != 200) {
      co_await responder.send(head, "no");
      co_return;
    }
    head.add(mapihttp::kRequestType, type);
    u32 code = type == "Execute" ? response_code.load() : 0;
    if (type == "Execute" && lose_sessions > 0) {
      --lose_sessions;
      code = 10;
    }
    head.add(mapihttp::kResponseCode, std::to_string(code));
    if (code != 0) {
      co_await responder.send(head, "<html><body>The fake server does not like it.</body></html>");
      co_return;
    }
    head.add(mapihttp::kSetCookie, "MapiContext=context" + std::to_string(connects_) + "; path=/mapi");
    head.add(mapihttp::kSetCookie, "MapiSequence=" + std::to_string(++sequence_) + "; path=/mapi");
    head.add("Content-Type", mapihttp::kMediaType);
    if (type == "NotificationWait") {
      net::Signal gone;
      responder.on_interrupt([gone, event = event_](net::Interrupt) {
        gone.set();
        event.set();
      });
      co_await responder.begin_chunked(head, mapihttp::kProcessing);
      co_await event_.wait_for(std::chrono::seconds(5));
      wire::OutBuffer out;
      {
        std::lock_guard lock(mutex_);
        wire::encode(mapihttp::NotificationWaitResponse{0, {}, pending_.empty() ? 0u : 1u, {}}, out);
      }
      co_await responder.finish(mapihttp::done_lines({}) + std::string(ropewalk::text_of(out.view())));
      co_return;
    }
    wire::OutBuffer out;
    if (type == "Connect") {
      ++connects_;
      wire::encode(mapihttp::ConnectResponse{}, out);
    } else if (type == "Execute") {
      execute(bytes_of(request.body), out);
    } else {
      wire::encode(mapihttp::DisconnectResponse{}, out);
    }
    std::string body = std::string(mapihttp::kProcessing) + mapihttp::done_lines({});
    body += garbage && type == "Execute" ? "garbage" : ropewalk::text_of(out.view());
    co_await responder.send(head, body);
  }

  void execute(ByteView body, wire::OutBuffer& out) {
    std::lock_guard lock(mutex_);
    Arena arena;
    auto request = wire::decode<mapihttp::ExecuteRequest>(body, arena);
    auto plain = emsmdb::open_extended_buffers(request->rop_buffer, arena);
    wire::OutBuffer packed;
    std::vector<std::vector<u8>> buffers{run(plain->front(), arena)};
    if (chained)
      for (auto& more : chained()) buffers.push_back(more);
    for (std::size_t i = 0; i < buffers.size(); ++i)
      emsmdb::append_extended_buffer(buffers[i], {true, true, i + 1 == buffers.size()}, packed);
    mapihttp::ExecuteResponse response;
    response.rop_buffer = packed.view();
    wire::encode(response, out);
  }

  std::vector<u8> run(ByteView buffer, Arena& arena) {
    auto parts = rop::split_rop_buffer(buffer);
    std::vector<u32> handles;
    for (std::size_t i = 0; i < parts->handle_count(); ++i) handles.push_back(parts->handle(i));
    wire::OutBuffer out;
    rop::RopWriter writer(out);
    rop::RopReader reader(parts->rops, arena);
    for (int done = 0; !reader.at_end(); ++done) {
      if (done == rops_per_buffer) {
        writer.add(rop::BufferTooSmallResponse{{}, 0x8000, reader.rest()});
        break;
      }
      rop::AnyRopRequest any{reader.id(), const_cast<void*>(reader.read_any())};
      if (any.body == nullptr) break;
      rops_.push_back(any.id);
      auto answer = answers_.find(any.id);
      if (answer != answers_.end())
        answer->second(any, handles, writer);
      else
        rop::encode_failure(any.id, any.body, mapi::ErrorCode::not_implemented, writer.out());
    }
    for (const auto& notify : pending_) writer.out().append(notify);
    pending_.clear();
    writer.finish(handles);
    return std::vector<u8>(out.data(), out.data() + out.size());
  }

  std::mutex mutex_;
  std::map<rop::RopId, Answer> answers_;
  std::vector<Seen> seen_;
  std::vector<rop::RopId> rops_;
  std::vector<std::vector<u8>> pending_;
  net::Signal event_;
  std::atomic<int> connects_{0}, sequence_{0};
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace ropewalk::client
