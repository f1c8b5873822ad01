#include "client/autodiscover/service_points.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "directory/ldap_connection.h"
#include "mapi/ascii_case.h"

namespace ropewalk::client::autodiscover {
namespace {

// [MS-OXDISCO] 2.2.1: what an entry's keywords say of its serviceBindingInformation.
constexpr std::string_view kUrlMap = "77378F46-2C66-4aa9-A6A6-3E7A48B19596";
constexpr std::string_view kDirectoryMap = "67661d7F-8FC4-4fa7-BFAC-E1D7794C1F68";
constexpr std::size_t kMost = 100;

struct FreeMessage {
  void operator()(LDAPMessage* message) const { ldap_msgfree(message); }
};
using Message = std::unique_ptr<LDAPMessage, FreeMessage>;

std::vector<std::string> values_of(LDAP* ldap, LDAPMessage* entry, const char* attribute) {
  std::vector<std::string> values;
  berval** found = ldap_get_values_len(ldap, entry, attribute);
  for (berval** one = found; one != nullptr && *one != nullptr; ++one)
    values.emplace_back((*one)->bv_val, (*one)->bv_len);
  if (found != nullptr) ldap_value_free_len(found);
  return values;
}

Result<Message, LdapRefusal> look(LDAP* ldap, const LdapPlace& place, const std::string& base, int scope,
                                  const std::string& filter, std::vector<const char*> attributes) {
  attributes.push_back(nullptr);
  timeval patience{static_cast<time_t>(place.timeout.count()), 0};
  LDAPMessage* raw = nullptr;
  const int code = ldap_search_ext_s(ldap, base.c_str(), scope, filter.c_str(), const_cast<char**>(attributes.data()),
                                     0, nullptr, nullptr, &patience, static_cast<int>(2 * kMost), &raw);
  Message answer(raw);
  if (code != LDAP_SUCCESS && code != LDAP_SIZELIMIT_EXCEEDED && code != LDAP_NO_SUCH_OBJECT)
    return LdapRefusal(directory::ldap_failure("cannot search " + place.url, ldap, code));
  return answer;
}

// The context that all domains of a forest share, else the server's first.
Result<std::string, LdapRefusal> base_of(LDAP* ldap, const LdapPlace& place) {
  if (!place.base.empty()) return place.base;
  ROPEWALK_TRY(Message root, look(ldap, place, "", LDAP_SCOPE_BASE, "(objectClass=*)",
                                  {"configurationNamingContext", "namingContexts"}));
  LDAPMessage* entry = root == nullptr ? nullptr : ldap_first_entry(ldap, root.get());
  for (const char* attribute : {"configurationNamingContext", "namingContexts"})
    if (entry != nullptr)
      if (auto values = values_of(ldap, entry, attribute); !values.empty()) return values.front();
  return LdapRefusal(Error{place.url + " does not say where its configuration is"});
}

bool has(const std::vector<std::string>& keywords, std::string_view wanted) {
  return std::ranges::any_of(keywords, [&](const auto& word) { return mapi::equal_ignoring_ascii_case(word, wanted); });
}

// "LDAP://HOST[:PORT]/..." as "ldap://HOST[:PORT]"
std::optional<std::string> pointer_in(std::string_view text) {
  constexpr std::string_view kScheme = "ldap://";
  if (!mapi::equal_ignoring_ascii_case(text.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  const std::string_view host = text.substr(kScheme.size(), text.find('/', kScheme.size()) - kScheme.size());
  if (host.empty()) return std::nullopt;
  return std::string(kScheme).append(host);
}

}  // namespace

Result<ServicePoints, LdapRefusal> service_points(const LdapPlace& place, const std::string& domain) {
  directory::LdapSettings settings;
  settings.url = place.url;
  settings.certificate = place.ca_file;
  settings.timeout = place.timeout;
  auto connected = directory::connect_to_ldap(settings);
  if (!connected.ok()) return LdapRefusal(std::move(connected).error());
  LDAP* ldap = connected->get();
  const int bound = directory::bind_to_ldap(ldap, place.user, place.user.empty() ? std::string() : place.password);
  if (directory::is_ldap_unreachable(bound)) return LdapRefusal(directory::ldap_unreachable(settings, ldap, bound));
  if (bound != LDAP_SUCCESS)
    return LdapRefusal(directory::ldap_failure(place.url + " does not let " + place.user + " sign in", ldap, bound),
                       bound == LDAP_INVALID_CREDENTIALS);

  ROPEWALK_TRY(const std::string base, base_of(ldap, place));
  const std::string filter = "(&(objectClass=serviceConnectionPoint)(|(keywords=" + std::string(kDirectoryMap) +
                             ")(keywords=" + std::string(kUrlMap) + ")))";
  ROPEWALK_TRY(Message answer,
               look(ldap, place, base, LDAP_SCOPE_SUBTREE, filter, {"keywords", "serviceBindingInformation"}));
  ServicePoints found;
  std::size_t of_domain = 0;
  LDAPMessage* entry = answer == nullptr ? nullptr : ldap_first_entry(ldap, answer.get());
  for (; entry != nullptr; entry = ldap_next_entry(ldap, entry)) {
    const auto keywords = values_of(ldap, entry, "keywords");
    for (const std::string& text : values_of(ldap, entry, "serviceBindingInformation")) {
      if (auto pointer = pointer_in(text); pointer && found.pointers.size() < kMost) {
        const bool is_first = has(keywords, "domain=" + domain);
        const auto at = found.pointers.begin() + static_cast<std::ptrdiff_t>(of_domain);
        found.pointers.insert(is_first ? at : found.pointers.end(), *std::move(pointer));
        of_domain += is_first ? 1 : 0;
      } else if (!pointer && has(keywords, kUrlMap) && found.urls.size() < kMost) {
        found.urls.push_back(text);
      }
    }
  }
  return found;
}

}  // namespace ropewalk::client::autodiscover
