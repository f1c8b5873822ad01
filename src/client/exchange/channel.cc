#include "client/exchange/channel.h"

#include "base/guid.h"
#include "client/exchange/http_channel.h"
#include "client/exchange/rpc_channel.h"

namespace ropewalk::client::exchange {

ChannelState::ChannelState(ChannelOptions options) : options_(std::move(options)) {
  client_info_ = "{" + Guid::random().to_string() + "}:1";
  request_guid_ = Guid::random().to_string();
}

std::string ChannelState::next_request_id(u64& number) {
  number = ++requests_;
  return "{" + request_guid_ + "}:" + std::to_string(number);
}

std::string ChannelState::cookies() const {
  std::lock_guard lock(mutex_);
  std::string line;
  for (const auto& [name, value] : cookies_) line += (line.empty() ? "" : "; ") + name + "=" + value;
  return line;
}

void ChannelState::take_cookie(std::string_view set_cookie, bool late) {
  auto cookie = mapihttp::parse_set_cookie(set_cookie);
  if (!cookie) return;
  std::lock_guard lock(mutex_);
  auto [at, fresh] = cookies_.try_emplace(std::string(cookie->name), cookie->value);
  if (!fresh && !late) at->second = std::string(cookie->value);
}

void ChannelState::forget_cookies() {
  std::lock_guard lock(mutex_);
  cookies_.clear();
}

ChannelState::RpcSession ChannelState::rpc_session() const {
  std::lock_guard lock(mutex_);
  return rpc_session_;
}

void ChannelState::set_rpc_session(const RpcSession& session) {
  std::lock_guard lock(mutex_);
  rpc_session_ = session;
}

std::unique_ptr<Channel> make_channel(const std::shared_ptr<ChannelState>& state) {
  if (state->options().carrier == Carrier::http) return std::make_unique<HttpChannel>(state);
  return std::make_unique<RpcChannel>(state);
}

}  // namespace ropewalk::client::exchange
