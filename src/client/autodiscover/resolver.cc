#include "client/autodiscover/resolver.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>

#include <algorithm>
#include <charconv>

namespace ropewalk::client::autodiscover {
namespace {

constexpr int kMostTries = 2, kSeconds = 3;

// The state of the library for one question.
class State {
 public:
  State() { good_ = res_ninit(&state_) == 0; }
  ~State() {
    if (good_) res_nclose(&state_);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  bool good() const { return good_; }
  res_state get() { return &state_; }
  Status use(const std::string& server) {
    const auto colon = server.find(':');
    const std::string address = server.substr(0, colon);
    u16 port = NAMESERVER_PORT;
    bool is_number = true;
    if (colon != server.npos) {
      const char* begin = server.data() + colon + 1;
      auto [end, error] = std::from_chars(begin, server.data() + server.size(), port);
      is_number = error == std::errc() && end == server.data() + server.size() && port != 0;
    }
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    if (!is_number || inet_pton(AF_INET, address.c_str(), &at.sin_addr) != 1)
      return Error{"the DNS server \"" + server + "\" is not an IPv4 address, or one with :PORT"};
    state_.nscount = 1;
    state_.nsaddr_list[0] = at;
    return {};
  }

 private:
  struct __res_state state_ {};
  bool good_ = false;
};

}  // namespace

Result<std::vector<ServiceHost>> service_hosts_in(ByteView answer) {
  ns_msg message{};
  if (ns_initparse(answer.data(), static_cast<int>(answer.size()), &message) != 0)
    return Error{"the DNS answer is malformed"};
  std::vector<ServiceHost> hosts;
  for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
    ns_rr record{};
    if (ns_parserr(&message, ns_s_an, i, &record) != 0) return Error{"the DNS answer is malformed"};
    if (ns_rr_type(record) != ns_t_srv) continue;  // aliases on the way
    const u8* data = ns_rr_rdata(record);
    char name[NS_MAXDNAME] = {};
    if (ns_rr_rdlen(record) < 7 ||
        ns_name_uncompress(ns_msg_base(message), ns_msg_end(message), data + 6, name, sizeof name) < 0)
      return Error{"an SRV record of the DNS answer is malformed"};
    ServiceHost host{name, static_cast<u16>(ns_get16(data + 4)), static_cast<u16>(ns_get16(data)),
                     static_cast<u16>(ns_get16(data + 2))};
    while (host.host.ends_with('.')) host.host.pop_back();
    if (!host.host.empty()) hosts.push_back(std::move(host));
  }
  auto is_before = [](const ServiceHost& a, const ServiceHost& b) {
    return a.priority != b.priority ? a.priority < b.priority : a.weight > b.weight;
  };
  std::stable_sort(hosts.begin(), hosts.end(), is_before);
  return hosts;
}

Result<std::vector<ServiceHost>> DnsResolver::service(const std::string& name) {
  State state;
  if (!state.good()) return Error{"the system's resolver cannot be used (/etc/resolv.conf)"};
  if (!server_.empty()) ROPEWALK_CHECK(state.use(server_));
  state.get()->retry = kMostTries;
  state.get()->retrans = kSeconds;
  std::vector<u8> answer(64 << 10);
  const int length =
      res_nquery(state.get(), name.c_str(), ns_c_in, ns_t_srv, answer.data(), static_cast<int>(answer.size()));
  if (length < 0) {
    const int why = state.get()->res_h_errno;
    if (why == HOST_NOT_FOUND || why == NO_DATA) return std::vector<ServiceHost>{};
    return Error{"DNS does not answer for " + name + ": " + hstrerror(why)};
  }
  const auto size = std::min(answer.size(), static_cast<std::size_t>(length));
  return service_hosts_in(ByteView(answer).first(size));
}

}  // namespace ropewalk::client::autodiscover
