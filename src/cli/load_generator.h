// Many sessions at once on a MAPI/HTTP server: what `ropewalk bench` measures with.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/exchange/http_channel.h"

namespace ropewalk::cli {

enum class Scenario {
  open_folder,     // RopOpenFolder of the Inbox and RopRelease
  query_rows,      // RopSeekRow to the beginning and RopQueryRows on an open table
  contents_table,  // RopGetContentsTable, SetColumns, SortTable by delivery time, QueryRows, Release
  create,          // RopCreateMessage, SetProperties, SaveChangesMessage, Release
  idle,            // sessions held open, nothing asked
  bound,           // connections to EMSMDB over RPC held open, signed in, without sessions
};
std::optional<Scenario> parse_scenario(std::string_view text);
std::string_view name(Scenario scenario);

struct LoadOptions {
  std::vector<client::exchange::ChannelOptions> users;  // one or more; sessions go round among them
  Scenario scenario = Scenario::open_folder;
  unsigned connections = 1, sessions = 1;  // sessions are spread over the connections, one thread each
  double seconds = 5;
  u16 rows = 50;
  unsigned columns = 6;   // 1 to 12
  unsigned body = 1000;   // characters of a created message
  bool compress = false;  // compression and XOR both ways, as clients do by default
  std::optional<int> server_pid;
};

struct LoadResult {
  u64 requests = 0, rows = 0, errors = 0, bytes = 0;
  double seconds = 0;
  double p50 = 0, p90 = 0, p99 = 0, max = 0;  // milliseconds
  std::string first_error;
  std::optional<double> server_cpu_us;  // per request
  std::optional<u64> server_memory;     // bytes resident at the end
  double client_cpu_us = 0;             // per request
};

// Opens the sessions, then runs the scenario; an error where a session cannot be opened or the scenario not set up.
Result<LoadResult> generate_load(const LoadOptions& options);

}  // namespace ropewalk::cli
