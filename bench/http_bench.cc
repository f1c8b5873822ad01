// What a request costs the HTTP server, without anything behind it: server_us is CPU time of all threads but the
// client's. http_echo_baseline is the same bytes through a thread that only receives and sends.
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "net/http_client.h"
#include "net/http_server.h"
#include "net/worker_pool.h"

namespace ropewalk::net {
namespace {

double cpu_us(int who) {
  rusage used{};
  getrusage(who, &used);
  const auto us = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return us(used.ru_utime) + us(used.ru_stime);
}

double other_threads_us() { return cpu_us(RUSAGE_SELF) - cpu_us(RUSAGE_THREAD); }

void report(benchmark::State& state, double before) {
  state.counters["server_us"] = (other_threads_us() - before) / static_cast<double>(state.iterations());
}

enum class Kind { plain, tls, worker };

void echo(benchmark::State& state, Kind kind) {
  const auto folder = std::filesystem::temp_directory_path();
  const std::string certificate = folder / "ropewalk-bench.crt", key = folder / "ropewalk-bench.key";
  std::shared_ptr<TlsContext> tls;
  if (kind == Kind::tls) {
    if (!make_self_signed(certificate, key, {"localhost"}).ok()) return state.SkipWithError("no certificate");
    tls = TlsContext::load(certificate, key).value();
  }
  HttpServerOptions options;
  options.endpoints = {{"127.0.0.1", 0, tls}};
  options.threads = 1;
  WorkerPool pool(1);
  auto server = HttpServer::start(options, [&](HttpRequest& request, HttpResponder& out) -> Awaitable<void> {
    HttpResponseHead head;
    head.add("Content-Type", "application/mapi-http").add("X-RequestId", request.headers.get("X-RequestId"));
    if (kind == Kind::worker) co_await run(pool, [] { return 0; });
    co_await out.send(head, request.body);
  });
  if (!server.ok()) return state.SkipWithError(server.error().text.c_str());
  HttpClientOptions to;
  to.host = "127.0.0.1";
  to.port = (*server)->listening().front().port;
  to.tls = kind == Kind::tls;
  to.insecure = true;
  HttpClient client(to);
  const HttpHeader headers[] = {{"X-RequestId", "{12345678-1234-1234-1234-123456789012}:1"},
                                {"Cookie", "MapiContext=abcdefghijklmnopqrstuvwxyz; MapiSequence=abcdefghijk"}};
  const std::string body(300, 'x');
  const HttpClientRequest request{.method = "POST", .target = "/mapi/emsmdb/", .headers = headers, .body = body};
  if (!client.request(request).ok()) return state.SkipWithError("no answer");
  const double before = other_threads_us();
  for (auto _ : state) benchmark::DoNotOptimize(client.request(request));
  report(state, before);
}

void http_echo_measured(benchmark::State& state) { echo(state, Kind::plain); }
void https_echo(benchmark::State& state) { echo(state, Kind::tls); }
void http_echo_through_a_worker(benchmark::State& state) { echo(state, Kind::worker); }

void http_echo_baseline(benchmark::State& state) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return state.SkipWithError("no sockets");
  std::thread other([socket = ends[1]] {
    char buffer[4096];
    for (ssize_t count; (count = ::recv(socket, buffer, sizeof buffer, 0)) > 0;) {
      if (::send(socket, buffer, static_cast<std::size_t>(count), 0) < 0) break;
    }
  });
  char bytes[600] = {};
  const double before = other_threads_us();
  for (auto _ : state) {
    if (::send(ends[0], bytes, sizeof bytes, 0) < 0 || ::recv(ends[0], bytes, sizeof bytes, MSG_WAITALL) < 0) break;
  }
  report(state, before);
  ::shutdown(ends[0], SHUT_RDWR);
  other.join();
  ::close(ends[0]);
  ::close(ends[1]);
}

BENCHMARK(http_echo_baseline)->UseRealTime();
BENCHMARK(http_echo_measured)->UseRealTime();
BENCHMARK(https_echo)->UseRealTime();
BENCHMARK(http_echo_through_a_worker)->UseRealTime();

}  // namespace
}  // namespace ropewalk::net
