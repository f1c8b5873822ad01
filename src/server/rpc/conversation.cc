#include "server/rpc/conversation.h"

#include "protocol/dcerpc/status.h"

namespace ropewalk::server {
namespace {

std::atomic<u64> last_number{0};

TapCall tap_call(const rpc::Call& call) {
  return {call.target->id, call.call_id, call.context_id, call.opnum, call.format.ndr64, call.format.big_endian};
}

}  // namespace

RpcConversation::RpcConversation(const RpcHost& host, RpcLink link, std::function<void()> wake)
    : number_(++last_number),
      host_(host),
      link_(std::move(link)),
      wake_(std::move(wake)),
      connection_(host.endpoint, link_.peer) {}

std::vector<RpcCall> RpcConversation::feed(ByteView bytes) {
  std::vector<RpcCall> calls;
  std::vector<std::shared_ptr<GivenUp>> cancelled;
  {
    std::lock_guard guard(lock_);
    connection_.receive(bytes);
    for (rpc::Call& call : connection_.take_calls()) {
      auto given_up = std::make_shared<GivenUp>();
      under_way_[call.call_id] = given_up;
      calls.push_back({std::move(call), link_, host_.transport, std::move(given_up)});
    }
    for (u32 id : connection_.take_cancelled())
      if (auto found = under_way_.find(id); found != under_way_.end()) cancelled.push_back(found->second);
  }
  for (const auto& one : cancelled) one->set();
  return calls;
}

TapLink RpcConversation::tap_link() const {
  return {link_.peer, link_.local_address, link_.peer_port, link_.local_port, number_};
}

net::Awaitable<void> RpcConversation::run(RpcCall call) {
  auto self = shared_from_this();
  auto* service = const_cast<RpcService*>(static_cast<const RpcService*>(call.call.target->owner));
  std::shared_ptr<TapWatcher> watcher;
  if (host_.tap != nullptr) watcher = host_.tap->watcher();
  if (watcher != nullptr) watcher->rpc_request(tap_link(), tap_call(call.call), call.call.stub);
  RpcAnswer answer;
  try {
    answer = co_await service->run(call);
  } catch (const std::exception& thrown) {
    if (host_.endpoint.log)
      host_.endpoint.log(link_.peer + ": a call of " + std::string(service->interface().name) +
                         " failed: " + thrown.what());
    answer = {dcerpc::kFaultCancel, {}};
  }
  if (watcher != nullptr) {
    TapCall answered = tap_call(call.call);
    answered.fault = answer.fault;
    watcher->rpc_response(tap_link(), answered, answer.stub);
  }
  {
    std::lock_guard guard(lock_);
    under_way_.erase(call.call.call_id);
    if (answer.fault != 0)
      connection_.fault(call.call, answer.fault, answer.fault != dcerpc::kOpnumOutOfRange);
    else
      connection_.respond(call.call, answer.stub);
  }
  wake_();
}

std::vector<u8> RpcConversation::take_output() {
  std::lock_guard guard(lock_);
  const ByteView out = connection_.output();
  std::vector<u8> taken(out.begin(), out.end());
  connection_.sent(taken.size());
  return taken;
}

void RpcConversation::give_up() {
  std::map<u32, std::shared_ptr<GivenUp>> all;
  {
    std::lock_guard guard(lock_);
    all = under_way_;
  }
  for (const auto& [id, one] : all) one->set();
}

void RpcConversation::shut_down() {
  std::lock_guard guard(lock_);
  connection_.shut_down();
}

bool RpcConversation::is_over() const {
  std::lock_guard guard(lock_);
  return connection_.closing();
}

bool RpcConversation::is_waiting_for_more() const {
  std::lock_guard guard(lock_);
  return connection_.waits_for_client();
}

std::size_t RpcConversation::calls_under_way() const {
  std::lock_guard guard(lock_);
  return connection_.pending();
}

}  // namespace ropewalk::server
