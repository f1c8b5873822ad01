// What the servers share: sockets that listen. Includes Asio; for the .cc files of net alone.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>

#include "base/result.h"
#include "base/types.h"

namespace ropewalk::net {

using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Executor>;

// Raises the limit of open files as far as the administrator allows; how many connections that leaves room for.
std::size_t most_connections();

// Opens, binds and listens; port 0 takes any free one. An error says which address and port, and why.
Status listen_on(Acceptor& acceptor, const std::string& address, u16 port);

// The peer's address in its own notation: an IPv4 one that came through an IPv6 socket as IPv4.
std::string address_text(const boost::asio::ip::address& address);

}  // namespace ropewalk::net
