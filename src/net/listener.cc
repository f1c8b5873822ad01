#include "net/listener.h"

#include <sys/resource.h>

#include <algorithm>

namespace ropewalk::net {

namespace asio = boost::asio;
using asio::ip::tcp;

std::size_t most_connections() {
  constexpr std::size_t kFilesForOthers = 256;  // databases and the like
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024 - kFilesForOthers;
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) getrlimit(RLIMIT_NOFILE, &limit);
  }
  const auto files = static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur, 1'000'000));
  return std::max<std::size_t>(files, 512) - kFilesForOthers;
}

Status listen_on(Acceptor& acceptor, const std::string& address, u16 port) {
  boost::system::error_code failed;
  const auto error = [&] {
    const bool is_v6 = address.find(':') != std::string::npos;
    std::string text =
        "cannot listen on " + (is_v6 ? "[" + address + "]" : address) + ":" + std::to_string(port) + ": ";
    text += failed.message();
    if (failed == asio::error::access_denied) text += " (ports below 1024 need root or CAP_NET_BIND_SERVICE)";
    if (failed == asio::error::address_in_use) text += " (another program uses this port)";
    return Error{text};
  };
  tcp::resolver resolver(acceptor.get_executor());
  const auto found =
      resolver.resolve(address, std::to_string(port), tcp::resolver::passive | tcp::resolver::numeric_service, failed);
  if (failed || found.empty()) return error();
  const tcp::endpoint where = found.begin()->endpoint();
  acceptor.open(where.protocol(), failed);
  if (!failed) acceptor.set_option(asio::socket_base::reuse_address(true), failed);
  if (!failed) acceptor.bind(where, failed);
  if (!failed) acceptor.listen(4096, failed);
  if (failed) return error();
  return {};
}

std::string address_text(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  return address.to_string();
}

}  // namespace ropewalk::net
