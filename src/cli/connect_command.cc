// `ropewalk connect`: every step from finding a server to leaving it, named and timed. `ropewalk rpc endpoints`: what a
// host's endpoint mapper offers.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <chrono>

#include "cli/client_command.h"
#include "cli/commands.h"
#include "cli/text_table.h"
#include "client/exchange/rpc_client.h"
#include "protocol/epm/methods.h"

namespace ropewalk::cli {
namespace {

using client::Traffic;
using Clock = std::chrono::steady_clock;

// Prints what passes, with the milliseconds since the start.
class Steps {
 public:
  void line(const std::string& text) const {
    const double passed = std::chrono::duration<double, std::milli>(Clock::now() - began_).count();
    write_output(fmt::format("{:9.1f} ms  {}\n", passed, text));
  }
  void see(const Traffic& traffic) {
    switch (traffic.kind) {
      case Traffic::Kind::packet_sent:
        over_rpc_ = true;
        return line(fmt::format("--> {} ({} bytes)", traffic.type, traffic.number));
      case Traffic::Kind::packet_received:
        return line(fmt::format("<-- {} ({} bytes)", traffic.type, traffic.number));
      case Traffic::Kind::request:  // over RPC its packets are shown
        if (!over_rpc_ && !traffic.type.starts_with("EcDo"))
          line(fmt::format("--> {} ({} bytes)", traffic.type, traffic.body.size()));
        return;
      case Traffic::Kind::response:
        if (!traffic.type.starts_with("EcDo"))
          line(fmt::format("<-- {} ({} bytes)", traffic.type, traffic.body.size()));
        return;
    }
  }

 private:
  Clock::time_point began_ = Clock::now();
  bool over_rpc_ = false;
};

client::Outcome<void> list_folders(client::MessageStore& store, const Steps& steps) {
  ROPEWALK_TRY(client::FolderId top, store.special(client::SpecialFolder::top));
  ROPEWALK_TRY(auto folder, store.open_folder(top));
  ROPEWALK_TRY(auto table, folder->folders(true));
  const client::PropTag columns[] = {client::PropTag(mapi::tag::PidTagDisplayName)};
  ROPEWALK_CHECK(table->set_columns(columns));
  ROPEWALK_TRY(client::Rows rows, table->read_all());
  std::string names;
  for (std::size_t i = 0; i < rows.size(); ++i)
    names += (names.empty() ? "" : ", ") + printable(client::text_of(rows[i], columns[0]));
  steps.line(fmt::format("{} folders: {}", rows.size(), names));
  return {};
}

// What the server says of where things are; not every store has a server that could.
void tell_endpoints(client::Session& session, const Steps& steps) {
  auto book = session.open_address_book();
  if (!book.ok()) return steps.line("no address book: " + book.error().text);
  auto where = (*book)->endpoints();
  if (!where.ok())
    return steps.line("it does not say where the mailbox and the address book are: " + where.error().text);
  auto told = [](const std::string& place) { return place.empty() ? std::string("not told") : printable(place); };
  steps.line("the mailbox is at: " + told(where->mailbox));
  steps.line("the address book is at: " + told(where->address_book));
}

void run_connect(const ClientOptions& options, Outcome& outcome) {
  auto steps = std::make_shared<Steps>();
  ClientOptions observed = options;
  observed.observer = [steps](const Traffic& traffic) { steps->see(traffic); };
  {
    if (options.server.empty() && !options.user.empty()) steps->line("looking for the server of " + options.user);
    auto opened = open_store(observed, outcome);
    if (!opened) return;
    steps->line("logged on as " + options.user);
    auto listed = list_folders(*opened->store, *steps);
    if (!listed.ok()) return outcome.fail(listed.error().text);
    tell_endpoints(*opened->session, *steps);
  }
  steps->line("disconnected");
}

void list_endpoints(const std::string& host, u16 port, bool json, Outcome& outcome) {
  client::exchange::RpcOptions mapper;
  mapper.host = host;
  mapper.port = port;
  auto found = client::exchange::lookup_endpoints(mapper);
  if (!found.ok()) return outcome.fail(found.error().text);
  auto name_of = [](const client::exchange::MappedEndpoint& one) {
    const dcerpc::Interface* known = dcerpc::find_interface(one.binding.interface_id.uuid);
    return known != nullptr ? std::string(known->name) : std::string();
  };
  if (json) {
    boost::json::array list;
    for (const auto& one : *found)
      list.push_back({{"interface", name_of(one)},
                      {"id", one.binding.interface_id.to_string()},
                      {"binding", one.binding.to_string()},
                      {"object", one.object.is_null() ? "" : one.object.to_string()},
                      {"annotation", one.annotation}});
    write_output(boost::json::serialize(list) + "\n");
    return;
  }
  TextTable table({{"Interface"}, {"Binding"}, {"Id"}, {"Annotation"}});
  for (const auto& one : *found)
    table.add({name_of(one), one.binding.to_string(), one.binding.interface_id.to_string(), one.annotation});
  write_output(table.to_text(terminal_width()));
}

}  // namespace

void add_connect_command(CLI::App& root, Outcome& outcome) {
  CLI::App* command = root.add_subcommand(
      "connect", "Connect to a server, log on, list the folders, disconnect: each step printed and timed");
  auto options = add_client_options(*command);
  command
      ->add_option("SERVER", options->server,
                   "As --server has it; without it, the profile or autodiscover says where the mailbox is")
      ->excludes(command->get_option("--server"));
  command->callback([options, &outcome] { run_connect(*options, outcome); });
}

void add_rpc_command(CLI::App& root, Outcome& outcome) {
  struct Options {
    std::string host;
    u16 port = epm::kWellKnownPort;
    bool json = false;
  };
  CLI::App* command = root.add_subcommand("rpc", "Ask about RPC on a host");
  command->require_subcommand(1);
  auto options = std::make_shared<Options>();
  CLI::App* endpoints = command->add_subcommand("endpoints", "What a host's endpoint mapper offers");
  endpoints->add_option("HOST", options->host, "A name or an address")->required();
  endpoints->add_option("--mapper-port", options->port, "The endpoint mapper's port (default: 135)");
  endpoints->add_flag("--json", options->json, "A JSON array");
  endpoints->callback([options, &outcome] { list_endpoints(options->host, options->port, options->json, outcome); });
}

}  // namespace ropewalk::cli
