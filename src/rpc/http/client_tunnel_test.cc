// The client's side of RPC over HTTP against the server's, without sockets: opening, flow control, recycling.
#include "rpc/http/client_tunnel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/dcerpc/pdu.h"
#include "rpc/http/server_tunnel.h"

namespace ropewalk::rpc::http {
namespace {

using namespace std::chrono_literals;
using rpch::Command;
using rpch::CommandType;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// An RPC PDU of `size` bytes whose content is `fill`.
std::vector<u8> pdu_of(std::size_t size, u8 fill) {
  std::vector<u8> pdu(size, fill);
  const u8 header[] = {5, 0, 0, 3, 0x10, 0, 0, 0, static_cast<u8>(size), static_cast<u8>(size >> 8), 0, 0, 1, 0, 0, 0};
  std::copy(std::begin(header), std::end(header), pdu.begin());
  return pdu;
}

class ClientTunnelTest : public testing::Test {
 protected:
  void start(ClientTunnelSettings settings = {}) {
    settings.seen = [this](bool sent, std::string_view name, std::size_t) {
      seen_.push_back((sent ? ">" : "<") + std::string(name));
    };
    client_.emplace(std::move(settings), now_);
    for (const auto& request : client_->take_requests()) requests_[request.channel] = request;
  }
  std::vector<u8> output_of(Direction direction) {
    for (const auto& [id, request] : requests_)
      if (request.direction == direction)
        if (auto out = client_->take_output(id, now_); !out.empty()) return out;
    return {};
  }

  Time now_ = std::chrono::steady_clock::now();
  std::optional<ClientTunnel> client_;
  std::map<u64, ClientTunnel::Request> requests_;
  std::vector<std::string> seen_;
};

// Both sides, and what travels between them.
class Tunnels : public ClientTunnelTest {
 protected:
  void start_both(ClientTunnelSettings client = {}, TunnelSettings server = {}) {
    server_.emplace(server, now_);
    start(std::move(client));
    run();
    ASSERT_TRUE(client_->opened() && server_->opened()) << client_->why() << server_->why();
  }
  // Until nothing moves any more.
  void run() {
    while (step()) {
    }
  }
  bool step() {
    bool moved = false;
    for (const auto& request : client_->take_requests()) requests_[request.channel] = request, moved = true;
    for (auto& [id, request] : requests_) {
      const std::vector<u8> out = client_->take_output(id, now_);
      moved |= !out.empty();
      u64& written = written_[id];
      written += out.size();
      EXPECT_LE(written, request.content_length);
      if (!out.empty()) to_server(id, request.direction, out);
      if (const u64 theirs = server_ids_[id]; theirs != 0 && request.direction == Direction::out) {
        const std::vector<u8> answer = server_->take_output(theirs, now_);
        moved |= !answer.empty();
        client_->receive(id, answer);
      }
    }
    while (!server_->next_input().empty()) {
      const ByteView next = server_->next_input();
      at_server_.insert(at_server_.end(), next.begin(), next.end());
      server_->consume(next.size());
      moved = true;
    }
    const std::vector<u8> taken = client_->take_input();
    at_client_.insert(at_client_.end(), taken.begin(), taken.end());
    std::erase_if(requests_, [&](const auto& one) { return client_->is_finished(one.first); });
    return moved || !taken.empty();
  }
  void to_server(u64 id, Direction direction, ByteView bytes) {
    if (!server_ids_.contains(id)) {
      const std::size_t first = pdu_length(bytes).value();
      auto opening = read_opening(direction, bytes.first(first));
      ASSERT_TRUE(opening.ok()) << opening.error().text;
      server_ids_[id] = server_->open(*opening, now_);
      bytes = bytes.subspan(first);
    }
    server_->receive(server_ids_[id], bytes, now_);
  }
  // `count` PDUs in each direction at once, step by step; they arrive whole and in order.
  void exchange(int count, std::size_t size) {
    std::vector<u8> sent;
    at_server_.clear();
    at_client_.clear();
    for (int i = 0; i < count; ++i) {
      const std::vector<u8> pdu = pdu_of(size, static_cast<u8>(i));
      sent.insert(sent.end(), pdu.begin(), pdu.end());
      client_->send(pdu);
      server_->send(pdu);
      step();
    }
    run();
    EXPECT_EQ(client_->why() + server_->why(), "");
    EXPECT_TRUE(at_server_ == sent) << at_server_.size() << " of " << sent.size();
    EXPECT_TRUE(at_client_ == sent) << at_client_.size() << " of " << sent.size();
  }

  std::optional<ServerTunnel> server_;
  std::map<u64, u64> server_ids_, written_;
  std::vector<u8> at_server_, at_client_;
};

TEST_F(Tunnels, OpenAndCarryMoreThanTheirWindows) {
  start_both({.receive_window = 16384}, {.receive_window = 16384});
  EXPECT_THAT(seen_, testing::ElementsAre(">CONN/A1", ">CONN/B1", "<CONN/A3", "<CONN/C2"));
  exchange(100, 5840);
  EXPECT_THAT(seen_, Contains(">FlowControlAckWithDestination"));
  EXPECT_THAT(seen_, Contains("<FlowControlAckWithDestination"));
}

TEST_F(Tunnels, TheWindowIsKept) {
  start_both({}, {.receive_window = 8192});
  for (int i = 0; i < 20; ++i) client_->send(pdu_of(4000, 1));
  EXPECT_EQ(output_of(Direction::in).size(), 8000u);
  EXPECT_EQ(output_of(Direction::in).size(), 0u);
  EXPECT_EQ(client_->unsent(), 18 * 4000u);
}

TEST_F(Tunnels, ChannelsAreRecycledWithoutLoss) {
  start_both({.in_lifetime = 131072}, {.channel_lifetime = 131072});
  exchange(400, 5000);  // some fifteen times the life of a channel, each way
  EXPECT_THAT(seen_, Contains(">IN_R1/A1"));
  EXPECT_THAT(seen_, Contains("<IN_R2/A4"));
  EXPECT_THAT(seen_, Contains(">IN_R1/A5"));
  EXPECT_THAT(seen_, Contains("<OUT_R2/A2"));
  EXPECT_THAT(seen_, Contains(">OUT_R1/A3"));
  EXPECT_THAT(seen_, Contains(">OUT_R2/A7"));
  EXPECT_THAT(seen_, Contains("<OUT_R2/B3"));
  EXPECT_GT(std::count(seen_.begin(), seen_.end(), "<OUT_R2/B3"), 10);
  EXPECT_GT(std::count(seen_.begin(), seen_.end(), ">IN_R1/A5"), 10);
}

TEST_F(Tunnels, PingsGoOutWhenThereIsNothingToSay) {
  start_both();
  client_->tick(now_);
  EXPECT_THAT(output_of(Direction::in), IsEmpty());
  now_ += client_->ping_interval() * 2;
  client_->tick(now_);
  client_->tick(now_);
  EXPECT_EQ(output_of(Direction::in).size(), 20u);
  EXPECT_EQ(seen_.back(), ">Ping");
  client_->tick(now_);
  EXPECT_THAT(output_of(Direction::in), IsEmpty());
}

// ---- against servers that are not ours ----

class Scripted : public ClientTunnelTest {
 protected:
  void say(u64 channel, std::string_view name, std::initializer_list<Command> commands) {
    std::vector<u8> pdu;
    append_rts(name, commands, pdu);
    client_->receive(channel, pdu);
  }
  void open() {
    start({.in_lifetime = 131072});
    say(1, "CONN/A3", {Command::number(CommandType::connection_timeout, 120'000)});
    say(1, "CONN/C2",
        {Command::number(CommandType::version, 1), Command::number(CommandType::receive_window_size, 65536),
         Command::number(CommandType::connection_timeout, 120'000)});
    ASSERT_TRUE(client_->opened());
    first_in_ = output_of(Direction::in);
    (void)output_of(Direction::out);
  }
  std::vector<u8> first_in_;  // CONN/B1
  static Command to_client() { return Command::number(CommandType::destination, 0); }
};

TEST_F(Scripted, OutChannelsOfProxiesThatAreApart) {
  open();
  say(1, "OUT_R1/A2", {to_client()});
  auto wanted = client_->take_requests();
  ASSERT_EQ(wanted.size(), 1u);
  EXPECT_EQ(wanted[0].content_length, 120u);  // [MS-RPCH] 2.1.2.1.2
  const u64 successor = wanted[0].channel;
  EXPECT_EQ(client_->take_output(successor, now_).size(), 96u);
  say(1, "OUT_R1/A6",
      {to_client(), Command::number(CommandType::version, 1),
       Command::number(CommandType::connection_timeout, 120'000)});
  EXPECT_EQ(seen_.back(), ">OUT_R1/A7");
  client_->receive(successor, pdu_of(100, 7));  // overtakes the predecessor's end
  EXPECT_THAT(client_->take_input(), IsEmpty());
  client_->receive(1, pdu_of(100, 6));
  say(1, "OUT_R1/A10", {Command::plain(CommandType::ance)});
  EXPECT_EQ(client_->take_output(successor, now_).size(), 24u);
  EXPECT_EQ(client_->take_input().size(), 200u);
  EXPECT_TRUE(client_->is_finished(1));
  client_->receive(1, pdu_of(100, 5));
  EXPECT_THAT(client_->take_input(), IsEmpty());
  client_->closed(1, "gone");
  EXPECT_FALSE(client_->over());
}

TEST_F(Scripted, InChannelsOfProxiesThatAreApart) {
  open();
  const Guid cookie = read_opening(Direction::in, first_in_).value().channel;
  for (int i = 0; i < 30; ++i) client_->send(pdu_of(5000, 1));
  EXPECT_EQ(client_->take_output(2, now_).size(), 65000u);
  say(1, "FlowControlAckWithDestination", {to_client(), Command::acknowledge(65000, 65536, Guid())});
  EXPECT_EQ(client_->take_output(2, now_).size(), 0u);  // another channel's
  say(1, "FlowControlAckWithDestination", {to_client(), Command::acknowledge(65000, 65536, cookie)});
  EXPECT_EQ(client_->take_output(2, now_).size(), 60000u);  // as much as its lifetime has left
  auto wanted = client_->take_requests();
  ASSERT_EQ(wanted.size(), 1u);
  EXPECT_EQ(wanted[0].content_length, 131072u);
  EXPECT_EQ(client_->take_output(wanted[0].channel, now_).size(), 88u);
  EXPECT_EQ(client_->unsent(), 25000u);
  say(1, "IN_R1/A4",
      {to_client(), Command::number(CommandType::version, 1), Command::number(CommandType::receive_window_size, 12000),
       Command::number(CommandType::connection_timeout, 120'000)});
  EXPECT_FALSE(client_->is_finished(2));
  EXPECT_EQ(client_->take_output(2, now_).size(), 40u);  // its last word: IN_R1/A5
  EXPECT_TRUE(client_->is_finished(2));
  EXPECT_EQ(client_->take_output(wanted[0].channel, now_).size(), 10000u);  // the new proxy's window
  EXPECT_EQ(client_->why(), "");
}

TEST_F(Scripted, WhatComesOutOfTurnEndsTheConnection) {
  const std::vector<std::pair<std::string_view, std::vector<Command>>> wrong = {
      {"OUT_R1/A6",
       {to_client(), Command::number(CommandType::version, 1), Command::number(CommandType::connection_timeout, 1)}},
      {"OUT_R1/A10", {Command::plain(CommandType::ance)}},
      {"OUT_R2/B3", {Command::plain(CommandType::ance)}},
      {"IN_R1/A5", {Command::of_cookie(Guid())}},
      {"CONN/A3", {Command::number(CommandType::connection_timeout, 120'000)}}};
  for (const auto& [name, commands] : wrong) {
    open();
    std::vector<u8> pdu;
    if (commands.size() == 1)
      append_rts(name, {commands[0]}, pdu);
    else
      append_rts(name, {commands[0], commands[1], commands[2]}, pdu);
    client_->receive(1, pdu);
    EXPECT_TRUE(client_->over()) << name;
    EXPECT_THAT(client_->why(), HasSubstr("out of turn"));
    EXPECT_THAT(output_of(Direction::in), IsEmpty());
  }
  start();
  client_->receive(1, pdu_of(100, 1));
  EXPECT_THAT(client_->why(), HasSubstr("before the connection is open"));
  open();
  client_->closed(2, "the wire was cut");
  EXPECT_EQ(client_->why(), "the wire was cut");
}

TEST_F(Scripted, BytesThatComeCutOrWrongNeitherCrashNorGrow) {
  std::vector<u8> all;
  append_rts("CONN/A3", {Command::number(CommandType::connection_timeout, 120'000)}, all);
  append_rts("CONN/C2",
             {Command::number(CommandType::version, 1), Command::number(CommandType::receive_window_size, 65536),
              Command::number(CommandType::connection_timeout, 120'000)},
             all);
  for (std::size_t i = 0; i < all.size() * 8; ++i) {
    std::vector<u8> flipped = all;
    flipped[i / 8] ^= static_cast<u8>(1 << i % 8);
    start();
    for (u8 byte : flipped) client_->receive(1, ByteView(&byte, 1));
  }
  open();
  for (int i = 0; i < 10'000 && !client_->over(); ++i) client_->receive(1, pdu_of(5840, 1));  // and nobody takes it
  EXPECT_THAT(client_->why(), HasSubstr("more than the client's window"));
}

}  // namespace
}  // namespace ropewalk::rpc::http
