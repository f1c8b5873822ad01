// `ropewalk profile`: the saved servers and mailboxes.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "cli/client_command.h"
#include "cli/commands.h"

namespace ropewalk::cli {
namespace {

struct Options {
  std::string name = "default", server, user, dn, ca, path;
  std::vector<std::string> settings;
  bool insecure = false, plain = false, json = false;
};

std::string path_of(const Options& options) {
  return options.path.empty() ? client::Profile::default_path() : options.path;
}

Result<client::Service> service_of(const Options& options) {
  client::Service service;
  if (!options.server.empty()) {
    ROPEWALK_TRY(service, client::service_of_url(options.server, options.user));
  } else if (!options.user.empty()) {
    service.settings["user"] = options.user;
  }
  if (!options.dn.empty()) service.settings["dn"] = options.dn;
  if (!options.ca.empty()) service.settings["ca"] = options.ca;
  if (options.insecure) service.settings["insecure"] = "true";
  if (options.plain) service.settings["plain"] = "true";
  for (const std::string& setting : options.settings) {
    auto equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) return Error{"--setting " + setting + ": it is NAME=VALUE"};
    std::string key = setting.substr(0, equals);
    (key == "provider" ? service.provider : service.settings[key]) = setting.substr(equals + 1);
  }
  service.name = options.name;
  return service;
}

Status set_profile(const Options& options) {
  std::string path = path_of(options);
  ROPEWALK_TRY(client::Profile profile, client::Profile::load(path));
  ROPEWALK_TRY(client::Service changed, service_of(options));
  client::Service* existing = nullptr;
  for (client::Service& service : profile.services)
    if (service.name == options.name) existing = &service;
  if (existing == nullptr) {
    profile.services.push_back({options.name, {}, {}});
    existing = &profile.services.back();
  }
  if (!changed.provider.empty()) existing->provider = changed.provider;
  if (!options.server.empty()) existing->settings.erase("address_book");  // it belonged to the former server
  for (auto& [key, value] : changed.settings) existing->settings[key] = value;
  // An address alone will do: autodiscover finds the server each time.
  if (existing->provider.empty() && existing->settings.contains("user")) existing->provider = "exchange";
  if (existing->provider.empty()) return Error{"the service \"" + options.name + "\" needs --server or --user"};
  if (profile.default_service.empty()) profile.default_service = options.name;
  return profile.save(path);
}

void show_profile(const Options& options, Outcome& outcome) {
  auto profile = client::Profile::load(path_of(options));
  if (!profile.ok()) return outcome.fail(profile.error());
  if (!options.json) {
    write_output("# " + path_of(options) + "\n" + profile->to_toml());
    return;
  }
  boost::json::array services;
  for (const client::Service& service : profile->services) {
    boost::json::object settings;
    for (const auto& [key, value] : service.settings) settings[key] = value;
    services.push_back({{"name", service.name}, {"provider", service.provider}, {"settings", std::move(settings)}});
  }
  boost::json::object all{{"default", profile->default_service}, {"services", std::move(services)}};
  write_output(boost::json::serialize(all) + "\n");
}

}  // namespace

void add_profile_command(CLI::App& root, Outcome& outcome) {
  CLI::App* command = root.add_subcommand("profile", "Save or show which servers and mailboxes to use");
  command->require_subcommand(1);
  auto options = std::make_shared<Options>();

  CLI::App* set = command->add_subcommand("set", "Save a service in the profile; passwords are never saved");
  set->add_option("--service", options->name, "The service's name in the profile")->capture_default_str();
  set->add_option("--server", options->server, "https://HOST[:PORT], http://HOST[:PORT], file:///DATA or a path");
  set->add_option("--user", options->user, "Whose mailbox: an address");
  set->add_option("--dn", options->dn, "The mailbox's legacy DN");
  set->add_option("--ca", options->ca, "Trust the certificates in this PEM file");
  set->add_flag("--insecure", options->insecure, "Take any TLS certificate");
  set->add_flag("--plain", options->plain, "ROP buffers without compression and XOR");
  set->add_option("--setting", options->settings,
                  "NAME=VALUE, for providers of message stores; provider=NAME names one");
  set->add_option("--profile", options->path, "The profile's file");
  set->callback([options, &outcome] {
    if (auto asked = service_of(*options); !asked.ok()) return outcome.misuse(asked.error().text);
    Status saved = set_profile(*options);
    if (!saved.ok()) outcome.fail(saved.error());
  });

  CLI::App* show = command->add_subcommand("show", "Print the profile");
  show->add_option("--profile", options->path, "The profile's file");
  show->add_flag("--json", options->json, "A JSON object");
  show->callback([options, &outcome] { show_profile(*options, outcome); });
}

}  // namespace ropewalk::cli
