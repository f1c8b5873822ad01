#include "cli/load_generator.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <fstream>
#include <sstream>
#include <thread>

#include "client/exchange/batch.h"
#include "client/exchange/rop_session.h"
#include "client/exchange/rpc_client.h"
#include "mapi/property_tags.h"
#include "protocol/emsmdb/extended_buffer.h"
#include "protocol/emsmdb/methods.h"
#include "protocol/mapihttp/bodies.h"
#include "protocol/rop/control.h"
#include "protocol/rop/oxcfold.h"
#include "protocol/rop/oxcmsg.h"
#include "protocol/rop/oxcprpt.h"
#include "protocol/rop/oxctabl.h"

namespace ropewalk::cli {

using client::exchange::Batch;
using client::exchange::ChannelOptions;
using client::exchange::Handle;
using client::exchange::RopSession;
using mapi::PropTag;
using Clock = std::chrono::steady_clock;
namespace tag = mapi::tag;

namespace {

constexpr u32 kColumns[] = {tag::PidTagMid,
                            tag::PidTagSubject,
                            tag::PidTagMessageDeliveryTime,
                            tag::PidTagMessageFlags,
                            tag::PidTagMessageSize,
                            tag::PidTagSentRepresentingName,
                            tag::PidTagHasAttachments,
                            tag::PidTagImportance,
                            tag::PidTagMessageClass,
                            tag::PidTagInstID,
                            tag::PidTagInstanceNum,
                            tag::PidTagLastModificationTime};
constexpr u8 kNoNotifications = 0x10;
constexpr u16 kLogonCodePage = 0x0FFF;

// ROPs and handles of the one request that a session repeats.
class Script {
 public:
  template <class Request>
  void add(const Request& request) {
    wire::encode(request, rops_);
    ids_.push_back(Request::kRop);
  }
  u8 place(u32 handle) {
    handles_.push_back(handle);
    return static_cast<u8>(handles_.size() - 1);
  }
  const std::vector<rop::RopId>& ids() const { return ids_; }
  std::vector<u8> body(bool compress) const {
    wire::OutBuffer plain, packed, body;
    rop::RopWriter writer(plain);
    plain.append(rops_.view());
    writer.finish(handles_);
    emsmdb::append_extended_buffer(plain.view(), {compress, compress, true}, packed);
    mapihttp::ExecuteRequest request;
    if (!compress) request.flags = mapihttp::kExecuteNoCompression | mapihttp::kExecuteNoXorMagic;
    request.rop_buffer = packed.view();
    request.max_rop_out = 0x10008;
    wire::encode(request, body);
    return {body.data(), body.data() + body.size()};
  }

 private:
  wire::OutBuffer rops_;
  std::vector<u32> handles_;
  std::vector<rop::RopId> ids_;
};

std::vector<PropTag> columns_of(const LoadOptions& options) {
  std::vector<PropTag> columns;
  for (u32 column : kColumns)
    if (columns.size() < options.columns) columns.push_back(PropTag(column));
  return columns;
}

// A session and the request it repeats.
struct Bencher {
  std::shared_ptr<RopSession> session;
  std::vector<u8> body;
  std::vector<rop::RopId> ids;
};

client::Outcome<u32> open_inbox(RopSession& session, Handle logon) {
  Batch batch;
  rop::OpenFolderRequest open;
  open.input_handle_index = batch.place(logon);
  open.output_handle_index = batch.new_place();
  open.folder_id = session.special(client::SpecialFolder::inbox);
  rop::OpenFolderResponse opened;
  batch.add(open, opened);
  ROPEWALK_CHECK(session.execute(batch));
  ROPEWALK_ROP_CHECK("cannot open the Inbox", opened);
  return batch.handle_at(open.output_handle_index);
}

client::Outcome<u32> open_table(RopSession& session, Handle folder, std::span<const PropTag> columns) {
  Batch batch;
  rop::GetContentsTableRequest get;
  get.input_handle_index = batch.place(folder);
  get.output_handle_index = batch.new_place();
  get.table_flags = kNoNotifications;
  rop::GetContentsTableResponse got;
  batch.add(get, got);
  rop::SetColumnsRequest set;
  set.input_handle_index = get.output_handle_index;
  set.property_tags = wire::List<PropTag>::view(columns);
  rop::SetColumnsResponse done;
  batch.add(set, done);
  ROPEWALK_CHECK(session.execute(batch));
  ROPEWALK_ROP_CHECK("cannot open the contents table", got);
  ROPEWALK_ROP_CHECK("cannot set columns", done);
  return batch.handle_at(get.output_handle_index);
}

void add_query(Script& script, u8 table, u16 rows) {
  rop::QueryRowsRequest query;
  query.input_handle_index = table;
  query.forward_read = 1;
  query.row_count = rows;
  script.add(query);
}

void add_release(Script& script, u8 place) {
  rop::ReleaseRequest release;
  release.input_handle_index = place;
  script.add(release);
}

void script_contents_table(Script& script, u32 folder, std::span<const PropTag> columns, u16 rows) {
  rop::GetContentsTableRequest get;
  get.input_handle_index = script.place(folder);
  get.output_handle_index = script.place(rop::kNoHandle);
  get.table_flags = kNoNotifications;
  script.add(get);
  u8 table = get.output_handle_index;
  rop::SetColumnsRequest set;
  set.input_handle_index = table;
  set.property_tags = wire::List<PropTag>::view(columns);
  script.add(set);
  mapi::SortOrder newest{PropTag(tag::PidTagMessageDeliveryTime), mapi::SortDirection::descending};
  rop::SortTableRequest sort;
  sort.input_handle_index = table;
  sort.sort.orders = wire::List<mapi::SortOrder>(std::span(&newest, 1));
  script.add(sort);
  add_query(script, table, rows);
  add_release(script, table);
}

void script_create(Script& script, u32 folder, client::FolderId id, unsigned characters) {
  rop::CreateMessageRequest create;
  create.input_handle_index = script.place(folder);
  create.output_handle_index = script.place(rop::kNoHandle);
  create.code_page_id = kLogonCodePage;
  create.folder_id = id;
  script.add(create);
  Arena arena;
  std::string body;
  while (body.size() < characters) body += "All work and no play makes the rope go round. ";
  body.resize(characters);
  mapi::TaggedPropertyValue values[4];
  auto text = [&](mapi::TaggedPropertyValue& value, u32 property, std::string_view utf8) {
    value.tag = PropTag(property);
    value.value = mapi::Value::of(mapi::utf16_in(arena, utf8));
  };
  text(values[0], tag::PidTagMessageClass, "IPM.Note");
  text(values[1], tag::PidTagSubject, "ropewalk bench");
  text(values[2], tag::PidTagBody, body);
  values[3].tag = PropTag(tag::PidTagMessageDeliveryTime);
  values[3].value = mapi::Value::of(FileTime::now());
  rop::SetPropertiesRequest set;
  set.input_handle_index = create.output_handle_index;
  set.property_values = wire::List<mapi::TaggedPropertyValue>(std::span(values));
  script.add(set);
  rop::SaveChangesMessageRequest save;
  save.response_handle_index = save.input_handle_index = create.output_handle_index;
  script.add(save);
  add_release(script, create.output_handle_index);
}

client::Outcome<Bencher> prepare(const LoadOptions& options, ChannelOptions channel) {
  Bencher made;
  ROPEWALK_TRY(made.session, RopSession::open(std::move(channel)));
  RopSession& session = *made.session;
  ROPEWALK_TRY(Handle logon, session.logon());
  Script script;
  auto columns = columns_of(options);
  auto epoch = [&](u32 handle) { return Handle{handle, logon.epoch}; };
  switch (options.scenario) {
    case Scenario::open_folder: {
      rop::OpenFolderRequest open;
      open.input_handle_index = script.place(logon.value);
      open.output_handle_index = script.place(rop::kNoHandle);
      open.folder_id = session.special(client::SpecialFolder::inbox);
      script.add(open);
      add_release(script, open.output_handle_index);
      break;
    }
    case Scenario::query_rows: {
      ROPEWALK_TRY(u32 folder, open_inbox(session, logon));
      ROPEWALK_TRY(u32 table, open_table(session, epoch(folder), columns));
      rop::SeekRowRequest seek;
      seek.input_handle_index = script.place(table);
      script.add(seek);
      add_query(script, seek.input_handle_index, options.rows);
      break;
    }
    case Scenario::contents_table: {
      ROPEWALK_TRY(u32 folder, open_inbox(session, logon));
      script_contents_table(script, folder, columns, options.rows);
      break;
    }
    case Scenario::create: {
      ROPEWALK_TRY(u32 folder, open_inbox(session, logon));
      script_create(script, folder, session.special(client::SpecialFolder::inbox), options.body);
      break;
    }
    case Scenario::idle:
    case Scenario::bound:
      return made;
  }
  made.body = script.body(options.compress);
  made.ids = script.ids();
  return made;
}

// Counts rows, and says what is wrong with an answer; empty where all is well.
class Checker {
 public:
  std::string check(ByteView body, const std::vector<rop::RopId>& ids, u64& rows) {
    arena_.reset();
    auto response = wire::decode<mapihttp::ExecuteResponse>(body, arena_);
    if (!response.ok()) return response.error().text();
    if (response->status_code != 0) return fmt::format("StatusCode {}", response->status_code);
    if (response->error_code != mapi::ErrorCode::none) return mapi::name(response->error_code);
    auto buffers = emsmdb::open_extended_buffers(response->rop_buffer, arena_);
    if (!buffers.ok()) return buffers.error().text();
    if (buffers->empty()) return "no ROP buffer";
    auto parts = rop::split_rop_buffer(buffers->front());
    if (!parts.ok()) return parts.error().text();
    wire::Decoder decoder(parts->rops, arena_);
    for (rop::RopId id : ids) {
      if (id == rop::RopId::release) continue;
      std::string wrong = one(decoder, id, rows);
      if (!wrong.empty()) return rop::name(id) + ": " + wrong;
    }
    return {};
  }

 private:
  template <class Response>
  std::string read(wire::Decoder& decoder, Response& response) {
    Response::fields(response, decoder);
    if (!decoder.ok()) return "the answer is cut off";
    return response.ok() ? std::string() : mapi::name(response.return_value);
  }
  template <class Response>
  std::string read(wire::Decoder& decoder) {
    Response response;
    return read(decoder, response);
  }
  std::string one(wire::Decoder& decoder, rop::RopId id, u64& rows) {
    switch (id) {
      case rop::RopId::open_folder:
        return read<rop::OpenFolderResponse>(decoder);
      case rop::RopId::seek_row:
        return read<rop::SeekRowResponse>(decoder);
      case rop::RopId::get_contents_table:
        return read<rop::GetContentsTableResponse>(decoder);
      case rop::RopId::set_columns:
        return read<rop::SetColumnsResponse>(decoder);
      case rop::RopId::sort_table:
        return read<rop::SortTableResponse>(decoder);
      case rop::RopId::query_rows: {
        rop::QueryRowsResponse response;  // without columns in the context: the rows stay bytes
        std::string wrong = read(decoder, response);
        rows += response.row_count;
        return wrong;
      }
      case rop::RopId::create_message:
        return read<rop::CreateMessageResponse>(decoder);
      case rop::RopId::set_properties:
        return read<rop::SetPropertiesResponse>(decoder);
      case rop::RopId::save_changes_message:
        return read<rop::SaveChangesMessageResponse>(decoder);
      default:
        return "not expected";
    }
  }

  Arena arena_;
};

struct Tally {
  std::vector<u32> latencies;  // microseconds
  u64 rows = 0, errors = 0, bytes = 0;
  std::string first_error;
};

// One connection's work until the time is over.
class Worker {
 public:
  explicit Worker(const LoadOptions& options) : options_(options) {}

  // Opens this connection's sessions: number `first`, first + step, ... of all.
  std::string open(unsigned first, unsigned step) {
    if (options_.scenario == Scenario::bound) return bind(first, step);
    std::shared_ptr<net::HttpClient> connection;
    for (unsigned i = first; i < options_.sessions; i += step) {
      ChannelOptions channel = options_.users[i % options_.users.size()];
      if (!connection) connection = std::make_shared<net::HttpClient>(channel.http);
      channel.connection = connection;
      channel.plain = !options_.compress;
      auto made = prepare(options_, std::move(channel));
      if (!made.ok()) return made.error().text;
      channels_.push_back(client::exchange::make_channel(made->session->channel_state()));
      benchers_.push_back(*std::move(made));
    }
    return {};
  }
  void run(Clock::time_point until) {
    if (benchers_.empty() || options_.scenario == Scenario::idle || options_.scenario == Scenario::bound) {
      std::this_thread::sleep_until(until);
      return;
    }
    tally.latencies.reserve(1 << 16);
    Checker checker;
    for (std::size_t turn = 0;; ++turn) {
      std::size_t i = turn % benchers_.size();
      const Bencher& bencher = benchers_[i];
      auto began = Clock::now();
      if (began >= until) return;
      auto answer = channels_[i]->post(mapihttp::RequestType::execute, bencher.body);
      auto took = Clock::now() - began;
      std::string wrong = answer.ok() ? checker.check(*answer, bencher.ids, tally.rows) : answer.error().failure.text;
      if (!wrong.empty()) {
        if (tally.errors++ == 0) tally.first_error = wrong;
        if (tally.errors > 1000) return;  // a broken server is not worth a busy loop
        continue;
      }
      tally.bytes += answer->size();
      tally.latencies.push_back(static_cast<u32>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
    }
  }

  Tally tally;

 private:
  // Connections that have made the one call that asks for nothing.
  std::string bind(unsigned first, unsigned step) {
    for (unsigned i = first; i < options_.sessions; i += step) {
      const ChannelOptions& channel = options_.users[i % options_.users.size()];
      client::exchange::RpcOptions rpc;
      rpc.host = channel.http.host;
      rpc.port = channel.rpc_port;
      auto taken = client::exchange::take_security(channel, rpc);
      if (!taken.ok()) return taken.error().text;
      auto made = client::exchange::RpcClient::connect(std::move(rpc));
      if (!made.ok()) return made.error().text;
      Arena arena;
      auto called = (*made)->call<emsmdb::EcDummyRpcOut>(emsmdb::kEmsmdb, 6, emsmdb::EcDummyRpcIn{}, arena);
      if (!called.ok()) return called.error().text;
      bound_.push_back(std::move(*made));
    }
    return {};
  }

  const LoadOptions& options_;
  std::vector<std::unique_ptr<client::exchange::RpcClient>> bound_;
  std::vector<Bencher> benchers_;
  std::vector<std::unique_ptr<client::exchange::Channel>> channels_;
};

// Seconds of CPU of a process, user and system.
std::optional<double> cpu_of(int pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  auto paren = text.rfind(')');  // the name may hold anything
  if (paren == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(paren + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  if (!(fields >> user >> system)) return std::nullopt;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::optional<u64> memory_of(int pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/statm");
  u64 total = 0, resident = 0;
  if (!(in >> total >> resident)) return std::nullopt;
  return resident * static_cast<u64>(sysconf(_SC_PAGESIZE));
}

double own_cpu() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void add_latencies(std::vector<u32>& all, LoadResult& result) {
  if (all.empty()) return;
  std::sort(all.begin(), all.end());
  auto at = [&](double part) {
    auto i = static_cast<std::size_t>(part * static_cast<double>(all.size() - 1));
    return static_cast<double>(all[i]) / 1000.0;
  };
  result.p50 = at(0.5);
  result.p90 = at(0.9);
  result.p99 = at(0.99);
  result.max = at(1.0);
}

}  // namespace

std::optional<Scenario> parse_scenario(std::string_view text) {
  for (Scenario one : {Scenario::open_folder, Scenario::query_rows, Scenario::contents_table, Scenario::create,
                       Scenario::idle, Scenario::bound})
    if (name(one) == text) return one;
  return std::nullopt;
}

std::string_view name(Scenario scenario) {
  switch (scenario) {
    case Scenario::open_folder:
      return "open-folder";
    case Scenario::query_rows:
      return "query-rows";
    case Scenario::contents_table:
      return "contents-table";
    case Scenario::create:
      return "create";
    case Scenario::idle:
      return "idle";
    case Scenario::bound:
      return "bound";
  }
  return "?";
}

Result<LoadResult> generate_load(const LoadOptions& options) {
  std::vector<std::unique_ptr<Worker>> workers;
  for (unsigned i = 0; i < options.connections; ++i) workers.push_back(std::make_unique<Worker>(options));
  std::vector<std::string> failed(options.connections);
  std::atomic<bool> any_failed{false};
  Clock::time_point began, until;
  double own_before = 0;
  std::optional<double> server_before;
  // When all have their sessions, the clock starts for all at once.
  std::barrier ready(static_cast<std::ptrdiff_t>(options.connections), [&]() noexcept {
    own_before = own_cpu();
    if (options.server_pid) server_before = cpu_of(*options.server_pid);
    began = Clock::now();
    until = began + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.seconds));
  });
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < options.connections; ++i)
    threads.emplace_back([&, i] {
      failed[i] = workers[i]->open(i, options.connections);
      if (!failed[i].empty()) any_failed = true;
      ready.arrive_and_wait();
      if (!any_failed) workers[i]->run(until);
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& why : failed)
    if (!why.empty()) return Error{why};
  LoadResult result;
  result.seconds = std::chrono::duration<double>(Clock::now() - began).count();
  double own = own_cpu() - own_before;
  std::vector<u32> latencies;
  for (const auto& worker : workers) {
    const Tally& tally = worker->tally;
    latencies.insert(latencies.end(), tally.latencies.begin(), tally.latencies.end());
    result.rows += tally.rows;
    result.bytes += tally.bytes;
    result.errors += tally.errors;
    if (result.first_error.empty()) result.first_error = tally.first_error;
  }
  result.requests = latencies.size();
  add_latencies(latencies, result);
  double requests = static_cast<double>(std::max<u64>(result.requests, 1));
  result.client_cpu_us = own * 1e6 / requests;
  if (options.server_pid) {
    auto after = cpu_of(*options.server_pid);
    if (after && server_before) result.server_cpu_us = (*after - *server_before) * 1e6 / requests;
    result.server_memory = memory_of(*options.server_pid);
  }
  return result;
}

}  // namespace ropewalk::cli
