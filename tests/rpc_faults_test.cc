// What clients do wrong, by mistake or to harm: RPC over TCP against the served program. All the while one healthy
// client works and notices nothing; afterwards no connection is left, and the memory is what it was.
#include <atomic>
#include <mutex>
#include <random>
#include <sstream>
#include <thread>

#include "protocol/dcerpc/pdu.h"
#include "rpc_talk.h"
#include "served_rpc.h"

namespace ropewalk {
namespace {

using namespace std::chrono_literals;
using Step = RpcTalk::Step;
using testing::HasSubstr;

constexpr unsigned kThreads = 8;

// A mail reader who looks at the Inbox again and again, and expects to find the same.
class Healthy {
 public:
  Healthy(client::Profile profile, const char* password) : host_(password), session_(std::move(profile), host_) {
    first_ = look();
    thread_ = std::thread([this] {
      while (!stop_) {
        const std::string now = look();
        if (now != first_ && wrong_.empty()) wrong_ = now;
        ++looks_;
        std::this_thread::sleep_for(1ms);  // the processor is for the others
      }
    });
  }
  ~Healthy() { finish(); }
  void finish() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    store_.reset();
  }
  const std::string& first() const { return first_; }
  const std::string& wrong() const { return wrong_; }
  int looks() const { return looks_; }

 private:
  client::Outcome<std::string> inbox() {
    if (!store_) {
      ROPEWALK_TRY(store_, session_.open_store());
    }
    ROPEWALK_TRY(auto id, store_->special(client::SpecialFolder::inbox));
    ROPEWALK_TRY(auto folder, store_->open_folder(id));
    ROPEWALK_TRY(auto table, folder->messages());
    const client::PropTag columns[] = {client::PropTag(mapi::tag::PidTagSubject),
                                       client::PropTag(mapi::tag::PidTagMessageSize)};
    ROPEWALK_CHECK(table->set_columns(columns));
    ROPEWALK_TRY(auto rows, table->read_all());
    std::string text = std::to_string(rows.size()) + " messages:";
    for (std::size_t i = 0; i < rows.size(); ++i)
      text += " " + client::text_of(rows[i], mapi::tag::PidTagSubject) + "/" +
              std::to_string(client::number_of(rows[i], mapi::tag::PidTagMessageSize));
    return text;
  }
  std::string look() {
    auto seen = inbox();
    return seen.ok() ? *seen : "failed: " + seen.error().text;
  }

  client::SimpleHost host_;
  client::Session session_;
  std::unique_ptr<client::MessageStore> store_;
  std::string first_, wrong_;
  std::atomic<bool> stop_{false};
  std::atomic<int> looks_{0};
  std::thread thread_;
};

class RpcFaults : public ServedRpc {
 protected:
  virtual std::string settings() const { return {}; }
  void SetUp() override {
    start(settings(), {"user3@ropewalk.test", "user4@ropewalk.test"});
    RpcTalk warm(where(3), Step::bind_mapper);
    ASSERT_TRUE(warm.run_until(Step::bind_mapper, Step::kSteps)) << warm.wrong();
    healthy_.emplace(profile("ntlm", "privacy"), kPassword);
    ASSERT_THAT(healthy_->first(), HasSubstr(" messages: "));
    ASSERT_THAT(healthy_->first(), testing::Not(HasSubstr("failed")));
    memory_before_ = memory("VmRSS:");
    // What the server logs must be read by somebody, else it waits.
    reader_ = std::thread([this] {
      while (!over_) server_->read_line(20ms);
    });
  }
  void TearDown() override {
    if (healthy_) check();
    over_ = true;
    if (reader_.joinable()) reader_.join();
    if (!server_) return;
    const std::string log = server_log();
    EXPECT_THAT(log, testing::Not(HasSubstr("failed:"))) << "something threw";
  }
  void check() {
    const int looks = healthy_->looks();
    EXPECT_GT(looks, 3);
    RpcTalk after(where(1), Step::bind_mapper);
    EXPECT_TRUE(after.run_until(Step::bind_mapper, Step::kSteps)) << after.wrong();
    healthy_->finish();
    EXPECT_EQ(healthy_->wrong(), "");
    after.socket().end_writing();
    EXPECT_TRUE(after.socket().is_ended_within(10s));
    for (int i = 0; i < 200 && connections() > 0; ++i) std::this_thread::sleep_for(50ms);
    EXPECT_EQ(connections(), 0);
    EXPECT_LT(memory("VmRSS:"), memory_before_ + 64'000) << "kB, from " << memory_before_;
    EXPECT_LT(memory("VmHWM:"), memory_before_ + 192'000) << "kB at the most, from " << memory_before_;
    std::printf("%d looks at the Inbox meanwhile; resident before %ld, after %ld, at the most %ld MB\n", looks,
                memory_before_ / 1024, memory("VmRSS:") / 1024, memory("VmHWM:") / 1024);
  }

  RpcTalk::Where where(int user) const {
    static constexpr const char* kFrom[] = {"127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"};
    return {mapper_port(), mailbox_port(), kFrom[user], "user" + std::to_string(user) + "@ropewalk.test", kPassword};
  }
  long memory(const std::string& what) const {
    std::ifstream status("/proc/" + std::to_string(server_->pid()) + "/status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with(what)) return std::stol(line.substr(what.size()));
    return 0;
  }
  // That the server has open, of both ports.
  int connections() const {
    std::ifstream table("/proc/net/tcp");
    int count = 0;
    for (std::string line; std::getline(table, line);) {
      std::istringstream fields(line);
      std::string number, here, there, state;
      fields >> number >> here >> there >> state;
      const auto colon = here.find(':');
      if (colon == here.npos || (state != "01" && state != "08")) continue;
      const auto port = std::stoul(here.substr(colon + 1), nullptr, 16);
      count += port == mailbox_port() || port == mapper_port() ? 1 : 0;
    }
    return count;
  }
  // Runs work(0) to work(count - 1), several at a time.
  template <class Work>
  static void in_parallel(std::size_t count, const Work& work) {
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < kThreads; ++i)
      threads.emplace_back([&] {
        for (std::size_t n = next++; n < count; n = next++) work(n);
      });
    for (std::thread& thread : threads) thread.join();
  }
  void note(const std::string& what) {
    std::lock_guard guard(lock_);
    if (wrong_.size() < 5) wrong_.push_back(what);
  }
  // Whatever the server says in return must be PDUs.
  void expect_pdus(RawSocket& socket, std::chrono::milliseconds patience, const std::string& to) {
    std::vector<u8> all;
    while (auto bytes = socket.receive(patience)) {
      if (bytes->empty()) break;
      all.insert(all.end(), bytes->begin(), bytes->end());
    }
    std::span<const u8> left(all);
    while (left.size() >= dcerpc::kHeaderSize) {
      const auto start = dcerpc::read_start(left.first<dcerpc::kHeaderSize>());
      if (start.frag_length < dcerpc::kHeaderSize || start.frag_length > left.size()) break;
      Arena arena;
      auto pdu = wire::decode<dcerpc::Pdu>(left.first(start.frag_length), arena);
      if (!pdu.ok()) note(to + ": the server answers " + pdu.error().text());
      left = left.subspan(start.frag_length);
    }
    if (!left.empty()) note(to + ": the server sends what is no PDU");
  }
  static Step first_step(Step step) { return step < Step::bind ? Step::bind_mapper : Step::bind; }

  std::optional<Healthy> healthy_;
  std::atomic<bool> over_{false};
  std::thread reader_;
  long memory_before_ = 0;
  std::mutex lock_;
  std::vector<std::string> wrong_;
};

// Every PDU of the conversation, cut off after each of its bytes; then the client goes, in one of three ways.
TEST_F(RpcFaults, EveryPduTruncatedAtEachByte) {
  struct Cut {
    Step step;
    std::size_t bytes;
  };
  std::vector<Cut> cuts;
  RpcTalk whole(where(3), Step::bind_mapper);
  for (int i = 0; i < Step::kSteps; ++i) {
    const auto step = static_cast<Step>(i);
    const std::vector<u8> bytes = whole.prepare(step);
    for (std::size_t n = 0; n < bytes.size(); ++n) cuts.push_back({step, n});
    ASSERT_TRUE(whole.socket().send(bytes) && whole.finish(step)) << whole.wrong();
  }
  ASSERT_GT(cuts.size(), 1000u);
  in_parallel(cuts.size(), [&](std::size_t n) {
    const auto [step, length] = cuts[n];
    const std::string what = "step " + std::to_string(step) + " after " + std::to_string(length) + " bytes";
    RpcTalk talk(where(3), first_step(step));
    if (!talk.run_until(first_step(step), step)) return note(what + ": " + talk.wrong());
    const std::vector<u8> bytes = talk.prepare(step);
    if (!talk.socket().send(ByteView(bytes).first(length))) return note(what + ": not taken");
    if (n % 3 == 0) talk.socket().cut();
    if (n % 3 != 1) return;
    talk.socket().end_writing();
    if (!talk.socket().is_ended_within(20s)) note(what + ": the server keeps the connection");
  });
  EXPECT_THAT(wrong_, testing::IsEmpty());
  std::printf("%zu truncations\n", cuts.size());
}

TEST_F(RpcFaults, FlippedBits) {
  constexpr std::size_t kTimes = 4000;
  in_parallel(kTimes, [&](std::size_t n) {
    std::mt19937 random(static_cast<unsigned>(n));
    const auto step = static_cast<Step>(n % Step::kSteps);
    // Who fails to sign in is slowed down, by name and by address: somebody else does it.
    RpcTalk talk(where(step == Step::bind || step == Step::auth3 ? 4 : 3), first_step(step));
    const std::string what = "case " + std::to_string(n);
    if (!talk.run_until(first_step(step), step)) return note(what + ": " + talk.wrong());
    std::vector<u8> bytes = talk.prepare(step);
    // Lengths and types are in the first bytes: they get more than their share.
    const std::size_t reach = random() % 3 == 0 ? std::min<std::size_t>(bytes.size(), 32) : bytes.size();
    for (unsigned i = random() % 3 + 1; i > 0; --i) bytes[random() % reach] ^= static_cast<u8>(1u << (random() % 8));
    talk.socket().send(bytes);
    expect_pdus(talk.socket(), 5ms, what);
  });
  EXPECT_THAT(wrong_, testing::IsEmpty());
}

// A request PDU to the mapper, whole or a part of one, with nonsense in it.
std::vector<u8> fragment(u32 call_id, u8 flags, std::size_t size, u16 opnum = 3) {
  const std::vector<u8> stub(size, 0x41);
  dcerpc::Pdu pdu;
  pdu.type = dcerpc::PacketType::request;
  pdu.flags.value = flags;
  pdu.call_id = call_id;
  dcerpc::Request request;
  request.opnum = opnum;
  request.stub_data = stub;
  pdu.body = &request;
  wire::OutBuffer out;
  wire::encode(pdu, out);
  return {out.view().begin(), out.view().end()};
}

TEST_F(RpcFaults, FragmentFloodsEnd) {
  // Small fragments without number, and large ones: 4 MiB are taken, then a fault says no.
  const std::size_t sizes[] = {0, 1, 17, 1000, 5000};
  in_parallel(std::size(sizes), [&](std::size_t n) {
    RpcTalk talk(where(3), Step::bind_mapper);
    if (!talk.run_until(Step::bind_mapper, Step::map)) return note(talk.wrong());
    const std::vector<u8> first = fragment(7, dcerpc::PfcFlags::kFirstFrag, sizes[n]);
    talk.socket().send(first);
    std::vector<u8> many;
    const std::vector<u8> next = fragment(7, 0, sizes[n]);
    for (int i = 0; i < 1000; ++i) many.insert(many.end(), next.begin(), next.end());
    std::size_t taken = 0;
    for (int i = 0; i < 100 && talk.socket().send(many); ++i) taken += 1000 * sizes[n];
    if (taken > 24u << 20) note("a request of " + std::to_string(taken) + " bytes is taken");
    talk.socket().cut();
  });
  // The same with security: a request of five megabytes, which says so, or does not.
  RpcTalk talk(where(3), Step::bind);
  ASSERT_TRUE(talk.run_until(Step::bind, Step::connect)) << talk.wrong();
  talk.call(10, std::vector<u8>(5u << 20));
  talk.socket().send(talk.output());
  EXPECT_TRUE(talk.socket().is_ended_within(20s));
  EXPECT_THAT(wrong_, testing::IsEmpty());
}

TEST_F(RpcFaults, InterleavedCallsEndOnlyTheirOwnConnection) {
  in_parallel(400, [&](std::size_t n) {
    std::mt19937 random(static_cast<unsigned>(n));
    RpcTalk talk(where(3), Step::bind_mapper);
    if (!talk.run_until(Step::bind_mapper, Step::map)) return note(talk.wrong());
    std::vector<u8> all;
    for (int i = 0; i < 20; ++i) {
      const auto flags = static_cast<u8>(random() % 4);  // first, last, both, neither
      auto one = fragment(100 + random() % 4, flags, random() % 200, static_cast<u16>(random() % 8));
      if (random() % 8 == 0) one[2] = random() % 2 == 0 ? 18 : 19;  // co_cancel, orphaned
      all.insert(all.end(), one.begin(), one.end());
    }
    talk.socket().send(all);
    expect_pdus(talk.socket(), 10ms, "case " + std::to_string(n));
  });
  EXPECT_THAT(wrong_, testing::IsEmpty());
}

class ShortPatience : public RpcFaults {
 protected:
  std::string settings() const override { return "[rpc]\npatience = 4\n"; }
};

// What is begun and not brought to an end: the server's patience, then the connection ends. One that is only idle
// stays.
TEST_F(ShortPatience, NeverFinished) {
  std::vector<std::unique_ptr<RpcTalk>> begun;
  for (int i = 0; i < 100; ++i) {
    const auto step = static_cast<Step>(i % Step::kSteps);
    auto& talk = begun.emplace_back(std::make_unique<RpcTalk>(where(3), first_step(step)));
    ASSERT_TRUE(talk->run_until(first_step(step), step)) << talk->wrong();
    const std::vector<u8> bytes = talk->prepare(step);
    ASSERT_TRUE(talk->socket().send(ByteView(bytes).first(1 + static_cast<std::size_t>(i) * 7 % (bytes.size() - 1))));
  }
  // No PDU cut short, but a request: its first fragment.
  for (int i = 0; i < 20; ++i) {
    auto& talk = begun.emplace_back(std::make_unique<RpcTalk>(where(3), Step::bind_mapper));
    ASSERT_TRUE(talk->run_until(Step::bind_mapper, Step::map)) << talk->wrong();
    ASSERT_TRUE(talk->socket().send(fragment(9, dcerpc::PfcFlags::kFirstFrag, 100)));
  }
  RpcTalk idle(where(3), Step::bind);
  ASSERT_TRUE(idle.run_until(Step::bind, Step::execute)) << idle.wrong();
  const auto until = std::chrono::steady_clock::now() + 14s;
  int left = 0;
  for (auto& talk : begun) {
    auto patience = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    left += talk->socket().is_ended_within(std::max(patience, 1ms)) ? 0 : 1;
  }
  EXPECT_EQ(left, 0);
  EXPECT_TRUE(idle.run_until(Step::execute, Step::kSteps)) << idle.wrong();
}

// Who asks and asks and never reads is not read any more: what is kept for them stays small.
TEST_F(RpcFaults, SlowReadersStopThemselves) {
  std::vector<std::unique_ptr<RpcTalk>> readers;
  for (int i = 0; i < 20; ++i) {
    auto& talk = readers.emplace_back(std::make_unique<RpcTalk>(where(3), Step::bind_mapper));
    ASSERT_TRUE(talk->run_until(Step::bind_mapper, Step::map)) << talk->wrong();
  }
  epm::LookupIn all;
  all.version_option = epm::kAllVersions;
  all.max_entries = epm::kMaxEntries;
  std::vector<u8> questions;
  readers[0]->output();
  for (int i = 0; i < 500; ++i) {
    readers[0]->call(2, readers[0]->stub(all));
    const std::vector<u8> one = readers[0]->output();
    questions.insert(questions.end(), one.begin(), one.end());
  }
  std::vector<std::size_t> sent(readers.size());
  const auto until = std::chrono::steady_clock::now() + 20s;
  for (auto last = std::chrono::steady_clock::now(); std::chrono::steady_clock::now() - last < 1s;) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << "the server takes question after question";
    for (std::size_t i = 0; i < readers.size(); ++i) {
      const ByteView rest = ByteView(questions).subspan(sent[i] % questions.size());
      const std::size_t n = readers[i]->socket().send_some(rest);
      if (n > 0) last = std::chrono::steady_clock::now();
      sent[i] += n;
    }
  }
  for (auto& talk : readers) talk->socket().cut();
}

// Gone in the middle of a call, or while it waits for notifications: sessions and handles go with the connection.
TEST_F(RpcFaults, ConnectionsCutInMidCall) {
  in_parallel(300, [&](std::size_t n) {
    RpcTalk talk(where(3), Step::bind);
    const Step step = n % 3 == 0 ? Step::connect : Step::execute;
    if (!talk.run_until(Step::bind, step)) return note(talk.wrong());
    const std::vector<u8> bytes = talk.prepare(step);
    talk.socket().send(bytes);
    if (n % 3 == 2) {  // several at once
      for (int i = 0; i < 10; ++i) talk.call(11, talk.execute_request());
      talk.socket().send(talk.output());
    }
    std::this_thread::sleep_for(std::chrono::microseconds(n * 7 % 2000));
    talk.socket().cut();
  });
  EXPECT_THAT(wrong_, testing::IsEmpty());
}

}  // namespace
}  // namespace ropewalk
