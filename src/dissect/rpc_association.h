// DCE/RPC followed PDU by PDU: contexts, fragments, calls and their answers, security, and what EMSMDB and the endpoint
// mapper say inside.
#pragma once

#include <deque>
#include <map>
#include <memory>

#include "dissect/conversations.h"
#include "dissect/framed_bytes.h"
#include "dissect/security.h"
#include "dissect/tree_parts.h"
#include "protocol/dcerpc/interface.h"

namespace ropewalk::dissect {

// Who speaks with whom, in an operation's words.
struct Link {
  u64 connection = 0;
  std::string client, server;
};

// One PDU as it came.
struct RawPdu {
  ByteView bytes;
  std::vector<capture::Frame> frames;
  std::vector<std::string> notes;  // what is to be said of the bytes in front of it
};

// True where the bytes (at least kHeaderSize of them) can be the start of a PDU.
bool looks_like_pdu(ByteView bytes);

// Which party sends PDUs of that type; std::nullopt for types that both send.
std::optional<capture::Side> sender_of(dcerpc::PacketType type);

// Cuts one direction of a stream into PDUs; finds the next one where bytes are missing or were not understood.
class PduCutter {
 public:
  using OnPdu = std::function<void(RawPdu&)>;
  void data(ByteView bytes, const capture::Frame& frame, const OnPdu& on_pdu);
  void gap(u64 bytes);
  void note(std::string text);

 private:
  // Moves on to what looks like a PDU; false where nothing does yet.
  bool find_start();

  FramedBytes bytes_;
  std::vector<std::string> notes_;
  u64 passed_over_ = 0;
  bool searching_ = false;
};

// One association between a client and a server: a TCP connection, or a virtual connection of RPC over HTTP.
class RpcAssociation {
 public:
  explicit RpcAssociation(Conversations& all) : all_(all) {}

  // `from`: who sent it, where its type does not tell.
  void pdu(const Link& link, capture::Side from, RawPdu& raw);
  void lost(capture::Side from);

 private:
  static constexpr std::size_t kMaxAssembling = 64, kMaxPending = 256, kMaxContexts = 512, kMaxSecurity = 64;

  // An interface that both sides may have agreed on.
  struct Context {
    dcerpc::SyntaxId id{};
    const dcerpc::Interface* known = nullptr;
    bool ndr64 = false;
  };
  struct Offer {
    u16 context_id;
    dcerpc::SyntaxId id;
  };
  // A bind or alter_context whose answer is awaited.
  struct Control {
    u64 operation = 0;
    i64 time = 0;
    std::vector<Offer> offers;
    u64 age = 0;
  };
  // A request or response of which fragments come in.
  struct Call {
    Link link;
    capture::Side from{};
    std::vector<u8> wire, stub;
    std::vector<std::size_t> pdus;  // where each fragment begins in `wire`
    std::vector<capture::Frame> frames;
    std::vector<std::string> notes;
    dcerpc::Pdu first{};
    u16 context_id = 0, opnum = 0;
    std::string protection;  // how the stub was opened, or why not
    bool has_first = false, closed = false, opened = false, too_long = false;
    u64 age = 0;
    bool is_request() const { return from == capture::Side::client; }
  };
  // A request whose response is awaited.
  struct Pending {
    u64 operation = 0;
    i64 time = 0;
    Context context;
    u16 opnum = 0;
    std::string session;
    std::shared_ptr<RopRequests> rops;
    AddressBookNames::Asked asked;
    u64 age = 0;
  };
  using CallKey = std::pair<capture::Side, u32>;

  Operation start(const Link& link, capture::Side from, const dcerpc::Pdu& pdu) const;
  void malformed(const Link& link, capture::Side from, RawPdu& raw, const std::string& why);
  void control(const Link& link, capture::Side from, RawPdu& raw, const dcerpc::Pdu& pdu);
  void bind(const dcerpc::Bind& bind, const capture::Frame& frame, Operation& operation);
  void bind_ack(const dcerpc::BindAck& ack, Operation& operation);
  void fault(const dcerpc::Fault& fault, Operation& operation);
  // Ties an answer to its bind or alter_context.
  void answer_control(Operation& operation);
  void token(const dcerpc::Pdu& pdu, capture::Side from, Operation& operation);
  SecurityObserver* security_of(const dcerpc::Pdu& pdu);
  void unprotect(std::span<u8> pdu_bytes, const dcerpc::Pdu& pdu, std::size_t stub_at, Call& call);

  void fragment(const Link& link, capture::Side from, RawPdu& raw, const dcerpc::Pdu& pdu);
  void complete(Call& call);
  void request(Call& call, Operation& operation, Pending& pending);
  void response(Call& call, Operation& operation, Pending& pending);
  Context context_of(const Call& call) const;
  void name_endpoints(const Call& call, const Context& context, u16 opnum);
  void add_tree(const Call& call, const wire::StructInfo* info, const wire::Context* chain, Operation& operation) const;

  Conversations& all_;
  std::map<u16, Context> contexts_;
  std::map<u32, std::unique_ptr<SecurityObserver>> security_;
  std::map<CallKey, Call> calls_;
  std::map<u32, Pending> pending_;
  std::map<u32, Control> controls_;
  std::string user_;
  u64 clock_ = 0;
};

}  // namespace ropewalk::dissect
