// For tests alone: MAPI's whole conversation over RPC, PDU by PDU, for tests that send something else at some point.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>

#include "auth/security_context.h"
#include "protocol/emsmdb/extended_buffer.h"
#include "protocol/emsmdb/methods.h"
#include "protocol/epm/methods.h"
#include "protocol/rop/control.h"
#include "protocol/rop/oxcstor.h"
#include "protocol/rop/rop_buffer.h"
#include "rpc/client_connection.h"

namespace ropewalk {

// A TCP connection to this machine, from any of its loopback addresses.
class RawSocket {
 public:
  explicit RawSocket(u16 port, const char* from = "127.0.0.1") : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, from, &address.sin_addr);
    const int on = 1;  // the port is chosen at connect(): the other end counts, too
    ::setsockopt(fd_, IPPROTO_IP, 24 /* IP_BIND_ADDRESS_NO_PORT */, &on, sizeof on);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    good_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawSocket() { ::close(fd_); }
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  bool good() const { return good_; }
  // False where the other side does not take it, within some seconds.
  bool send(ByteView bytes) {
    timeval patience{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return true;
  }
  // How much it takes without waiting.
  std::size_t send_some(ByteView bytes) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  // What comes next; empty where the connection is over, nullopt where nothing comes in time.
  std::optional<std::vector<u8>> receive(std::chrono::milliseconds patience) {
    pollfd file{fd_, POLLIN, 0};
    if (::poll(&file, 1, static_cast<int>(patience.count())) <= 0) return std::nullopt;
    std::vector<u8> bytes(16'384);
    const ssize_t n = ::recv(fd_, bytes.data(), bytes.size(), 0);
    bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return bytes;
  }
  // Whatever comes until the other side ends the connection; false where it does not in time.
  bool is_ended_within(std::chrono::milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
      auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      auto bytes = receive(std::max(left, std::chrono::milliseconds(0)));
      if (!bytes) return false;
      if (bytes->empty()) return true;
    }
  }
  void end_writing() { ::shutdown(fd_, SHUT_WR); }
  // Ends the connection with a reset when this goes.
  void cut() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

 private:
  int fd_;
  bool good_ = false;
};

// One client's conversation. The steps come in order, each once: what prepare() gives is to be sent, finish() takes the
// answer.
class RpcTalk {
 public:
  enum Step { bind_mapper, map, bind, auth3, connect, execute, disconnect, kSteps };
  struct Where {
    u16 mapper, mailbox;
    const char* from = "127.0.0.1";
    std::string user, password;
  };

  // `begin`: bind_mapper, or bind for a talk that knows the port.
  RpcTalk(Where where, Step begin) : where_(std::move(where)) {
    open(begin < bind ? where_.mapper : where_.mailbox, begin < bind ? rpc::ClientSettings{} : secured());
  }

  RawSocket& socket() { return *socket_; }
  rpc::ClientConnection& connection() { return *connection_; }
  u16 context() const { return context_; }
  const ndr::ContextHandle& handle() const { return handle_; }
  const std::string& wrong() const { return wrong_; }

  std::vector<u8> prepare(Step step) {
    if (step == bind && !is_to_mailbox_) open(where_.mailbox, secured());
    switch (step) {
      case bind_mapper:
        context_ = connection_->bind(epm::kEndpointMapper.id);
        break;
      case map:
        call(3, map_request());
        break;
      case bind:
        context_ = connection_->bind(emsmdb::kEmsmdb.id);
        break;
      case auth3:
        break;  // made when the bind_ack came
      case connect: {
        emsmdb::EcDoConnectExIn in;
        in.user_dn = ndr::String::of(where_.user);
        in.client_version = {{15, 0x8000 | 4420, 1017}};
        in.aux_out_size = emsmdb::kSmallRange;
        call(10, stub(in));
        break;
      }
      case execute:
        call(11, execute_request());
        break;
      default:
        call(1, stub(emsmdb::EcDoDisconnectIn{handle_}));
    }
    return output();
  }
  // False, and wrong(), where it is not the answer that a working server gives.
  bool finish(Step step) {
    switch (step) {
      case bind_mapper:
        return pull([&] { return connection_->bound(); });
      case map:
        return answered<epm::MapOut>([&](const epm::MapOut& out) { return out.status == 0 && port_of(out) != 0; });
      case bind:
        return pull([&] { return !connection_->output().empty(); });
      case auth3:
        return connection_->state(context_) == rpc::ClientConnection::State::accepted;
      case connect:
        return answered<emsmdb::EcDoConnectExOut>([&](const emsmdb::EcDoConnectExOut& out) {
          handle_ = out.handle;
          return out.return_value == mapi::ErrorCode::none;
        });
      case execute:
        return answered<emsmdb::EcDoRpcExt2Out>([&](const emsmdb::EcDoRpcExt2Out& out) {
          return out.return_value == mapi::ErrorCode::none && !out.out.bytes.empty();
        });
      default:
        return answered<emsmdb::EcDoDisconnectOut>(
            [&](const emsmdb::EcDoDisconnectOut& out) { return out.return_value == mapi::ErrorCode::none; });
    }
  }
  bool run(Step step) {
    const std::vector<u8> bytes = prepare(step);  // may open another socket
    if (socket_->send(bytes) && finish(step)) return true;
    if (wrong_.empty()) wrong_ = "step " + std::to_string(step) + ": " + connection_->error();
    return false;
  }
  // Every step before that one.
  bool run_until(Step first, Step end) {
    for (int step = first; step < end; ++step)
      if (!run(static_cast<Step>(step))) return false;
    return true;
  }

  template <class T>
  std::vector<u8> stub(const T& parameters) {
    const ndr::Format format = connection_->format(context_);
    wire::Context chain = wire::add_context(format, nullptr);
    wire::OutBuffer out;
    wire::encode(parameters, out, &chain);
    return {out.view().begin(), out.view().end()};
  }
  std::vector<u8> output() {
    std::vector<u8> bytes(connection_->output().begin(), connection_->output().end());
    connection_->sent(bytes.size());
    return bytes;
  }
  void call(u16 opnum, const std::vector<u8>& parameters) {
    auto id = connection_->call(context_, opnum, parameters);
    if (!id.ok()) wrong_ = id.error().text;
  }
  std::vector<u8> execute_request() {
    wire::OutBuffer plain, packed;
    rop::RopWriter writer(plain);
    rop::LogonRequest logon;
    logon.logon_flags = rop::kLogonPrivate;
    logon.open_flags = 0x0100040C;
    logon.essdn = wire::String8::of(where_.user);
    writer.add(logon);
    const u32 handles[] = {rop::kNoHandle};
    writer.finish(handles);
    emsmdb::append_extended_buffer(plain.view(), {}, packed);
    emsmdb::EcDoRpcExt2In in;
    in.handle = handle_;
    in.in.bytes = packed.view();
    in.out_size = 0x8008;
    in.aux_out_size = emsmdb::kSmallRange;
    return stub(in);
  }

 private:
  void open(u16 port, rpc::ClientSettings settings) {
    socket_ = std::make_unique<RawSocket>(port, where_.from);
    connection_ = std::make_unique<rpc::ClientConnection>(std::move(settings));
    is_to_mailbox_ = port == where_.mailbox;
  }
  rpc::ClientSettings secured() const {
    auth::ClientOptions options;
    options.account = where_.user;
    options.password = where_.password;
    options.level = auth::Level::privacy;
    options.dce_style = true;
    rpc::ClientSettings made;
    made.type = dcerpc::AuthType::ntlm;
    made.level = dcerpc::AuthLevel::privacy;
    auto context = auth::make_client(auth::Mechanism::ntlm, options);
    if (context.ok()) made.security = *std::move(context);
    return made;
  }
  std::vector<u8> map_request() {
    epm::Binding wanted;
    wanted.interface_id = emsmdb::kEmsmdb.id;
    wanted.transfer_syntax = dcerpc::kNdr;
    wanted.transport = epm::FloorProtocol::tcp;
    const std::vector<u8> tower = epm::make_tower(wanted);
    epm::TowerOctets octets;
    octets.octets = tower;
    epm::MapIn in;
    in.map_tower = ndr::FullPointer<epm::TowerOctets>::to(octets);
    in.max_towers = 4;
    return stub(in);
  }
  static u16 port_of(const epm::MapOut& out) {
    for (const auto& one : out.towers.items)
      if (auto binding = one ? epm::read_tower(one->octets) : std::nullopt) return binding->port;
    return 0;
  }
  template <class Done>
  bool pull(const Done& done) {
    while (!done()) {
      auto bytes = socket_->receive(std::chrono::seconds(20));
      if (!bytes || bytes->empty()) {
        wrong_ = !bytes ? "no answer" : "the connection was ended";
        return false;
      }
      connection_->receive(*bytes);
      if (!connection_->error().empty()) return false;
    }
    return true;
  }
  template <class Out, class Check>
  bool answered(const Check& check) {
    std::vector<rpc::Reply> replies;
    if (!pull([&] { return !(replies = connection_->take_replies()).empty(); })) return false;
    if (replies[0].fault != 0) {
      wrong_ = dcerpc::fault_text(replies[0].fault);
      return false;
    }
    Arena arena;
    wire::Context chain = wire::add_context(replies[0].format, nullptr);
    std::size_t consumed = 0;
    auto out = wire::decode<Out>(replies[0].stub, arena, &chain, &consumed);
    if (!out.ok()) wrong_ = out.error().text();
    return out.ok() && check(*out);
  }

  Where where_;
  std::unique_ptr<RawSocket> socket_;
  std::unique_ptr<rpc::ClientConnection> connection_;
  bool is_to_mailbox_ = false;
  u16 context_ = 0;
  ndr::ContextHandle handle_;
  std::string wrong_;
};

}  // namespace ropewalk
