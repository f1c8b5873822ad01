#include "inspect/live_packets.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>

#include "base/base64.h"
#include "base/hex.h"
#include "inspect/admin_gate.h"
#include "protocol/dcerpc/pdu.h"
#include "wire/encoder.h"

namespace ropewalk::inspect {
namespace {

using capture::Packet;
using dcerpc::PacketType;
using dcerpc::PfcFlags;
using server::TapCall;
using server::TapLink;

constexpr u8 kFin = 0x01, kSyn = 0x02, kRst = 0x04, kAck = 0x10;
constexpr std::size_t kMostPayload = 60'000;   // of one packet
constexpr std::size_t kMostFragment = 60'000;  // stub bytes of one PDU
constexpr u32 kFirstPort = 20'000;             // of conversations without ports of their own

void put16(std::vector<u8>& out, u32 value) {
  out.push_back(static_cast<u8>(value >> 8));
  out.push_back(static_cast<u8>(value));
}
void put32(std::vector<u8>& out, u32 value) {
  put16(out, value >> 16);
  put16(out, value);
}

// ---- HTTP heads without secrets ----

// The same for the same value, and nothing that leads back to it.
std::string disguised(std::string_view value) {
  static const std::string key = random_token();
  const std::string text = key + std::string(value);
  u8 digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr) != 1) return "***";
  return to_hex(ByteView(digest, 8));
}

// "name=value; name=value", and what a Set-Cookie says behind its first pair.
std::string disguised_cookies(std::string_view text, bool only_first) {
  std::string out;
  for (bool first = true; !text.empty(); first = false) {
    std::string_view pair = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    const auto equals = pair.find('=');
    if (!first) out += "; ";
    if (equals == std::string_view::npos || (only_first && !first))
      out += pair;
    else
      out += fmt::format("{}={}", pair.substr(0, equals), disguised(pair.substr(equals + 1)));
  }
  return out;
}

// Who signs in, without how.
std::string disguised_authorization(std::string_view value) {
  const std::string_view scheme = value.substr(0, value.find(' '));
  if (!net::same_name(scheme, "Basic") || value.size() <= scheme.size()) return fmt::format("{} ***", scheme);
  const auto plain = from_base64(value.substr(scheme.size() + 1));
  if (!plain) return "Basic ***";
  const std::string text(plain->begin(), plain->end());
  return "Basic " + to_base64(bytes_of(text.substr(0, text.find(':')) + ":***"));
}

void add_field(std::string& head, std::string_view name, std::string_view value) {
  for (std::string_view left_out : {"Content-Length", "Transfer-Encoding", "Connection", "Expect"})
    if (net::same_name(name, left_out)) return;
  std::string kept(value);
  for (std::string_view secret : {"Authorization", "Proxy-Authorization", "WWW-Authenticate"})
    if (net::same_name(name, secret)) kept = disguised_authorization(value);
  if (net::same_name(name, "Cookie")) kept = disguised_cookies(value, false);
  if (net::same_name(name, "Set-Cookie")) kept = disguised_cookies(value, true);
  net::append_header(head, name, kept);
}

std::vector<u8> http_message(std::string_view head, std::string_view body) {
  const std::string text = fmt::format("{}Content-Length: {}\r\n\r\n", head, body.size());
  std::vector<u8> bytes(text.begin(), text.end());
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

// ---- PDUs without protection ----

template <class Body>
void append_pdu(PacketType type, u8 flags, const TapCall& call, bool big_endian, Body& body, wire::OutBuffer& out) {
  dcerpc::Pdu pdu;
  pdu.type = type;
  pdu.flags.value = flags;
  if (big_endian) pdu.integers.value = 0;
  pdu.call_id = call.call_id;
  pdu.body = &body;
  (void)wire::encode(pdu, out);
}

u8 fragment_flags(bool first, bool last) {
  return static_cast<u8>((first ? PfcFlags::kFirstFrag : 0) | (last ? PfcFlags::kLastFrag : 0));
}

}  // namespace

std::string http_head(const net::HttpRequest& request) {
  std::string head = fmt::format("{} {}{}{} HTTP/1.1\r\n", request.method, request.path,
                                 request.query.empty() ? "" : "?", request.query);
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    const net::HttpHeader field = request.headers[i];
    add_field(head, field.name, field.value);
  }
  return head;
}

std::string http_head(int status, std::string_view lines) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", status, net::http_reason(status));
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find("\r\n"));
    lines.remove_prefix(std::min(lines.size(), line.size() + 2));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    add_field(head, line.substr(0, colon), value);
  }
  return head;
}

LivePackets::LivePackets(std::function<void(const Packet&)> sink) : sink_(std::move(sink)) {}

void LivePackets::packet(Connection& connection, bool from_client, u8 flags, i64 time, ByteView payload) {
  const Address& from = from_client ? connection.client : connection.server;
  const Address& to = from_client ? connection.server : connection.client;
  std::vector<u8>& out = bytes_;
  out.assign(12, 0);  // the two parties' Ethernet addresses
  const std::size_t tcp_size = 20 + payload.size();
  if (from.is_v6) {  // [RFC 8200] 3
    put16(out, 0x86DD);
    put32(out, 6u << 28);
    put16(out, static_cast<u32>(tcp_size));
    out.insert(out.end(), {6, 64});
    out.insert(out.end(), from.bytes.begin(), from.bytes.end());
    out.insert(out.end(), to.bytes.begin(), to.bytes.end());
  } else {  // [RFC 791] 3.1
    put16(out, 0x0800);
    out.insert(out.end(), {0x45, 0});
    put16(out, static_cast<u32>(20 + tcp_size));
    put32(out, 0);
    out.insert(out.end(), {64, 6, 0, 0});
    out.insert(out.end(), from.bytes.begin(), from.bytes.begin() + 4);
    out.insert(out.end(), to.bytes.begin(), to.bytes.begin() + 4);
  }
  put16(out, from_client ? connection.client_port : connection.server_port);
  put16(out, from_client ? connection.server_port : connection.client_port);
  u32& next = connection.next[from_client ? 0 : 1];
  put32(out, next);
  put32(out, connection.next[from_client ? 1 : 0]);
  out.insert(out.end(), {0x50, flags});
  put16(out, 65535);
  put32(out, 0);
  out.insert(out.end(), payload.begin(), payload.end());
  next += static_cast<u32>(payload.size()) + ((flags & (kSyn | kFin)) != 0 ? 1 : 0);
  sink_({{++frames_, time}, out.size(), out});
}

void LivePackets::begin(Connection& connection, i64 time) {
  packet(connection, true, kSyn, time, {});
  packet(connection, false, kSyn | kAck, time, {});
}

void LivePackets::end(Connection& connection, i64 time) {
  packet(connection, true, kRst, time, {});
  connection.next[0] += 1u << 20;
  connection.next[1] += 1u << 20;
  connection.contexts.clear();
  connection.awaits_answer = false;
}

void LivePackets::say(Connection& connection, bool from_client, i64 time, ByteView bytes) {
  while (!bytes.empty()) {
    const ByteView part = bytes.first(std::min(bytes.size(), kMostPayload));
    packet(connection, from_client, kAck, time, part);
    bytes = bytes.subspan(part.size());
  }
}

LivePackets::Connection& LivePackets::connection(const TapLink& link, i64 time) {
  const Key key{link.client, link.server, link.client_port, link.server_port, link.conversation};
  auto found = connections_.find(key);
  if (found != connections_.end()) {
    ages_.splice(ages_.end(), ages_, found->second.age);
    return found->second;
  }
  if (connections_.size() >= kMaxConnections) {
    auto oldest = connections_.find(ages_.front());
    end(oldest->second, time);
    connections_.erase(oldest);
    ages_.pop_front();
  }
  Connection& made = connections_[key];
  made.age = ages_.insert(ages_.end(), key);
  const bool both_v4 = inet_pton(AF_INET, link.client.c_str(), made.client.bytes.data()) == 1 &&
                       inet_pton(AF_INET, link.server.c_str(), made.server.bytes.data()) == 1;
  for (auto [text, address] : {std::pair(&link.client, &made.client), std::pair(&link.server, &made.server)}) {
    if (both_v4) continue;
    address->is_v6 = true;
    const std::string mapped = text->find(':') == std::string::npos ? "::ffff:" + *text : *text;
    if (inet_pton(AF_INET6, mapped.c_str(), address->bytes.data()) != 1) address->bytes = {};
  }
  made.client_port =
      link.client_port != 0 ? link.client_port : static_cast<u16>(kFirstPort + link.conversation % 40'000);
  made.server_port = link.server_port != 0 ? link.server_port : 443;
  begin(made, time);
  return made;
}

void LivePackets::http_request(const TapLink& link, i64 time, std::string_view head, std::string_view body) {
  Connection& on = connection(link, time);
  if (on.awaits_answer) {  // the last one never had an answer: another connection from the same port
    end(on, time);
    begin(on, time);
  }
  on.awaits_answer = true;
  say(on, true, time, http_message(head, body));
}

void LivePackets::http_response(const TapLink& link, i64 time, std::string_view head, std::string_view body) {
  Connection& on = connection(link, time);
  on.awaits_answer = false;
  say(on, false, time, http_message(head, body));
}

// The context of the call's interface, as a client's first bind or a later alter_context makes it.
void LivePackets::bind(Connection& on, i64 time, const TapCall& call) {
  const bool is_first = on.contexts.empty();
  if (!on.contexts.insert(call.context_id).second) return;
  dcerpc::SyntaxId syntax = call.ndr64 ? dcerpc::kNdr64 : dcerpc::kNdr;
  dcerpc::ContextElement element{call.context_id, 0, call.interface, wire::List<dcerpc::SyntaxId>({&syntax, 1})};
  dcerpc::AlterContext asked;
  asked.max_xmit_frag = asked.max_recv_frag = 0xFFFF;
  asked.contexts = wire::List<dcerpc::ContextElement>({&element, 1});
  dcerpc::ContextAnswer accepted{{}, {}, syntax};
  dcerpc::AlterContextResp answer;
  static constexpr u8 kPad[2] = {};
  answer.max_xmit_frag = answer.max_recv_frag = 0xFFFF;
  answer.assoc_group_id = 1;
  answer.pad2 = kPad;
  answer.results = wire::List<dcerpc::ContextAnswer>({&accepted, 1});
  const u8 whole = fragment_flags(true, true);
  wire::OutBuffer there, back;
  append_pdu(is_first ? PacketType::bind : PacketType::alter_context, whole, call, false, asked, there);
  append_pdu(is_first ? PacketType::bind_ack : PacketType::alter_context_resp, whole, call, false, answer, back);
  say(on, true, time, there.view());
  say(on, false, time, back.view());
}

void LivePackets::rpc_request(const TapLink& link, i64 time, const TapCall& call, ByteView stub) {
  Connection& on = connection(link, time);
  bind(on, time, call);
  wire::OutBuffer out;
  bool first = true;
  do {
    dcerpc::Request body;
    body.alloc_hint = static_cast<u32>(stub.size());
    body.context_id = call.context_id;
    body.opnum = call.opnum;
    body.stub_data = stub.first(std::min(stub.size(), kMostFragment));
    stub = stub.subspan(body.stub_data.size());
    append_pdu(PacketType::request, fragment_flags(first, stub.empty()), call, call.big_endian, body, out);
    first = false;
  } while (!stub.empty());
  say(on, true, time, out.view());
}

void LivePackets::rpc_response(const TapLink& link, i64 time, const TapCall& call, ByteView stub) {
  Connection& on = connection(link, time);
  bind(on, time, call);
  wire::OutBuffer out;
  if (call.fault != 0) {
    static constexpr u8 kReserved[4] = {};
    dcerpc::Fault body;
    body.context_id = call.context_id;
    body.status.value = call.fault;
    body.reserved2 = kReserved;
    append_pdu(PacketType::fault, fragment_flags(true, true), call, false, body, out);
  }
  bool first = true;
  while (call.fault == 0 && (first || !stub.empty())) {
    dcerpc::Response body;
    body.alloc_hint = static_cast<u32>(stub.size());
    body.context_id = call.context_id;
    body.stub_data = stub.first(std::min(stub.size(), kMostFragment));
    stub = stub.subspan(body.stub_data.size());
    append_pdu(PacketType::response, fragment_flags(first, stub.empty()), call, false, body, out);
    first = false;
  }
  say(on, false, time, out.view());
}

}  // namespace ropewalk::inspect
