// The server's side of one RPC connection: bytes in, calls out; answers in, bytes out. No sockets, no threads, no
// clock. [C706] 12.6, [MS-RPCE] 3.3.3; where they leave a choice, as Windows does.
#pragma once

#include <atomic>
#include <map>
#include <optional>

#include "protocol/dcerpc/interface.h"
#include "protocol/dcerpc/status.h"
#include "rpc/associations.h"
#include "rpc/security.h"

namespace ropewalk::rpc {

// An interface that an endpoint serves.
struct ServedInterface {
  dcerpc::SyntaxId id;
  u16 opnums = 0;  // requests from this number on are answered with nca_s_op_rng_error
  // Requests at a lower level are answered with access denied.
  dcerpc::AuthLevel least_level = dcerpc::AuthLevel::none;
  const void* owner = nullptr;  // whatever the server wants back with each call
};

// What rpc_mgmt_inq_stats tells, of all endpoints of a server: [C706] 2.12.2 (rpc_stats_vector_t). Any thread.
struct Statistics {
  std::atomic<u32> calls_in{0};                    // requests that were taken to be run
  std::atomic<u32> packets_in{0}, packets_out{0};  // PDUs
};

// What all connections of an endpoint share. Outlives them.
struct Endpoint {
  std::vector<ServedInterface> interfaces;
  Associations* associations = nullptr;
  Statistics* statistics = nullptr;  // none: nobody counts
  std::string address;               // bind_ack's secondary address: "135", "\\PIPE\\epmapper"
  bool offer_ndr64 = true;
  u16 max_fragment = 5840;             // what Windows offers
  std::size_t max_request = 4u << 20;  // stub bytes of one request
  std::size_t max_pending = 64;        // calls taken and not answered, on a multiplexed connection
  std::size_t max_contexts = 256;      // presentation contexts
  std::size_t max_securities = 2049;   // security contexts; as many as Windows takes
  // Makes a context for an auth_type and whoever is at the other end; none: binds with security are refused.
  std::function<auth::ContextResult(auth::Mechanism, const std::string& peer)> make_security;
  // One line for people, for each refusal. May be none.
  std::function<void(const std::string&)> log;
};

// A complete request.
struct Call {
  u32 call_id = 0;
  u16 context_id = 0, opnum = 0;
  const ServedInterface* target = nullptr;
  std::optional<Guid> object;
  ndr::Format format;    // of the request's stub; answer in the same, little-endian (`answer_format`)
  std::vector<u8> stub;  // without verification trailer and padding
  u32 association = 0;   // group: context handles belong to it
  dcerpc::AuthLevel level = dcerpc::AuthLevel::none;
  u32 security_id = 0;
  const auth::SecurityContext* security = nullptr;  // who calls; null: nobody. Lives as long as the connection.

  ndr::Format answer_format() const { return {false, format.ndr64}; }
};

class ServerConnection {
 public:
  // `first_format` of nothing: `endpoint` outlives the connection.
  // `peer`: the address of the other end, for the log, and for what guesses at passwords are counted by.
  explicit ServerConnection(const Endpoint& endpoint, std::string peer = {})
      : endpoint_(endpoint), peer_(std::move(peer)) {}
  ~ServerConnection();
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;

  // Takes what came in. Afterwards look at take_calls(), output() and closing(). Once closing, input is dropped.
  void receive(ByteView bytes);
  // Requests that are complete, in the order in which they came. Each must be answered by respond() or fault(), else a
  // connection without multiplexing takes no further one.
  std::vector<Call> take_calls() { return std::exchange(calls_, {}); }
  // Ids of calls that wait for an answer and that the client cancels, or does not want to hear of any more (orphaned);
  // whoever runs them may come to an early end. Answers of orphaned ones are ignored.
  std::vector<u32> take_cancelled() { return std::exchange(cancelled_, {}); }
  // Answers a call; `stub` in call.answer_format(). Ignored where the call is not pending any more.
  void respond(const Call& call, ByteView stub);
  // `executed` false tells the client that it may try again elsewhere.
  void fault(const Call& call, u32 status, bool executed = true);

  // Asks the client to end the connection, which is all that a server can do: [C706] 12.6.4.11. Only between calls.
  void shut_down();

  // What to send; the caller sends it and calls sent(n).
  ByteView output() const { return out_.view().subspan(sent_); }
  void sent(std::size_t n);
  // The connection is to be closed when the output is sent.
  bool closing() const { return closing_; }
  // The client owes something: its bind, or the rest of a PDU or a request. A deadline may run.
  bool waits_for_client() const { return !bound_ || !in_.empty() || partial_.has_value(); }
  std::size_t pending() const { return pending_.size(); }
  u32 association() const { return association_; }

 private:
  struct Context {
    const ServedInterface* target = nullptr;
    dcerpc::SyntaxId transfer;
  };
  struct Partial {  // the one request whose fragments are coming in
    u32 call_id;
    u16 context_id;
    Call call;
    const Security* security;
  };
  struct Pending {
    u16 context_id;
    u32 security_id;
    bool secured;
    bool orphaned = false;
  };
  struct Fragment {  // one PDU, decoded; its bytes may be decrypted in place
    std::span<u8> bytes;
    dcerpc::Pdu pdu;
  };

  void process(std::span<u8> bytes);
  void bind(const dcerpc::Pdu& pdu, std::size_t size);
  void alter(const dcerpc::Pdu& pdu, std::size_t size);
  void auth3(const dcerpc::Pdu& pdu, std::size_t size);
  void cancel(const dcerpc::Pdu& pdu);
  void request(const Fragment& fragment);
  void first_fragment(const Fragment& fragment);
  void later_fragment(const Fragment& fragment);
  void complete(Call call);

  // Presentation contexts. False: the list is malformed.
  bool negotiate(const dcerpc::Bind& bind, bool first, Arena& arena, dcerpc::BindAck& ack);
  bool negotiate_one(const dcerpc::ContextElement& element, bool first, bool chosen, dcerpc::ContextAnswer& answer);
  bool is_chosen(const dcerpc::Bind& bind, std::size_t i) const;
  bool changes_context(const dcerpc::Bind& bind) const;
  bool is_answer_due() const;
  const ServedInterface* find_interface(const dcerpc::SyntaxId& id) const;

  // Security. The token to answer with; nothing where it failed (reject_ and fault_ say how).
  enum class AuthResult { none, go_on, failed };
  AuthResult start_security(const dcerpc::Pdu& pdu, std::size_t size);
  AuthResult advance_security(const dcerpc::Pdu& pdu, Security& security);
  AuthResult alter_security(const dcerpc::Pdu& pdu, std::size_t size);
  Security* security_of(u32 context_id);
  const Security* requester(const dcerpc::Pdu& pdu, bool& allowed);
  bool verification_holds(const dcerpc::Pdu& pdu, Call& call, const Context& context);

  dcerpc::Pdu reply(dcerpc::PacketType type, u32 call_id) const;
  void acknowledge(dcerpc::PacketType type, const dcerpc::Pdu& to, dcerpc::BindAck& ack, bool with_token);
  void nak(const dcerpc::Pdu& pdu, dcerpc::RejectReason reason, const std::string& why);
  void send_fault(u32 call_id, u16 context_id, u32 status, bool executed);
  void fault_and_close(u32 call_id, u16 context_id, u32 status, bool executed, const std::string& why);
  void send(dcerpc::Pdu& pdu);
  void count(std::atomic<u32> Statistics::*what) const {
    if (endpoint_.statistics) (endpoint_.statistics->*what).fetch_add(1, std::memory_order_relaxed);
  }
  // A line of the log; not without number, whatever one client does.
  void note(const std::string& text);

  const Endpoint& endpoint_;
  const std::string peer_;
  std::vector<u8> in_;  // at most one fragment
  wire::OutBuffer out_;
  std::size_t sent_ = 0;
  unsigned notes_ = 0;
  bool bound_ = false, closing_ = false, multiplexed_ = false, sign_header_ = false, features_seen_ = false;
  u16 max_fragment_ = 5840;
  u32 association_ = 0;
  std::map<u16, Context> contexts_;
  std::map<u32, Security> securities_;
  std::optional<u32> default_security_;  // of requests without a trailer; none: nobody
  std::vector<u8> token_;                // for the next bind_ack or alter_context_resp
  dcerpc::RejectReason reject_{};
  u32 fault_ = 0;
  std::string why_;
  std::optional<Partial> partial_;
  std::map<u32, Pending> pending_;
  std::vector<Call> calls_;
  std::vector<u32> cancelled_;
};

}  // namespace ropewalk::rpc
