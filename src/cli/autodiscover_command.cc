// `ropewalk autodiscover`: how the server of a mail address is found, step by step, and what it says.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "cli/client_command.h"
#include "cli/commands.h"
#include "cli/text_table.h"
#include "client/autodiscover/search.h"

namespace ropewalk::cli {
namespace {

namespace json = boost::json;
using client::autodiscover::Found;
using client::autodiscover::Protocol;
using client::autodiscover::Step;

struct Options {
  client::autodiscover::SearchOptions search;
  std::vector<std::string> hosts, trusted;
  std::string dns, profile, service = "default";
  bool password_stdin = false, json = false, save = false, rpc = false;
};

// What is said of a protocol, in order; an empty value is one that is not said.
std::vector<std::pair<const char*, std::string>> facts(const Protocol& one) {
  std::vector<std::pair<const char*, std::string>> all{{"Server", one.server},
                                                       {"ServerDN", one.server_dn},
                                                       {"ServerVersion", one.server_version},
                                                       {"AuthPackage", one.auth_package},
                                                       {"OABUrl", one.oab_url}};
  for (auto [name, external, urls] : {std::tuple("MailStore", "MailStore, external", &one.mail_store),
                                      std::tuple("AddressBook", "AddressBook, external", &one.address_book)}) {
    if (!*urls) continue;
    all.emplace_back(name, (*urls)->internal);
    all.emplace_back(external, (*urls)->external);
  }
  std::erase_if(all, [](const auto& fact) { return fact.second.empty(); });
  return all;
}

std::string kind_of(const Protocol& one) { return one.type_attribute.empty() ? one.type : one.type_attribute; }

std::string text_of(const Found& found) {
  std::string text = fmt::format("\nanswered by {}\n", found.url);
  auto line = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) text += fmt::format("  {:<24}{}\n", name, printable(std::string(value)));
  };
  if (found.settings.user) {
    line("DisplayName", found.settings.user->display_name);
    line("Address", found.address);
    line("LegacyDN", found.settings.user->legacy_dn);
    line("DeploymentId", found.settings.user->deployment_id);
  }
  for (const Protocol& one : found.settings.account->protocols) {
    text += printable(kind_of(one)) + "\n";
    for (const auto& [name, value] : facts(one)) line(name, value);
  }
  for (const auto& other : found.settings.account->alternatives)
    text += fmt::format("{} mailbox {}, {}\n", printable(other.type), printable(other.address),
                        printable(other.display_name));
  if (found.settings.account->public_folders)
    text += fmt::format("public folders at {}\n", printable(found.settings.account->public_folders->address));
  return text;
}

json::object json_of(const Found& found) {
  json::array protocols, alternatives;
  for (const Protocol& one : found.settings.account->protocols) {
    json::object said{{"type", kind_of(one)}};
    for (const auto& [name, value] : facts(one)) said[name] = value;
    protocols.push_back(std::move(said));
  }
  for (const auto& other : found.settings.account->alternatives)
    alternatives.push_back({{"type", other.type}, {"address", other.address}, {"display_name", other.display_name}});
  json::object object{{"url", found.url}, {"address", found.address}};
  if (const auto& user = found.settings.user) {
    object["display_name"] = user->display_name;
    object["legacy_dn"] = user->legacy_dn;
    object["deployment_id"] = user->deployment_id;
  }
  object["protocols"] = std::move(protocols);
  object["alternative_mailboxes"] = std::move(alternatives);
  if (const auto& folders = found.settings.account->public_folders) object["public_folders"] = folders->address;
  return object;
}

json::object json_of(const Step& step) {
  return {{"what", step.what},
          {"where", step.where},
          {"result", step.result},
          {"good", step.good},
          {"milliseconds", static_cast<double>(step.took.count()) / 1000}};
}

// "HOST[:PORT]=ADDRESS[:PORT]"
Status take_host(const std::string& text, Options& options) {
  const auto equals = text.find('=');
  if (equals == text.npos || equals == 0 || equals + 1 == text.size())
    return Error{"--resolve " + text + ": it is HOST[:PORT]=ADDRESS[:PORT]"};
  options.search.hosts[text.substr(0, equals)] = text.substr(equals + 1);
  return {};
}

Status save(const Options& options, const Found& found) {
  const auto ways = client::autodiscover::ways_in(found.settings);
  if (ways.empty()) return Error{"there is nothing to save: no way in that is known here"};
  const std::string path = options.profile.empty() ? client::Profile::default_path() : options.profile;
  ROPEWALK_TRY(client::Profile profile, client::Profile::load(path));
  std::erase_if(profile.services, [&](const client::Service& one) { return one.name == options.service; });
  client::Service service{options.service, "exchange", {{"server", ways.front()}, {"user", found.address}}};
  if (const std::string book = client::autodiscover::address_book_of(found.settings, ways.front()); !book.empty())
    service.settings["address_book"] = book;
  if (found.settings.user) service.settings["dn"] = found.settings.user->legacy_dn;
  if (!options.search.ca_file.empty()) service.settings["ca"] = options.search.ca_file;
  if (options.search.insecure) service.settings["insecure"] = "true";
  profile.services.push_back(std::move(service));
  if (profile.default_service.empty()) profile.default_service = options.service;
  return profile.save(path);
}

void run(Options& options, Outcome& outcome) {
  for (const std::string& host : options.hosts)
    if (Status taken = take_host(host, options); !taken.ok()) return outcome.misuse(taken.error().text);
  const std::string& login = options.search.login.empty() ? options.search.address : options.search.login;
  auto password = options.password_stdin ? password_from_stdin() : ask_password("Password of " + login + ": ");
  if (!password.ok()) return outcome.fail(password.error());
  options.search.password = *password;
  options.search.mapi_http = !options.rpc;
  client::autodiscover::DnsResolver resolver(options.dns);
  options.search.resolver = &resolver;
  options.search.trusts = [&](const std::string& host) {
    return std::find(options.trusted.begin(), options.trusted.end(), host) != options.trusted.end();
  };
  if (!options.json)
    options.search.on_step = [](const Step& step) {
      write_output(fmt::format("{:9.1f} ms  {:<4} {}: {}\n", static_cast<double>(step.took.count()) / 1000, step.what,
                               printable(step.where), printable(step.result)));
    };
  std::vector<Step> steps;
  auto found = client::autodiscover::search(options.search, &steps);
  if (options.json) {
    json::array tried;
    for (const Step& step : steps) tried.push_back(json_of(step));
    json::object all{{"steps", std::move(tried)}};
    if (found.ok()) all["found"] = json_of(*found);
    write_output(json::serialize(all) + "\n");
  } else if (found.ok()) {
    write_output(text_of(*found));
  }
  if (!found.ok()) return outcome.fail(found.error().text);
  if (!options.save) return;
  Status saved = save(options, *found);
  if (!saved.ok()) outcome.fail(saved.error());
}

}  // namespace

void add_autodiscover_command(CLI::App& root, Outcome& outcome) {
  auto options = std::make_shared<Options>();
  CLI::App* command = root.add_subcommand(
      "autodiscover", "Find the server of a mail address: each step tried and what it gave, and what the server says");
  auto& search = options->search;
  command->add_option("ADDRESS", search.address, "A mail address")->required();
  command->add_option("--server", search.server, "Ask there and nowhere else: a URL, HOST or HOST:PORT");
  command->add_option("--login", search.login, "Who asks, for the address of somebody else");
  command->add_flag("--password-stdin", options->password_stdin, "Read the password from standard input");
  command->add_option("--auth", search.scheme, "basic, ntlm, kerberos or negotiate, instead of what the server offers")
      ->check(CLI::IsMember({"basic", "ntlm", "kerberos", "negotiate"}))
      ->type_name("TEXT");
  command->add_flag("--rpc", options->rpc, "Ask for RPC (EXCH, EXPR), not for MAPI over HTTP");
  command->add_option("--trust", options->trusted, "A host outside of the address's domain that may get the password");
  command->add_option("--resolve", options->hosts, "HOST[:PORT]=ADDRESS[:PORT]: connect there for that host");
  command->add_option("--dns", options->dns, "Ask the DNS server ADDRESS[:PORT] for service records");
  command->add_option("--ldap", search.ldap,
                      "Ask this Active Directory first for its service connection points: ldaps://HOST[:PORT], or "
                      "ldap://HOST[:PORT] with StartTLS");
  command->add_option("--ldap-user", search.ldap_user, "Who signs in there with the password, instead of the address");
  command->add_option("--ldap-base", search.ldap_base, "Where to look in it, instead of its configuration");
  command->add_flag("--insecure", search.insecure, "Take any TLS certificate");
  command->add_option("--ca", search.ca_file, "Trust the certificates in this PEM file");
  command->add_flag("--json", options->json, "A JSON object");
  command->add_flag("--save", options->save, "Save what was found in the profile");
  command->add_option("--service", options->service, "With --save: the service's name in the profile")
      ->capture_default_str();
  command->add_option("--profile", options->profile, "With --save: the profile, instead of the one in ~/.config");
  command->callback([options, &outcome] { run(*options, outcome); });
}

}  // namespace ropewalk::cli
