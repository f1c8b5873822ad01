#include "rpc/http/server_tunnel.h"

#include <gmock/gmock.h>

#include <random>

#include "rpc/http/test_peer.h"
#include "wire/test_round_trip.h"

namespace ropewalk::rpc::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// A client and a tunnel, with a network between them that delivers each channel's bytes in pieces and the channels in
// any order. The server says back every PDU that it hears.
class Net {
 public:
  explicit Net(TunnelSettings settings = {}, unsigned seed = 1) : tunnel(settings, Time()), random_(seed) {}

  Time now{};
  ServerTunnel tunnel;
  TestPeer peer;
  u64 delivered = 0;  // bytes to the server
  bool echoes = true, serves = true;
  std::size_t most_unsent = 0;

  // One step of anything that can happen; false: nothing can.
  bool step() {
    std::vector<std::function<void()>> choices;
    for (std::size_t i = 0; i < peer.channels.size(); ++i) {
      Link& link = link_of(i);
      if (may_deliver(i, link)) choices.push_back([this, i, &link] { deliver(i, link); });
      if (peer.channels[i].is_in || link.id == 0) continue;
      pull(i, link);
      if (!link.down.empty()) choices.push_back([this, i, &link] { hear(i, link); });
    }
    if (serves && !tunnel.next_input().empty()) choices.push_back([this] { serve(); });
    if (choices.empty()) return false;
    choices[random_() % choices.size()]();
    most_unsent = std::max(most_unsent, tunnel.unsent());
    return true;
  }
  void run() {
    for (int i = 0; i < 1'000'000 && step(); ++i) continue;
  }
  // Channel `i` of the peer's is gone.
  void cut(std::size_t i) { tunnel.closed(link_of(i).id); }
  ChannelId id(std::size_t i) { return link_of(i).id; }
  std::vector<std::vector<u8>>& said_up() { return up_; }

 private:
  struct Link {
    ChannelId id = 0;
    std::vector<u8> opening, down;
    bool failed = false;
  };

  Link& link_of(std::size_t i) {
    while (links_.size() <= i) links_.emplace_back(), up_.emplace_back();
    return links_[i];
  }
  bool may_deliver(std::size_t i, const Link& link) const {
    return !peer.channels[i].body.empty() && !link.failed && (link.id == 0 || tunnel.may_read(link.id));
  }

  void deliver(std::size_t i, Link& link) {
    std::vector<u8>& body = peer.channels[i].body;
    const std::size_t size = std::min<std::size_t>(body.size(), 1 + random_() % (random_() % 2 ? 40 : 20'000));
    std::vector<u8> piece(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size));
    body.erase(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size));
    up_[i].insert(up_[i].end(), piece.begin(), piece.end());
    delivered += size;
    if (link.id != 0) return tunnel.receive(link.id, piece, now);
    link.opening.insert(link.opening.end(), piece.begin(), piece.end());
    const auto length = pdu_length(link.opening);
    if (length && (*length == 0 || *length > link.opening.size())) return;
    Direction direction = peer.channels[i].is_in ? Direction::in : Direction::out;
    auto opening = length ? read_opening(direction, ByteView(link.opening).first(*length)) : Error{"no PDU"};
    if (opening.ok()) link.id = tunnel.open(*opening, now);
    link.failed = link.id == 0;
    if (!link.failed) tunnel.receive(link.id, ByteView(link.opening).subspan(*length), now);
  }

  void pull(std::size_t, Link& link) {
    if (link.down.size() > 100'000) return;  // the socket is full
    const auto out = tunnel.take_output(link.id, now);
    link.down.insert(link.down.end(), out.begin(), out.end());
  }

  void hear(std::size_t i, Link& link) {
    const std::size_t size = std::min<std::size_t>(link.down.size(), 1 + random_() % (random_() % 2 ? 40 : 20'000));
    const std::vector<u8> piece(link.down.begin(), link.down.begin() + static_cast<std::ptrdiff_t>(size));
    link.down.erase(link.down.begin(), link.down.begin() + static_cast<std::ptrdiff_t>(size));
    peer.hear(i, piece);
  }

  void serve() {
    const ByteView next = tunnel.next_input();
    const std::vector<u8> pdu(next.begin(), next.end());
    tunnel.consume(pdu.size());
    if (echoes) tunnel.send(pdu);
  }

  std::mt19937 random_;
  std::deque<Link> links_;
  std::vector<std::vector<u8>> up_;
};

// Says `count` PDUs and hears them all; recycles the IN channel every `in_lifetime` bytes.
void talk(Net& net, std::size_t count, std::size_t in_lifetime, std::mt19937& random) {
  net.peer.connect();
  net.run();
  ASSERT_TRUE(net.peer.opened) << net.tunnel.why();
  u32 said = 0;
  while (net.peer.got.size() < count) {
    ASSERT_EQ(net.peer.failure, "");
    ASSERT_FALSE(net.tunnel.over()) << net.tunnel.why();
    bool moved = false;
    if (said < count && net.peer.say_rpc(numbered_pdu(said, 20 + random() % 5820))) moved = true, ++said;
    if (net.peer.said_on_in() > in_lifetime) net.peer.recycle_in();
    for (unsigned i = random() % 12; i > 0; --i) moved |= net.step();
    if (!moved && !net.step() && said == count) break;
  }
  ASSERT_EQ(net.peer.failure, "");
  ASSERT_EQ(net.peer.got.size(), count) << net.tunnel.why();
  for (u32 i = 0; i < count; ++i) {
    const auto& pdu = net.peer.got[i];
    ASSERT_EQ(pdu[16] | pdu[17] << 8 | pdu[18] << 16, static_cast<int>(i));
  }
}

TEST(ServerTunnel, AConnectionIsEstablishedWhicheverChannelComesFirst) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    Net net({}, seed);
    net.peer.connect();
    net.run();
    EXPECT_TRUE(net.tunnel.opened());
    EXPECT_THAT(net.peer.heard, testing::ElementsAre("CONN/A3", HasSubstr("CONN/C2")));
    EXPECT_EQ(net.peer.failure, "");
  }
}

TEST(ServerTunnel, NothingIsLostOrReorderedWhileChannelsAreRecycled) {
  int in = 0, out = 0;
  for (unsigned seed = 0; seed < 30; ++seed) {
    SCOPED_TRACE(seed);
    Net net({.channel_lifetime = 128 * 1024}, seed);
    std::mt19937 random(seed);
    talk(net, 400, 60'000, random);
    if (HasFatalFailure()) return;
    in += net.peer.in_recycled;
    out += net.peer.out_recycled;
  }
  // 400 PDUs of some 2,900 bytes on average make 1.1 MB.
  EXPECT_GT(in, 30 * 10);
  EXPECT_GT(out, 30 * 8);
}

TEST(ServerTunnel, AWindowThatIsFullStopsTheServerUntilItIsAcknowledged) {
  Net net;
  net.peer.acknowledges = false;
  net.peer.connect();
  net.run();
  for (u32 i = 0; i < 100; ++i) net.tunnel.send(numbered_pdu(i, 5000));
  net.run();
  EXPECT_EQ(net.peer.got.size(), TestPeer::kWindow / 5000);
  EXPECT_EQ(net.tunnel.unsent(), (100 - TestPeer::kWindow / 5000) * 5000);
  net.peer.acknowledges = true;
  auto& out = net.peer.channels[net.peer.out()];
  out.unacknowledged = 0;
  net.peer.say(net.peer.in(), "FlowControlAckWithDestination",
               {TestPeer::number(rpch::CommandType::destination, 3),
                rpch::Command::acknowledge(out.rpc_bytes, TestPeer::kWindow, out.cookie)});
  net.run();
  EXPECT_EQ(net.peer.got.size(), 100u);
  EXPECT_EQ(net.peer.failure, "");
}

TEST(ServerTunnel, TheClientStopsUntilTheServerHasTakenWhatItSaid) {
  Net net;
  net.peer.connect();
  net.run();
  u32 said = 0;
  while (net.peer.say_rpc(numbered_pdu(said, 4000))) ++said;
  EXPECT_EQ(said, TunnelSettings{}.receive_window / 4000);
  EXPECT_GT(net.peer.available, 0u);
  net.run();
  // All of it was taken; at least half the window is there again.
  EXPECT_GT(net.peer.available, TunnelSettings{}.receive_window / 2);
}

// What its predecessor said is nothing that the client counts for a channel.
TEST(ServerTunnel, AcknowledgementsAreOfOneChannelWhileInputOfTwoWaits) {
  Net net;
  net.serves = false;
  net.peer.connect();
  net.run();
  while (net.peer.say_rpc(numbered_pdu(0, 4000))) continue;
  net.run();
  net.peer.recycle_in();
  net.run();
  ASSERT_EQ(net.peer.in_recycled, 1);
  while (net.peer.say_rpc(numbered_pdu(1, 4000))) continue;
  auto& body = net.peer.channels[net.peer.in()].body;
  const std::size_t under_way = body.size() / 4000 / 3 * 4000;
  net.tunnel.receive(net.id(net.peer.in()), ByteView(body).first(body.size() - under_way), net.now);
  body.erase(body.begin(), body.end() - static_cast<std::ptrdiff_t>(under_way));
  net.tunnel.consume(4000);
  const ChannelId out = net.id(net.peer.out());
  net.peer.hear(net.peer.out(), net.tunnel.take_output(out, net.now));
  EXPECT_THAT(net.peer.heard.back(), HasSubstr("FlowControlAckWithDestination"));
  net.serves = true;
  net.run();
  EXPECT_EQ(net.peer.failure, "");
  EXPECT_FALSE(net.tunnel.over()) << net.tunnel.why();
}

TEST(ServerTunnel, AClientThatIgnoresTheWindowEndsItsConnection) {
  Net net;
  net.peer.connect();
  net.run();
  const ChannelId in = net.id(net.peer.in());
  std::size_t said = 0;
  for (u32 i = 0; i < 1000 && !net.tunnel.over(); ++i, said += 5000)
    net.tunnel.receive(in, numbered_pdu(i, 5000), net.now);
  EXPECT_TRUE(net.tunnel.over());
  EXPECT_LT(said, 3 * TunnelSettings{}.receive_window);
  EXPECT_THAT(net.tunnel.why(), HasSubstr("more than the server's window"));
}

// ---- time ----

TEST(ServerTunnel, HalfAConnectionDies) {
  for (bool in : {true, false}) {
    Net net;
    in ? net.peer.connect_in() : net.peer.connect_out();
    net.run();
    net.tunnel.tick(net.now + 59s);
    EXPECT_FALSE(net.tunnel.over());
    net.tunnel.tick(net.now + 61s);
    EXPECT_TRUE(net.tunnel.over());
    EXPECT_THAT(net.tunnel.why(), HasSubstr(in ? "its OUT channel did not come" : "its IN channel did not come"));
  }
}

TEST(ServerTunnel, PingsInSilenceAsOftenAsTheClientWants) {
  Net net;
  net.peer.connect(60'000);
  net.run();
  net.tunnel.tick(net.now += 29s);
  EXPECT_FALSE(net.step());
  net.tunnel.tick(net.now += 2s);
  net.run();
  EXPECT_EQ(net.peer.heard.back(), "Ping");
  net.peer.say(net.peer.in(), "Keep-Alive", {TestPeer::number(rpch::CommandType::client_keepalive, 300'000)});
  net.run();
  net.tunnel.tick(net.now += 31s);
  EXPECT_FALSE(net.step()) << "the way bears two minutes, and so does the client now";
  net.tunnel.tick(net.now += 31s);
  EXPECT_TRUE(net.step());
}

TEST(ServerTunnel, AClientOfWhichNothingIsHeardIsGivenUp) {
  Net net;
  net.peer.connect();
  net.run();
  for (int minute = 0; minute < 20; ++minute) {
    net.peer.ping();
    net.tunnel.tick(net.now += 60s);
    net.run();
  }
  EXPECT_FALSE(net.tunnel.over());
  net.tunnel.tick(net.now += 361s);
  EXPECT_TRUE(net.tunnel.over());
  EXPECT_THAT(net.tunnel.why(), HasSubstr("nothing was heard"));
}

TEST(ServerTunnel, AnOutChannelWithoutSuccessorEndsTheConnectionInTheEnd) {
  Net net({.channel_lifetime = 128 * 1024});
  net.peer.connect();
  net.run();
  for (u32 i = 0; i < 100; ++i) net.tunnel.send(numbered_pdu(i, 5000));
  const ChannelId out = net.id(net.peer.out());
  std::size_t written = 0;
  auto& channel = net.peer.channels[net.peer.out()];
  for (int i = 0; i < 50; ++i) {  // a client that acknowledges, and opens no successor
    const auto bytes = net.tunnel.take_output(out, net.now);
    written += bytes.size();
    u32 rpc = 0;
    PduStream stream;
    stream.feed(bytes, [&](ByteView pdu) { return rpc += is_rts(pdu) ? 0u : static_cast<u32>(pdu.size()), true; });
    channel.rpc_bytes += rpc;
    net.peer.say(net.peer.in(), "FlowControlAckWithDestination",
                 {TestPeer::number(rpch::CommandType::destination, 3),
                  rpch::Command::acknowledge(channel.rpc_bytes, TestPeer::kWindow, channel.cookie)});
    net.tunnel.receive(net.id(net.peer.in()), std::exchange(net.peer.channels[net.peer.in()].body, {}), net.now);
    net.tunnel.tick(net.now += 1s);
  }
  EXPECT_LE(written, 128u * 1024);
  EXPECT_GT(written, 110'000u);
  EXPECT_FALSE(net.tunnel.over()) << net.tunnel.why();
  net.tunnel.tick(net.now += 61s);
  EXPECT_TRUE(net.tunnel.over());
  EXPECT_THAT(net.tunnel.why(), HasSubstr("no successor came"));
}

TEST(ServerTunnel, RecyclingThatStopsHalfwayEndsTheConnection) {
  Net net;
  net.peer.connect();
  net.run();
  net.peer.recycle_in();
  auto& successor = net.peer.channels.back();
  auto opening = read_opening(Direction::in, successor.body);
  ASSERT_TRUE(opening.ok()) << opening.error().text;
  const ChannelId id = net.tunnel.open(*opening, net.now);
  ASSERT_NE(id, 0u);
  net.tunnel.receive(id, numbered_pdu(1, 100), net.now);  // before its turn: it waits
  EXPECT_FALSE(net.tunnel.may_read(id));
  EXPECT_TRUE(net.tunnel.next_input().empty());
  net.tunnel.tick(net.now + 61s);
  EXPECT_TRUE(net.tunnel.over());
  EXPECT_THAT(net.tunnel.why(), HasSubstr("recycling of its IN channel"));
}

// ---- what a client may not do ----

TEST(ServerTunnel, WhatIsOutOfTurnEndsTheConnection) {
  using rpch::Command;
  using T = rpch::CommandType;
  struct Case {
    std::string_view name;
    std::initializer_list<Command> commands;
    std::string_view why;
  };
  const Guid other = Guid::random();
  const Case cases[] = {
      {"CONN/B1",
       {TestPeer::version(), Command::of_cookie(other), Command::of_cookie(other),
        TestPeer::number(T::channel_lifetime, 1), TestPeer::number(T::client_keepalive, 0),
        Command::of_cookie(other, T::association_group_id)},
       "out of turn: CONN/B1"},
      {"IN_R2/A5", {Command::of_cookie(other)}, "out of turn: IN_R1/A5"},
      {"OUT_R2/A7",
       {TestPeer::number(T::destination, 2), Command::of_cookie(other), TestPeer::version()},
       "out of turn: OUT_R2/A7"},
      {"Echo", {}, "out of turn: Echo"},
  };
  for (const Case& c : cases) {
    Net net;
    net.peer.connect();
    net.run();
    net.peer.say(net.peer.in(), c.name, c.commands);
    net.run();
    EXPECT_TRUE(net.tunnel.over()) << c.name;
    EXPECT_THAT(net.tunnel.why(), HasSubstr(c.why));
    EXPECT_TRUE(net.tunnel.is_finished(net.id(net.peer.in())));
  }
}

TEST(ServerTunnel, AnAcknowledgementOfWhatWasNotSentEndsTheConnection) {
  for (auto [received, window] : {std::pair(1u, 65536u), std::pair(0u, 65537u), std::pair(0xFFFFFFFFu, 0u)}) {
    Net net;
    net.peer.connect();
    net.run();
    const auto& out = net.peer.channels[net.peer.out()];
    net.peer.say(net.peer.in(), "FlowControlAckWithDestination",
                 {TestPeer::number(rpch::CommandType::destination, 3),
                  rpch::Command::acknowledge(received, window, out.cookie)});
    net.run();
    EXPECT_TRUE(net.tunnel.over()) << received << " " << window;
  }
  // One of a channel that nobody knows (any more) is nobody's.
  Net net;
  net.peer.connect();
  net.run();
  net.peer.say(net.peer.in(), "FlowControlAckWithDestination",
               {TestPeer::number(rpch::CommandType::destination, 3), rpch::Command::acknowledge(9, 9, Guid::random())});
  net.run();
  EXPECT_FALSE(net.tunnel.over());
}

TEST(ServerTunnel, ASuccessorMustNameItsPredecessor) {
  for (bool in : {true, false}) {
    Net net;
    net.peer.connect();
    net.run();
    Opening opening{in ? Direction::in : Direction::out, true, net.peer.connection, Guid::random(), Guid::random()};
    opening.receive_window = 65536;
    EXPECT_EQ(net.tunnel.open(opening, net.now), 0u);
    EXPECT_TRUE(net.tunnel.over());
  }
}

TEST(ServerTunnel, AChannelThatBreaksEndsTheConnectionInOrder) {
  for (bool in : {true, false}) {
    Net net;
    net.peer.connect();
    net.run();
    net.cut(in ? net.peer.in() : net.peer.out());
    EXPECT_TRUE(net.tunnel.over());
    EXPECT_EQ(net.tunnel.why(), "");
    EXPECT_TRUE(net.tunnel.take_output(net.id(net.peer.out()), net.now).empty());
  }
}

// ---- input of any kind ----

// What the client of a long conversation said on each channel.
std::vector<std::vector<u8>> recorded() {
  Net net({.channel_lifetime = 128 * 1024}, 7);
  std::mt19937 random(7);
  talk(net, 120, 60'000, random);
  return net.said_up();
}

// Says it to a new tunnel, a channel after the other, all that comes as it comes.
void replay(const std::vector<std::vector<u8>>& channels, std::size_t piece) {
  ServerTunnel tunnel({.channel_lifetime = 128 * 1024}, Time());
  for (const auto& bytes : channels) {
    const wire::ExactCopy copy{ByteView(bytes)};
    const auto length = pdu_length(copy.view());
    if (!length || *length == 0 || *length > copy.size) continue;
    ChannelId id = 0;
    for (Direction direction : {Direction::in, Direction::out}) {
      auto opening = read_opening(direction, copy.view().first(*length));
      if (opening.ok()) id = tunnel.open(*opening, Time());
    }
    for (std::size_t at = *length; at < copy.size && id != 0; at += piece) {
      tunnel.receive(id, copy.view().subspan(at, std::min(piece, copy.size - at)), Time());
      const std::size_t waits = tunnel.next_input().size();
      if (waits != 0) tunnel.consume(waits);
      (void)tunnel.take_output(id, Time());
    }
    tunnel.tick(Time() + 1s);
  }
}

TEST(ServerTunnel, AnyEndOfAnyChannelIsBorne) {
  const auto channels = recorded();
  ASSERT_GE(channels.size(), 4u);
  for (std::size_t channel = 0; channel < 4; ++channel) {
    for (std::size_t end = 0; end <= std::min<std::size_t>(channels[channel].size(), 400); ++end) {
      auto cut = channels;
      cut[channel].resize(end);
      replay(cut, 1000);
    }
  }
}

TEST(ServerTunnel, AnyFlippedBitIsBorne) {
  const auto channels = recorded();
  for (std::size_t channel = 0; channel < 4; ++channel) {
    for (std::size_t bit = 0; bit < 8 * std::min<std::size_t>(channels[channel].size(), 200); ++bit) {
      auto flipped = channels;
      flipped[channel][bit / 8] ^= static_cast<u8>(1u << bit % 8);
      replay(flipped, 1000);
    }
  }
}

TEST(PduStream, CutsAsLengthsTellInAnyPieces) {
  std::vector<u8> all;
  for (u32 i = 0; i < 50; ++i) {
    const auto pdu = numbered_pdu(i, 16 + i * 37);
    all.insert(all.end(), pdu.begin(), pdu.end());
  }
  for (std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{16}, std::size_t{1000}, all.size()}) {
    PduStream stream;
    std::vector<u8> again;
    for (std::size_t at = 0; at < all.size(); at += piece) {
      const bool good = stream.feed(ByteView(all).subspan(at, std::min(piece, all.size() - at)), [&](ByteView pdu) {
        EXPECT_EQ(pdu_length(pdu), pdu.size());
        again.insert(again.end(), pdu.begin(), pdu.end());
        return true;
      });
      ASSERT_TRUE(good);
    }
    EXPECT_EQ(again, all);
    EXPECT_TRUE(stream.is_between_pdus());
  }
  PduStream stream;
  EXPECT_FALSE(stream.feed(bytes_of("GET / HTTP/1.1\r\n\r\n"), [](ByteView) { return true; }));
}

TEST(Opening, OnlyOneThatFitsTheRequestCounts) {
  TestPeer peer;
  peer.connect();
  for (const auto& channel : peer.channels) {
    const Direction own = channel.is_in ? Direction::in : Direction::out;
    auto opening = read_opening(own, channel.body);
    ASSERT_TRUE(opening.ok()) << opening.error().text;
    EXPECT_EQ(opening->connection, peer.connection);
    EXPECT_EQ(opening->channel, channel.cookie);
    EXPECT_FALSE(opening->is_successor);
    auto wrong = read_opening(channel.is_in ? Direction::out : Direction::in, channel.body);
    ASSERT_FALSE(wrong.ok());
    EXPECT_THAT(wrong.error().text, HasSubstr(channel.is_in ? "CONN/B1" : "CONN/A1"));
  }
  EXPECT_EQ(read_opening(Direction::out, peer.channels[0].body)->receive_window, TestPeer::kWindow);
  EXPECT_EQ(keep_alive_of(0), 300s);
  EXPECT_EQ(keep_alive_of(1), 60s);
}

}  // namespace
}  // namespace ropewalk::rpc::http
