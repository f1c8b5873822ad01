#include "server/config.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <set>

#include <toml++/toml.h>

#include "mapi/ascii_case.h"
#include "server/autodiscover/announcement.h"

namespace ropewalk::server {
namespace {

std::string at(const std::string& file, const toml::source_region& where) {
  return fmt::format("{}:{}", file, where.begin.line);
}

// The first thing in the file that is wrong.
struct Fault {
  std::optional<Error> error;
  toml::source_index line = 0;
};

// Reads one table, key by key; what was not asked for is unknown.
class Section {
 public:
  Section(const toml::table& table, std::string file, std::string prefix, Fault& fault)
      : table_(table), file_(std::move(file)), prefix_(std::move(prefix)), fault_(fault) {}
  ~Section() {
    for (auto&& [key, node] : table_)
      if (!asked_.contains(std::string(key.str())))
        fail(node, fmt::format("unknown setting '{}{}'", prefix_, key.str()));
  }

  void text(const char* key, std::string& value) {
    if (const toml::node* node = find(key)) {
      if (auto found = node->value_exact<std::string>())
        value = *found;
      else
        fail(*node, fmt::format("'{}{}' is to be text in quotes", prefix_, key));
    }
  }
  void texts(const char* key, std::vector<std::string>& values) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    values.clear();
    const toml::array* list = node->as_array();
    bool is_good = list != nullptr;
    for (std::size_t i = 0; is_good && i < list->size(); ++i) {
      auto found = (*list)[i].value_exact<std::string>();
      is_good = found.has_value();
      if (is_good) values.push_back(*found);
    }
    if (!is_good) fail(*node, fmt::format("'{}{}' is to be a list of texts", prefix_, key));
  }
  // A table whose keys are addresses ("@domain" too) and whose values `take` accepts.
  void addresses(const char* key, const std::function<bool(const std::string& address, const toml::node& value)>& take,
                 std::string_view values) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const toml::table* table = node->as_table();
    if (table == nullptr) return fail(*node, fmt::format("'{0}{1}' is to be a section: [{0}{1}]", prefix_, key));
    for (auto&& [name, value] : *table) {
      const std::string address = mapi::ascii_lowered(name.str());
      if (address.find('@') == address.npos || !take(address, value))
        fail(value, fmt::format("'{}{}': \"{}\" is to be an address, with {}", prefix_, key, address, values));
    }
  }
  // A table of texts under any names.
  void texts_by_name(const char* key, std::map<std::string, std::string>& values) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    const toml::table* table = node->as_table();
    if (table == nullptr) return fail(*node, fmt::format("'{0}{1}' is to be a section: [{0}{1}]", prefix_, key));
    for (auto&& [name, value] : *table) {
      auto text = value.value_exact<std::string>();
      if (!text) return fail(value, fmt::format("'{}{}.{}' is to be text in quotes", prefix_, key, name.str()));
      values[std::string(name.str())] = *text;
    }
  }
  // What is wrong with the section as a whole.
  void object_to(const std::string& why) {
    if (!why.empty()) fail(table_, fmt::format("'{}': {}", prefix_.substr(0, prefix_.size() - 1), why));
  }
  template <class T>
  void number(const char* key, T& value, i64 least, i64 most) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    auto found = node->value_exact<i64>();
    if (found && *found >= least && *found <= most)
      value = T(static_cast<typename Count<T>::type>(*found));
    else
      fail(*node, fmt::format("'{}{}' is to be a whole number from {} to {}", prefix_, key, least, most));
  }
  void choice(const char* key, const std::function<bool(const std::string&)>& take, std::string_view choices) {
    check(key, take, fmt::format("one of {}", choices));
  }
  // A text that `take` accepts; `form` says which ones those are.
  void check(const char* key, const std::function<bool(const std::string&)>& take, std::string_view form) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    auto found = node->value_exact<std::string>();
    if (!found || !take(*found)) fail(*node, fmt::format("'{}{}' is to be {}", prefix_, key, form));
  }
  // A list, each of whose texts `take` accepts.
  void each(const char* key, const std::function<void()>& begin, const std::function<bool(const std::string&)>& take,
            std::string_view choices) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    begin();
    const toml::array* list = node->as_array();
    bool is_good = list != nullptr && !list->empty();
    for (std::size_t i = 0; is_good && i < list->size(); ++i) {
      auto found = (*list)[i].value_exact<std::string>();
      is_good = found && take(*found);
    }
    if (!is_good) fail(*node, fmt::format("'{}{}' is to be a list of some of {}", prefix_, key, choices));
  }
  void flag(const char* key, bool& value) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    if (auto found = node->value_exact<bool>())
      value = *found;
    else
      fail(*node, fmt::format("'{}{}' is to be true or false", prefix_, key));
  }
  void section(const char* key, const std::function<void(Section&)>& read) {
    const toml::node* node = find(key);
    if (node == nullptr) return;
    if (const toml::table* table = node->as_table()) {
      Section inner(*table, file_, prefix_ + key + ".", fault_);
      read(inner);
    } else {
      fail(*node, fmt::format("'{}{}' is to be a section: [{}{}]", prefix_, key, prefix_, key));
    }
  }

 private:
  template <class T>
  struct Count {
    using type = T;
  };
  template <class T>
  struct Count<std::optional<T>> {
    using type = T;
  };
  template <class R, class P>
  struct Count<std::chrono::duration<R, P>> {
    using type = R;
  };

  const toml::node* find(const char* key) {
    asked_.insert(key);
    return table_.get(key);
  }
  void fail(const toml::node& node, const std::string& what) {
    auto line = node.source().begin.line;
    if (fault_.error && line >= fault_.line) return;
    fault_ = {Error{at(file_, node.source()) + ": " + what}, line};
  }

  const toml::table& table_;
  std::string file_, prefix_;
  Fault& fault_;
  std::set<std::string> asked_;
};

bool take_level(const std::string& text, auth::Level& level) {
  for (auth::Level known : {auth::Level::connect, auth::Level::packet, auth::Level::integrity, auth::Level::privacy}) {
    if (auth::level_name(known) != text) continue;
    level = known;
    return true;
  }
  return false;
}

void read_sign_in(Section& sign_in, Config& config) {
  constexpr i64 kDay = 86'400;
  sign_in.number("remember", config.credentials_remembered, 0, kDay);
  sign_in.number("failures", config.failures_in_a_row, 1, 100'000);
  sign_in.flag("channel_bindings", config.require_channel_bindings);
  sign_in.each(
      "http",
      [&] {
        config.http_schemes = {false, false, false};
      },
      [&](const std::string& scheme) {
        HttpSchemes& schemes = config.http_schemes;
        for (auto [name, wanted] : {std::pair("negotiate", &schemes.negotiate), std::pair("ntlm", &schemes.ntlm),
                                    std::pair("basic", &schemes.basic)})
          if (scheme == name) return *wanted = true;
        return false;
      },
      "\"negotiate\", \"ntlm\", \"basic\"");
}

void read_ldap(Section& section, directory::LdapSettings& settings) {
  section.text("url", settings.url);
  section.text("certificate", settings.certificate);
  section.flag("in_the_clear", settings.in_the_clear);
  section.text("bind_dn", settings.bind_dn);
  section.text("password", settings.password);
  section.text("base", settings.base);
  section.text("realm", settings.realm);
  section.text("people", settings.people);
  section.text("groups", settings.groups);
  section.flag("mailboxes", settings.mailboxes);
  section.number("interval", settings.interval, 1, 7 * 86'400);
  section.number("timeout", settings.timeout, 1, 600);
  section.texts_by_name("attributes", settings.attributes);
  section.object_to(directory::objection_to_ldap(settings));
}

void read_autodiscover(Section& section, AutodiscoverSettings& settings) {
  auto is_url = [](const std::string& text) {
    const auto url = BaseUrl::parse(text);
    return text.empty() || (url && url->is_tls);  // what clients are told gets their passwords
  };
  auto url = [&](const char* key, std::string& value) {
    section.check(
        key, [&](const std::string& text) { return value = text, is_url(text); }, "https://HOST[:PORT], or empty");
  };
  url("internal_url", settings.internal_url);
  url("external_url", settings.external_url);
  section.check(
      "public_folders",
      [&](const std::string& text) {
        settings.public_folders = text;
        return text.empty() || text.find('@') != text.npos;
      },
      "an address, or empty");
  auto take_address = [&](const std::string& address, const toml::node& value) {
    auto text = value.value_exact<std::string>();
    if (text) settings.redirect_addresses[address] = *text;
    return text && text->find('@') != text->npos && !mapi::equal_ignoring_ascii_case(*text, address);
  };
  section.addresses("redirect_address", take_address, "another address in quotes");
  auto take_url = [&](const std::string& address, const toml::node& value) {
    auto text = value.value_exact<std::string>();
    if (text) settings.redirect_urls[address] = *text;
    return text && text->starts_with("https://");
  };
  section.addresses("redirect_url", take_url, "https://HOST/PATH in quotes");
  auto take_list = [&](const std::string& address, const toml::node& value) {
    const toml::array* list = value.as_array();
    if (list == nullptr) return false;
    for (const toml::node& item : *list) {
      auto text = item.value_exact<std::string>();
      if (!text || text->find('@') == text->npos) return false;
      settings.alternatives[address].push_back(*text);
    }
    return true;
  };
  section.addresses("alternatives", take_list, "a list of addresses");
}

void read_rpc(Section& rpc, Config& config) {
  rpc.number("port", config.rpc_port, 0, 65535);
  rpc.number("mapper", config.epm_port, 0, 65535);
  rpc.text("keytab", config.keytab);
  rpc.flag("http", config.rpc_http);
  rpc.number("patience", config.rpc_patience, 1, 3600);
  rpc.flag("ntlm_v1", config.ntlm_v1);
  rpc.choice(
      "level", [&](const std::string& text) { return take_level(text, config.rpc_level); },
      "connect, packet, integrity, privacy");
}

void read_admin(Section& admin, Config& config) {
  admin.number("port", config.admin_port, 0, 65535);
  admin.text("password_hash", config.admin_password_hash);
  admin.number("operations", config.admin_operations, 100, 1'000'000);
  admin.choice(
      "contents",
      [&](const std::string& text) {
        config.admin_shows_contents = text == "shown";
        return text == "shown" || text == "masked";
      },
      "masked, shown");
}

// What stands in no section.
void read_top(Section& root, Config& config) {
  root.text("data", config.data);
  root.text("organization", config.organization);
  root.choice(
      "compatibility",
      [&](const std::string& text) {
        config.compatibility = text;
        return text == "2016";
      },
      "\"2016\"");
  root.choice(
      "log_level",
      [&](const std::string& text) {
        auto level = parse_log_level(text);
        if (level) config.log_level = *level;
        return level.has_value();
      },
      "debug, info, warning, error, off");
  root.texts("host_names", config.host_names);
  root.text("listen", config.listen);
}

void read_root(Section& root, Config& config) {
  constexpr i64 kDay = 86'400;
  read_top(root, config);
  root.section("https", [&](Section& https) {
    https.number("port", config.https_port, 0, 65535);
    https.text("certificate", config.certificate);
    https.text("key", config.key);
  });
  root.section("http", [&](Section& http) {
    http.number("port", config.http_port, 0, 65535);
    http.flag("basic", config.basic_in_the_clear);
  });
  root.section("rpc", [&](Section& rpc) { read_rpc(rpc, config); });
  root.section("admin", [&](Section& admin) { read_admin(admin, config); });
  root.section("ldap", [&](Section& section) { read_ldap(section, config.ldap); });
  root.section("oab", [&](Section& oab) {
    oab.number("pause", config.oab_pause, 1, kDay);
    oab.texts("lists", config.oab_lists);
  });
  root.section("autodiscover", [&](Section& section) { read_autodiscover(section, config.autodiscover); });
  root.section("sessions", [&](Section& sessions) {
    sessions.number("expiry", config.session_expiry, 1, kDay);
    sessions.number("per_user", config.sessions_per_user, 1, 100'000);
    sessions.number("total", config.sessions, 1, 10'000'000);
  });
  root.section("sign_in", [&](Section& sign_in) { read_sign_in(sign_in, config); });
  root.section("limits", [&](Section& limits) { limits.number("connections", config.max_connections, 0, 10'000'000); });
  root.section("threads", [&](Section& threads) {
    threads.number("io", config.io_threads, 0, 1024);
    threads.number("workers", config.workers, 0, 1024);
  });
  root.section("shutdown", [&](Section& shutdown) { shutdown.number("grace", config.grace, 0, 3600); });
}

}  // namespace

Status parse_config(std::string_view text, const std::string& name, Config& config) {
  toml::table parsed;
  try {
    parsed = toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    return Error{fmt::format("{}: {}", at(name, error.source()), error.description())};
  }
  Fault fault;
  {
    Section root(parsed, name, "", fault);
    read_root(root, config);
  }
  if (!fault.error && config.certificate.empty() != config.key.empty())
    fault.error = Error{name + ": 'https.certificate' and 'https.key' are to be given together"};
  if (fault.error) return *std::move(fault.error);
  return {};
}

Status read_config(const std::string& path, Config& config) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return Error{fmt::format("cannot open {}: {}", path, std::strerror(errno))};
  std::string text;
  char block[4096];
  while (std::size_t count = std::fread(block, 1, sizeof block, file)) text.append(block, count);
  bool failed = std::ferror(file) != 0;
  int reason = errno;
  std::fclose(file);
  if (failed) return Error{fmt::format("cannot read {}: {}", path, std::strerror(reason))};
  return parse_config(text, path, config);
}

std::string default_config_path(const std::string& data) {
  return (std::filesystem::path(data) / "ropewalk.toml").string();
}

std::vector<std::string> weak_settings(const Config& config) {
  std::vector<std::string> weak;
  if (config.http_port) weak.push_back("http.port: mail travels unencrypted over plain HTTP");
  if (config.http_port && config.basic_in_the_clear && config.http_schemes.basic)
    weak.push_back("http.basic: passwords travel in the clear over plain HTTP");
  if (config.rpc_level < auth::Level::privacy && (config.rpc_port || config.epm_port))
    weak.push_back(
        fmt::format("rpc.level: mail travels over RPC with no more than level {}", auth::level_name(config.rpc_level)));
  if (config.admin_port && config.admin_shows_contents)
    weak.push_back("admin.contents: whoever has the administrator's password reads mail on the admin page");
  if (!config.ldap.url.empty() && config.ldap.in_the_clear)
    weak.push_back("ldap.in_the_clear: names and passwords travel unencrypted to " + config.ldap.url);
  if (config.ntlm_v1) weak.push_back("rpc.ntlm_v1: answers that can be broken by trying are accepted");
  if (config.credentials_remembered > std::chrono::hours(1))
    weak.push_back(
        fmt::format("sign_in.remember: credentials are remembered for {} s", config.credentials_remembered.count()));
  if (config.failures_in_a_row > 100)
    weak.push_back(
        fmt::format("sign_in.failures: {} wrong passwords in a row are not slowed down", config.failures_in_a_row));
  return weak;
}

}  // namespace ropewalk::server
