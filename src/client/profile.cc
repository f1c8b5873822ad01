#include "client/profile.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <toml++/toml.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "client/exchange/exchange_provider.h"
#include "mapi/ascii_case.h"

namespace ropewalk::client {

namespace fs = std::filesystem;

namespace {

Result<std::string> setting_text(const toml::node& node, const std::string& where) {
  if (auto text = node.value<std::string>(); text && node.is_string()) return *text;
  if (auto flag = node.value<bool>(); flag && node.is_boolean()) return std::string(*flag ? "true" : "false");
  if (auto number = node.value<i64>(); number && node.is_integer()) return std::to_string(*number);
  return Error{where + ": a setting is a text, a number or true/false"};
}

bool is_secret(std::string_view key) {
  return mapi::equal_ignoring_ascii_case(key, "password") || mapi::equal_ignoring_ascii_case(key, "passwd");
}

Result<Service> parse_service(std::string name, const toml::table& table, const std::string& file) {
  Service service{std::move(name), {}, {}};
  for (const auto& [key, node] : table) {
    std::string where = file + ": service." + service.name + "." + std::string(key.str());
    if (is_secret(key.str()))
      return Error{where +
                   ": passwords do not belong in a profile; remove it (the program asks, or reads "
                   "--password-stdin)"};
    ROPEWALK_TRY(std::string value, setting_text(node, where));
    if (key.str() == "provider")
      service.provider = std::move(value);
    else
      service.settings[std::string(key.str())] = std::move(value);
  }
  if (service.provider.empty()) return Error{file + ": service." + service.name + " has no `provider`"};
  return service;
}

std::string system_error(const std::string& what) { return what + ": " + std::strerror(errno); }

}  // namespace

const Service* Profile::find(std::string_view name) const {
  for (const Service& service : services)
    if (service.name == name) return &service;
  return nullptr;
}

Outcome<const Service*> Profile::choose(std::string_view name) const {
  if (services.empty())
    return Failure{
        mapi::ErrorCode::not_found,
        "the profile names no server; give --user ADDRESS, or --server, or save one with `ropewalk profile set`"};
  if (name.empty()) name = default_service;
  if (name.empty() && services.size() == 1) return &services.front();
  if (const Service* found = find(name)) return found;
  std::string names;
  for (const Service& service : services) names += (names.empty() ? "" : ", ") + service.name;
  return Failure{mapi::ErrorCode::not_found,
                 name.empty() ? "the profile has several services and no default: " + names
                              : "the profile has no service \"" + std::string(name) + "\", only: " + names};
}

Result<Profile> Profile::parse(std::string_view text, const std::string& file_name) {
  toml::table root;
  try {
    root = toml::parse(text, file_name);
  } catch (const toml::parse_error& error) {
    std::ostringstream where;
    where << error;
    return Error{"cannot read the profile: " + where.str()};
  }
  Profile profile;
  profile.default_service = root["default"].value_or(std::string());
  const toml::table* services = root["service"].as_table();
  if (services == nullptr) return profile;
  for (const auto& [key, node] : *services) {
    const toml::table* table = node.as_table();
    if (table == nullptr) return Error{file_name + ": service." + std::string(key.str()) + " is not a table"};
    ROPEWALK_TRY(Service service, parse_service(std::string(key.str()), *table, file_name));
    profile.services.push_back(std::move(service));
  }
  return profile;
}

std::string Profile::to_toml() const {
  toml::table root;
  if (!default_service.empty()) root.insert("default", default_service);
  toml::table all;
  for (const Service& service : services) {
    toml::table one;
    one.insert("provider", service.provider);
    for (const auto& [key, value] : service.settings) one.insert(key, value);
    all.insert(service.name, std::move(one));
  }
  root.insert("service", std::move(all));
  std::ostringstream out;
  out << root << "\n";
  return out.str();
}

Result<Profile> Profile::load(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    if (errno == ENOENT || errno == ENOTDIR) return Profile{};
    return Error{system_error("cannot read the profile " + path)};
  }
  std::ostringstream text;
  text << in.rdbuf();
  return parse(text.str(), path);
}

Status Profile::save(const std::string& path) const {
  for (const Service& service : services)
    for (const auto& [key, value] : service.settings)
      if (is_secret(key)) return Error{"a password is not saved in a profile (service \"" + service.name + "\")"};
  std::error_code error;
  fs::path folder = fs::path(path).parent_path();
  if (!folder.empty()) fs::create_directories(folder, error);
  if (error) return Error{"cannot make the folder " + folder.string() + ": " + error.message()};
  std::string beside = path + ".new";
  int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return Error{system_error("cannot write " + beside)};
  std::string text = to_toml();
  bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  std::string why = written ? "" : system_error("cannot write " + beside);
  ::close(file);
  if (written && ::rename(beside.c_str(), path.c_str()) == 0) return {};
  if (written) why = system_error("cannot rename " + beside + " to " + path);
  ::unlink(beside.c_str());
  return Error{why};
}

std::string Profile::default_path() {
  if (const char* config = std::getenv("XDG_CONFIG_HOME"); config != nullptr && *config != 0)
    return std::string(config) + "/ropewalk/profile.toml";
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "." : home) + "/.config/ropewalk/profile.toml";
}

Service service_to_find(const std::string& user, const std::string& autodiscover) {
  Service service{"found by autodiscover", "exchange", {{"user", user}}};
  if (!autodiscover.empty()) service.settings["autodiscover"] = autodiscover;
  return service;
}

bool knows_server_of(const Profile& profile, std::string_view user) {
  auto domain = [](std::string_view address) { return address.substr(std::min(address.find('@'), address.size())); };
  auto chosen = profile.choose({});
  if (!chosen.ok()) return false;
  const std::string known = (*chosen)->get("user");
  return known.empty() || mapi::equal_ignoring_ascii_case(domain(known), domain(user));
}

Result<Service> service_of_url(const std::string& url, const std::string& user) {
  Service service{"command line", {}, {}};
  if (!user.empty()) service.settings["user"] = user;
  if (url.starts_with("https://") || url.starts_with("http://") || url.starts_with("ncacn_ip_tcp:") ||
      url.starts_with("ncacn_http:")) {
    ROPEWALK_CHECK(exchange::check_server(url));
    service.provider = "exchange";
    service.settings["server"] = url;
  } else if (url.starts_with("file://")) {
    service.provider = "local";
    service.settings["path"] = url.substr(7);
  } else if (url.find("://") != std::string::npos) {
    return Error{"the server \"" + url +
                 "\" is none of https://HOST[:PORT], http://HOST[:PORT], ncacn_ip_tcp:HOST[PORT], "
                 "ncacn_http:HOST[:PORT], file:///PATH"};
  } else if (std::error_code error; fs::exists(url, error)) {
    service.provider = "local";
    service.settings["path"] = url;
  } else {
    return Error{"the server \"" + url +
                 "\" is neither https://HOST[:PORT], http://HOST[:PORT], ncacn_ip_tcp:HOST[PORT] or "
                 "ncacn_http:HOST[:PORT] nor an existing path"};
  }
  return service;
}

}  // namespace ropewalk::client
