// Conversations of other makers' clients and servers, opened with the password.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>

#include "auth/ntlm_proof.h"
#include "base/hex.h"
#include "base/test_support.h"
#include "protocol/spnego/tokens.h"
#include "wire/test_round_trip.h"

namespace ropewalk::auth {
namespace {

// One TCP payload: the conversation, whether it comes from the client, the bytes.
struct Payload {
  std::string stream;
  bool from_client;
  std::vector<u8> bytes;
};

std::vector<Payload> payloads_of(const std::string& path) {
  const std::string command =
      "tshark -r '" + path + "' -Y 'tcp.len > 0' -T fields -e tcp.stream -e tcp.srcport -e tcp.payload 2>/dev/null";
  std::vector<Payload> all;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return all;
  std::string text;
  char buffer[65536];
  for (std::size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) text.append(buffer, n);
  pclose(pipe);
  std::map<std::string, std::string> clients;  // of each conversation: who speaks first
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::vector<std::string> parts(1);
    for (char c : text.substr(at, end - at))
      if (c == '\t')
        parts.emplace_back();
      else
        parts.back().push_back(c);
    at = end + 1;
    auto bytes = parts.size() == 3 ? from_hex(parts[2]) : std::nullopt;
    if (!bytes) continue;
    const std::string& client = clients.emplace(parts[0], parts[1]).first->second;
    all.push_back({parts[0], parts[1] == client, std::move(*bytes)});
  }
  return all;
}

// Follows the DCE/RPC PDUs of one connection.
class Connection {
 public:
  // Without a password the messages stay closed; tokens are read all the same.
  explicit Connection(std::string_view password) : hash_(nt_hash(password)), password_unknown_(password.empty()) {}

  void feed(bool from_client, ByteView bytes) {
    std::vector<u8>& pending = pending_[from_client];
    pending.insert(pending.end(), bytes.begin(), bytes.end());
    while (pending.size() >= 16 && pending[0] == 5) {
      const std::size_t size = load_le<u16>(pending.data() + 8);
      if (size < 16 || pending.size() < size) return;
      pdu(from_client, std::span(pending).first(size));
      pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(size));
    }
  }

  int opened = 0, micd = 0, read = 0;
  std::vector<std::string> trouble;

 private:
  void pdu(bool from_client, std::span<u8> bytes) {
    const std::size_t auth = load_le<u16>(bytes.data() + 10);
    if (auth == 0 || auth + 24 > bytes.size()) return;
    const ByteView value = ByteView(bytes).last(auth);
    const std::size_t trailer = bytes.size() - auth - 8;
    const u8 type = bytes[2];
    if (type == 0 || type == 2) return message(from_client, bytes, trailer, value);
    token(from_client, bytes[trailer], value);
  }

  void token(bool from_client, u8 auth_type, ByteView value) {
    std::vector<u8> mic;
    if (auth_type == 9) {
      auto parsed = spnego::read_token(value);
      if (!parsed.ok()) return trouble.push_back(parsed.error().text);
      if (to_hex(spnego::write_token(*parsed)) != to_hex(value)) trouble.push_back("written anew: " + to_hex(value));
      ++read;
      const auto& resp = parsed->resp;
      if (resp.mech_list_mic) mic.assign(resp.mech_list_mic->begin(), resp.mech_list_mic->end());
      if (parsed->is_init) list_ = spnego::write_mech_list(parsed->init.mechanisms);
      value = parsed->is_init ? parsed->init.mech_token.value_or(ByteView()) : resp.response_token.value_or(ByteView());
    } else if (auth_type != 10) {
      return;
    }
    if (const wire::StructInfo* info = ntlmssp::message_info(value)) {
      if (std::string wrong = wire::check_bytes(*info, value, nullptr); !wrong.empty()) trouble.push_back(wrong);
      ++read;
    }
    if (value.size() > 12 && value[8] == 2) challenge_.assign(value.begin(), value.end());
    if (value.size() > 12 && value[8] == 3) {
      auto observed = observe_ntlm(challenge_, value, hash_);
      if (!observed.ok() && password_unknown_) return;
      if (!observed.ok()) return trouble.push_back(observed.error().text);
      session_.emplace(std::move(*observed));
    }
    if (!mic.empty() && session_) check_mic(from_client, mic);
  }

  static Direction way_of(bool from_client) {
    return from_client ? Direction::client_to_server : Direction::server_to_client;
  }
  void check_mic(bool from_client, ByteView mic) {
    NtlmSession& session = session_->of(way_of(from_client));
    Status good = session.verify({.header = list_, .sign_header = true}, mic);
    if (!good.ok()) return trouble.push_back("mechListMIC: " + good.error().text);
    session.restart(!session_->has_mic);
    ++micd;
  }

  void message(bool from_client, std::span<u8> bytes, std::size_t trailer, ByteView value) {
    if (!session_) return;
    const std::size_t body = (bytes[3] & 0x80) != 0 ? 40 : 24;
    NtlmSession& session = session_->of(way_of(from_client));
    const MessageParts parts{ByteView(bytes).first(body), bytes.subspan(body, trailer - body),
                             ByteView(bytes).subspan(trailer, 8), true};
    const bool sealed = bytes[trailer + 1] == 6;
    if (bytes[trailer + 1] < 5) return;
    Status good = sealed ? session.unseal(parts, value) : session.verify(parts, value);
    if (!good.ok()) return trouble.push_back(good.error().text);
    ++opened;
  }

  Key16 hash_;
  bool password_unknown_;
  std::map<bool, std::vector<u8>> pending_;
  std::vector<u8> challenge_, list_;
  std::optional<ObservedNtlm> session_;
};

struct Totals {
  int opened = 0, micd = 0, read = 0;
};
Totals open_capture(const std::string& name, std::string_view password) {
  std::map<std::string, Connection> connections;
  for (const Payload& payload : payloads_of(shared_path("captures/" + name)))
    connections.try_emplace(payload.stream, password).first->second.feed(payload.from_client, payload.bytes);
  Totals totals;
  for (const auto& [stream, connection] : connections) {
    totals.opened += connection.opened;
    totals.micd += connection.micd;
    totals.read += connection.read;
    for (const std::string& line : connection.trouble) ADD_FAILURE() << name << ", stream " << stream << ": " << line;
  }
  return totals;
}

class Captures : public testing::Test {
 protected:
  void SetUp() override {
    if (shared_path("captures").empty()) GTEST_SKIP() << "the shared captures are absent";
    if (std::system("tshark --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "tshark is not installed";
  }
};

TEST_F(Captures, SambaSealedWithNtlmBareAndInsideNegotiate) {
  const Totals totals = open_capture("samba-sealed-ntlm.pcapng", "Passw0rd.123");
  EXPECT_GT(totals.opened, 25);
  EXPECT_GE(totals.micd, 2);
}

TEST_F(Captures, WindowsSealedWithNtlm) {
  const Totals totals = open_capture("scapy-dcerpc_privacy_ntlm.pcapng.gz", "Password123!");
  EXPECT_GT(totals.opened, 10);
}

TEST_F(Captures, TokensOfManySendersAreReadAndWrittenBackAlike) {
  int read = 0;
  for (const char* name : {"zeek-mapi.pcap", "suricata-dcerpc-ctxids.pcap", "suricata-dcerpc-auth3-5133.pcap",
                           "zeek-dce_rpc_ntlm.pcapng", "zeek-kerberos135_auth.pcapng", "samba-sealed-krb5.pcapng",
                           "scapy-dcerpc_privacy_krb.pcapng.gz", "zeek-cs_window7-join_stream092.pcap",
                           "zeek-ntlm-empty-av-sequence.pcap", "zeek-ntlm-unterminated-av-sequence.pcap"}) {
    const Totals totals = open_capture(name, "");
    EXPECT_GT(totals.read, 0) << name;
    read += totals.read;
  }
  EXPECT_GT(read, 30);
}

}  // namespace
}  // namespace ropewalk::auth
