#include "cli/dissect_preferences.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

namespace ropewalk::cli {
namespace {

Error wrong(const std::string& path, const toml::node& node, const std::string& what) {
  return Error{fmt::format("{}, line {}: {}", path, node.source().begin.line, what)};
}

Status read_ports(const std::string& path, const std::string& key, const toml::node& node, std::set<u16>& ports) {
  const toml::array* list = node.as_array();
  if (list == nullptr) return wrong(path, node, fmt::format("ports.{} is to be a list of numbers", key));
  for (const toml::node& each : *list) {
    auto port = each.value_exact<i64>();
    if (!port || *port < 1 || *port > 65535)
      return wrong(path, each, fmt::format("ports.{} holds what is no port (1 to 65535)", key));
    ports.insert(static_cast<u16>(*port));
  }
  return {};
}

Status read_users(const std::string& path, const std::string& key, const toml::node& node,
                  std::vector<std::string>& secrets) {
  const toml::table* users = node.as_table();
  if (users == nullptr) return wrong(path, node, fmt::format("secrets.{} is to be a table: user = \"...\"", key));
  for (const auto& [user, secret] : *users) {
    auto text = secret.value_exact<std::string>();
    if (!text) return wrong(path, secret, fmt::format("secrets.{}.{} is to be a text", key, user.str()));
    secrets.push_back(fmt::format("{}={}", user.str(), *text));
  }
  return {};
}

Status read_value(const std::string& path, const std::string& name, const toml::node& node, DissectPreferences& to) {
  if (name == "ports.rpc") return read_ports(path, "rpc", node, to.rpc_ports);
  if (name == "ports.capture") return read_ports(path, "capture", node, to.capture_ports);
  if (name == "secrets.passwords") return read_users(path, "passwords", node, to.secrets.passwords);
  if (name == "secrets.nt_hashes") return read_users(path, "nt_hashes", node, to.secrets.hashes);
  if (name == "secrets.keytab") {
    auto text = node.value_exact<std::string>();
    if (!text) return wrong(path, node, "secrets.keytab is to be a path");
    to.secrets.keytab = *text;
    return {};
  }
  if (name == "show.depth") {
    auto depth = node.value_exact<i64>();
    if (!depth || *depth < 0 || *depth > 1000) return wrong(path, node, "show.depth is to be a number up to 1000");
    to.depth = static_cast<unsigned>(*depth);
    return {};
  }
  return wrong(path, node, fmt::format("there is no preference {}", name));
}

}  // namespace

std::string default_preferences_path() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  if (config != nullptr && *config != '\0') return std::string(config) + "/ropewalk/dissect.toml";
  return home == nullptr ? std::string() : std::string(home) + "/.config/ropewalk/dissect.toml";
}

Result<DissectPreferences> read_preferences(const std::string& asked) {
  DissectPreferences preferences;
  std::string path = asked.empty() ? default_preferences_path() : asked;
  std::error_code ignored;
  if (path.empty() || (asked.empty() && !std::filesystem::exists(path, ignored))) return preferences;
  toml::table root;
  try {
    root = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    std::ostringstream where;
    where << error.description() << ", line " << error.source().begin.line;
    return Error{fmt::format("cannot read the preferences {}: {}", path, where.str())};
  }
  for (const auto& [section, node] : root) {
    const toml::table* table = node.as_table();
    if (table == nullptr)
      return wrong(path, node, fmt::format("\"{}\" stands outside of [ports], [secrets] and [show]", section.str()));
    for (const auto& [key, value] : *table)
      ROPEWALK_CHECK(read_value(path, fmt::format("{}.{}", section.str(), key.str()), value, preferences));
  }
  return preferences;
}

}  // namespace ropewalk::cli
