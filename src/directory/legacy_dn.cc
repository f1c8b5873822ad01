#include "directory/legacy_dn.h"

#include <algorithm>

#include "directory/folded_text.h"
#include "mapi/ascii_case.h"

namespace ropewalk::directory {

namespace {

constexpr std::size_t kLongestDn = 512;
constexpr std::size_t kLongestPart = 64;

// What may stand in a part of a DN, as far as it comes from names.
std::string part_of(std::string_view alias, const Guid& guid) {
  std::string part;
  for (char c : alias) {
    if (part.size() >= kLongestPart - 9) break;
    if (c < ' ' || c > '~') continue;
    part += c == '/' || c == '=' ? '-' : c;
  }
  while (!part.empty() && part.back() == ' ') part.pop_back();
  part.erase(0, std::min(part.find_first_not_of(' '), part.size()));
  return part.empty() ? guid.to_string() : part;
}

}  // namespace

std::string objection_to_dn(std::string_view dn) {
  if (!mapi::equal_ignoring_ascii_case(dn.substr(0, 3), "/o=")) return "it does not begin with /o=";
  if (dn.size() > kLongestDn) return "it is longer than " + std::to_string(kLongestDn) + " characters";
  if (!std::all_of(dn.begin(), dn.end(), [](char c) { return c >= ' ' && c <= '~'; })) {
    return "it has a character that is not printable ASCII";
  }
  for (std::size_t at = 0; at < dn.size();) {
    const std::size_t end = std::min(dn.find('/', at + 1), dn.size());
    const std::string_view part = dn.substr(at + 1, end - at - 1);
    const auto equals = part.find('=');
    if (equals == 0 || equals == part.npos || equals + 1 == part.size()) {
      return "\"" + std::string(part) + "\" is not of the form name=value";
    }
    at = end;
  }
  return {};
}

Result<std::string> unused_dn(sql::Database& database, std::string_view organization, std::string_view alias,
                              const Guid& guid) {
  std::string dn = "/o=" + std::string(organization) +
                   "/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=" + part_of(alias, guid);
  ROPEWALK_TRY(auto taken, database.integer("SELECT 1 FROM object WHERE legacy_dn = ?", dn));
  if (taken) dn += "-" + guid.to_string().substr(0, 8);
  return dn;
}

std::string list_dn(const Guid& guid) {
  std::string dn = "/guid=";
  for (char c : guid.to_string()) {
    if (c != '-') dn += c >= 'a' ? static_cast<char>(c - 32) : c;
  }
  return dn;
}

std::string ldap_dn(std::string_view legacy_dn) {
  std::string out;
  while (!legacy_dn.empty()) {
    const auto slash = legacy_dn.rfind('/');
    if (slash == legacy_dn.npos) break;
    if (!out.empty()) out += ',';
    for (char c : legacy_dn.substr(slash + 1)) {
      if (std::string_view(",+\"\\<>;").find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
    legacy_dn = legacy_dn.substr(0, slash);
  }
  return out;
}

std::string legacy_dn_of(std::string_view ldap_dn) {
  std::string dn, part;
  for (std::size_t i = 0; i <= ldap_dn.size(); ++i) {
    if (i == ldap_dn.size() || ldap_dn[i] == ',') {
      dn.insert(0, "/" + part);
      part.clear();
    } else {
      if (ldap_dn[i] == '\\' && i + 1 < ldap_dn.size()) ++i;
      part += ldap_dn[i];
    }
  }
  return objection_to_dn(dn).empty() ? dn : std::string();
}

}  // namespace ropewalk::directory
