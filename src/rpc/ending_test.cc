// Calls that nobody waits for, connections that come to their end, and what the server counts of all that.
#include <gmock/gmock.h>

#include "rpc/test_wire.h"

namespace ropewalk::rpc {
namespace {

using dcerpc::AuthLevel;
using dcerpc::AuthType;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A client that is bound, and calls of it that the server has taken.
class Ending : public testing::Test {
 protected:
  Ending() {
    context_ = client_.bind(echo::kEcho.id);
    pump(bench_, client_, server_);
  }
  void TearDown() override { EXPECT_EQ(client_.error(), ""); }
  u32 call() {
    auto id = client_.call(context_, 1, stub_of(echo::DataIn{{kBytes}}, client_.format(context_)));
    EXPECT_TRUE(id.ok());
    return id.ok() ? *id : 0;
  }
  void up() {
    const std::vector<u8> bytes(client_.output().begin(), client_.output().end());
    client_.sent(bytes.size());
    server_.receive(bytes);
  }
  void down() {
    const std::vector<u8> bytes(server_.output().begin(), server_.output().end());
    server_.sent(bytes.size());
    client_.receive(bytes);
  }
  std::vector<u32> answered() {
    std::vector<u32> ids;
    for (const Reply& reply : client_.take_replies()) ids.push_back(reply.call_id);
    return ids;
  }

  static constexpr u8 kBytes[] = {'r', 'o', 'p', 'e'};
  Bench bench_;
  ServerConnection server_{bench_.endpoint};
  ClientConnection client_{settings(AuthType::ntlm, AuthLevel::privacy, "Passw0rd.123")};
  u16 context_ = 0;
};

// [C706] 12.6.4.6: the call may end early; it is answered in any case.
TEST_F(Ending, ACancelledCallIsToldOfAndAnswered) {
  const u32 first = call(), second = call();
  up();
  auto calls = server_.take_calls();
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_THAT(server_.take_cancelled(), IsEmpty());
  client_.cancel(second);
  up();
  EXPECT_THAT(server_.take_cancelled(), ElementsAre(second));
  server_.respond(calls[1], *Bench::echo_data(calls[1]));
  server_.respond(calls[0], *Bench::echo_data(calls[0]));
  down();
  EXPECT_THAT(answered(), ElementsAre(second, first));
  client_.cancel(second);  // nobody knows it any more
  EXPECT_TRUE(client_.output().empty());
}

// [C706] 12.6.4.8: nobody wants its answer, which is not sent; the connection goes on.
TEST_F(Ending, AnOrphanedCallIsNotAnswered) {
  const u32 first = call();
  up();
  auto calls = server_.take_calls();
  ASSERT_EQ(calls.size(), 1u);
  client_.orphan(first);
  up();
  EXPECT_THAT(server_.take_cancelled(), ElementsAre(first));
  EXPECT_EQ(server_.pending(), 1u);  // it runs, and counts
  const u32 second = call();
  up();
  auto more = server_.take_calls();
  ASSERT_EQ(more.size(), 1u);
  server_.respond(calls[0], *Bench::echo_data(calls[0]));
  EXPECT_TRUE(server_.output().empty());
  server_.respond(more[0], *Bench::echo_data(more[0]));
  down();
  EXPECT_THAT(answered(), ElementsAre(second));
  EXPECT_EQ(server_.pending(), 0u);
}

TEST_F(Ending, CancelsOfWhatIsNotThereChangeNothing) {
  for (auto type : {dcerpc::PacketType::co_cancel, dcerpc::PacketType::orphaned}) {
    dcerpc::Pdu pdu;
    pdu.type = type;
    pdu.call_id = 4711;
    dcerpc::Orphaned body;
    pdu.body = &body;
    wire::OutBuffer out;
    ASSERT_TRUE(wire::encode(pdu, out));
    server_.receive(out.view());
  }
  EXPECT_THAT(server_.take_cancelled(), IsEmpty());
  EXPECT_FALSE(server_.closing());
  EXPECT_TRUE(server_.output().empty());
}

// [C706] 12.6.4.11
TEST_F(Ending, TheServerAsksToEndTheConnection) {
  const u32 id = call();
  up();
  auto calls = server_.take_calls();
  ASSERT_EQ(calls.size(), 1u);
  server_.shut_down();  // not while something is under way
  EXPECT_TRUE(server_.output().empty());
  EXPECT_FALSE(server_.closing());
  server_.respond(calls[0], *Bench::echo_data(calls[0]));
  server_.shut_down();
  EXPECT_TRUE(server_.closing());
  down();
  EXPECT_THAT(answered(), ElementsAre(id));
  EXPECT_TRUE(client_.is_ending());
  auto further = client_.call(context_, 1, {});
  ASSERT_FALSE(further.ok());
  EXPECT_THAT(further.error().text, HasSubstr("asked to end the connection"));
}

TEST(Statistics, CountWhatComesAndGoes) {
  Bench bench;
  Statistics statistics;
  bench.endpoint.statistics = &statistics;
  ServerConnection server(bench.endpoint);
  ClientConnection client(settings(AuthType::none, AuthLevel::none, ""));
  const u16 echo = client.bind(echo::kEcho.id), management = client.bind(mgmt::kManagement.id);
  pump(bench, client, server);               // bind and alter_context
  const std::vector<u8> large(12'000, 'r');  // three fragments, both ways
  ASSERT_TRUE(client.call(echo, 1, stub_of(echo::DataIn{{large}}, client.format(echo))).ok());
  pump(bench, client, server);
  ASSERT_TRUE(client.call(echo, 99, {}).ok());  // there is none: a fault, and no call
  pump(bench, client, server);
  client.take_replies();
  auto ask = [&](u32 most) {
    const ndr::Format format = client.format(management);
    EXPECT_TRUE(client.call(management, 1, stub_of(mgmt::InqStatsIn{most}, format)).ok());
    pump(bench, client, server);
    auto replies = client.take_replies();
    EXPECT_EQ(replies.size(), 1u);
    Arena arena;
    wire::Context chain = wire::add_context(format, nullptr);
    auto out = wire::decode<mgmt::InqStatsOut>(replies.at(0).stub, arena, &chain);
    EXPECT_TRUE(out.ok());
    std::vector<u32> told;
    for (u32 value : out->statistics.items) told.push_back(value);
    return told;
  };
  // Calls in and out, packets in and out, this question counted and its answer not yet.
  EXPECT_THAT(ask(4), ElementsAre(2, 0, 7, 6));
  EXPECT_THAT(ask(50), ElementsAre(3, 0, 8, 7));
  EXPECT_THAT(ask(1), ElementsAre(4));
  EXPECT_THAT(ask(0), IsEmpty());
}

}  // namespace
}  // namespace ropewalk::rpc
