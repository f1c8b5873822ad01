// The client's side of one RPC connection: calls in, bytes out; bytes in, answers out. No sockets, no threads, no
// clock. [C706] 12.6, [MS-RPCE] 3.3.2.
#pragma once

#include <deque>
#include <map>
#include <optional>

#include "protocol/dcerpc/status.h"
#include "rpc/security.h"

namespace ropewalk::rpc {

// How a client binds.
struct ClientSettings {
  dcerpc::AuthType type = dcerpc::AuthType::none;  // none: as nobody
  dcerpc::AuthLevel level = dcerpc::AuthLevel::none;
  std::unique_ptr<auth::SecurityContext> security;  // of auth::make_client(), DCE style; null with type none
  u32 association = 0;  // the group of an earlier connection to the same server; 0: a new one
  bool offer_ndr64 = true;
  bool sign_header = true;
  std::size_t max_response = 64u << 20;  // stub bytes of one response
  u16 max_fragment = 5840;
};

// What came back for a call.
struct Reply {
  u32 call_id = 0;
  ndr::Format format;
  std::vector<u8> stub;  // empty where
  u32 fault = 0;         // is not 0: a fault's status
  bool executed = true;
};

class ClientConnection {
 public:
  explicit ClientConnection(ClientSettings settings) : settings_(std::move(settings)) {}
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  // Offers an interface; the first one binds, further ones alter the connection when it is bound. The context id.
  u16 bind(const dcerpc::SyntaxId& interface_id);
  // The state of an interface that was offered.
  enum class State { asked, accepted, refused };
  State state(u16 context_id) const;
  std::string refusal(u16 context_id) const;  // why; for people
  // The stubs of calls in this context are in this format; once it is accepted.
  ndr::Format format(u16 context_id) const;

  // Sends a request; the call id. Only in an accepted context, one at a time unless the server takes several.
  Result<u32> call(u16 context_id, u16 opnum, ByteView stub, const std::optional<Guid>& object = std::nullopt);
  void cancel(u32 call_id);
  void orphan(u32 call_id);

  // Takes what came in; then look at replies(), state(), output() and error().
  void receive(ByteView bytes);
  std::vector<Reply> take_replies() { return std::exchange(replies_, {}); }

  ByteView output() const { return out_.view().subspan(sent_); }
  void sent(std::size_t n);
  // Why the connection cannot be used any more; for people. Empty while it can.
  const std::string& error() const { return error_; }
  // The server has asked to end the connection: calls under way are still answered, further ones fail.
  bool is_ending() const { return ending_; }
  // May a call be sent while another one waits?
  bool multiplexed() const { return multiplexed_; }
  bool bound() const { return bound_; }
  u32 association() const { return association_; }
  const std::string& server_address() const { return address_; }

 private:
  struct Context {
    dcerpc::SyntaxId interface_id;
    std::vector<u16> offers;  // wire context ids: NDR, NDR64
    State state = State::asked;
    u16 wire_id = 0;
    bool ndr64 = false;
    std::string refusal;
  };
  struct Waiting {
    u16 context_id;
    std::vector<u8> stub;  // of the fragments so far
  };

  void send_bind(dcerpc::PacketType type, const std::vector<u16>& contexts, ByteView token);
  void process(std::span<u8> bytes);
  void acknowledged(const dcerpc::Pdu& pdu);
  void take_results(const dcerpc::BindAck& ack);
  bool take_token(const dcerpc::Pdu& pdu);
  void response(std::span<u8> bytes, const dcerpc::Pdu& pdu);
  void fault(const dcerpc::Pdu& pdu);
  void send(dcerpc::Pdu& pdu);
  void fail(std::string why) {
    if (error_.empty()) error_ = std::move(why);
  }
  Security* security() { return security_ ? &*security_ : nullptr; }

  ClientSettings settings_;
  std::optional<Security> security_;
  std::vector<u8> in_;
  wire::OutBuffer out_;
  std::size_t sent_ = 0;
  std::string error_, address_;
  bool bound_ = false, multiplexed_ = false, sign_header_ = false;
  bool ending_ = false;
  bool asked_ = false;  // a bind or alter_context waits for its answer
  u16 max_fragment_ = 5840;
  u32 association_ = 0, last_call_ = 0;
  u16 next_wire_id_ = 0;
  std::vector<Context> contexts_;
  std::vector<u16> being_asked_;  // contexts of the bind or alter_context that waits, by their number here
  std::vector<u16> wire_order_;   // their wire ids in that PDU's order; 0xFFFF: the features
  std::deque<u16> to_ask_;        // contexts to offer when the one before is answered
  std::map<u32, Waiting> waiting_;
  std::vector<Reply> replies_;
};

}  // namespace ropewalk::rpc
