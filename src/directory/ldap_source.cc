#include "directory/ldap_source.h"

#include <algorithm>
#include <charconv>

#include "directory/filter.h"
#include "directory/ldap_connection.h"
#include "mapi/ascii_case.h"

namespace ropewalk::directory {

namespace {

constexpr std::size_t kPage = 500;
constexpr std::chrono::seconds kRest{5};
constexpr u64 kMostEntries = 5'000'000;

struct FreeMessage {
  void operator()(LDAPMessage* message) const { ldap_msgfree(message); }
};
using Message = std::unique_ptr<LDAPMessage, FreeMessage>;

// Attributes under the names that the settings give them.
class Naming {
 public:
  explicit Naming(const LdapSettings& settings) {
    for (const auto& [ours, theirs] : settings.attributes) {
      const Attribute* attribute = find_attribute(ours);
      if (attribute == nullptr) continue;
      renamed_[mapi::ascii_lowered(theirs)] = attribute;
      taken_.insert(attribute);
    }
  }
  // `name` is what a DirectoryImport is to take it for.
  const Attribute* find(std::string_view theirs, std::string& name) const {
    const auto renamed = renamed_.find(mapi::ascii_lowered(theirs));
    if (renamed != renamed_.end()) {
      name = renamed->second->name;
      return renamed->second;
    }
    const Attribute* attribute = find_attribute(theirs);
    name = theirs.substr(0, theirs.find(';'));
    return attribute != nullptr && !taken_.contains(attribute) ? attribute : nullptr;
  }

 private:
  std::map<std::string, const Attribute*> renamed_;
  std::set<const Attribute*> taken_;
};

// "corp.ropewalk.test" of "ou=people,dc=corp,dc=ropewalk,dc=test": what Active Directory calls the domain.
std::string realm_of(const std::string& base) {
  std::string realm;
  const std::string dn = plain_dn(base);
  for (std::string_view rest = dn; !rest.empty();) {
    const auto comma = std::min(rest.find(','), rest.size());
    if (mapi::equal_ignoring_ascii_case(rest.substr(0, 3), "dc=")) {
      if (!realm.empty()) realm += '.';
      realm += rest.substr(3, comma - 3);
    }
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return realm;
}

std::string dn_of(LDAP* ldap, LDAPMessage* message) {
  char* dn = ldap_get_dn(ldap, message);
  std::string text = dn != nullptr ? dn : "";
  ldap_memfree(dn);
  return text;
}

// Active Directory's tickets name people by sAMAccountName and realm: "user1@CORP.ROPEWALK.TEST".
void add_principal(const std::string& account, const std::string& realm, Entry& entry) {
  const Attribute* login = find_attribute("userPrincipalName");
  std::vector<std::string> names;
  for (Entry::Value& value : entry.values) {
    if (value.attribute != login) continue;
    names.push_back(value.value);
    value.name = login->name;  // whatever they are called there, all are good
  }
  if (account.empty() || realm.empty()) return;
  const std::string principal = account + "@" + realm;
  const auto is_it = [&](const std::string& name) { return mapi::equal_ignoring_ascii_case(name, principal); };
  if (std::ranges::none_of(names, is_it)) entry.add(login, login->name, principal, 0);
}

// Active Directory tells at most some 1500 values at once, under "member;range=0-1499", the last under
// "member;range=1500-*". Where those that follow begin; nullopt: there are none.
std::optional<u64> after_range(std::string_view name) {
  const auto range = name.find(";range=");
  const auto dash = name.find('-', std::min(range, name.size()));
  u64 last = 0;
  if (range == name.npos || dash == name.npos) return std::nullopt;
  const auto read = std::from_chars(name.data() + dash + 1, name.data() + name.size(), last);
  return read.ec == std::errc() ? std::optional(last + 1) : std::nullopt;
}

// The values that follow those of `raw`, "member;range=0-1499".
Status add_further(LDAP* ldap, std::string raw, const Attribute* attribute, const std::string& name, Entry& entry) {
  const std::string base = raw.substr(0, raw.find(';'));
  for (auto next = after_range(raw); next; next = after_range(raw)) {
    std::string wanted = base + ";range=" + std::to_string(*next) + "-*";
    char* names[] = {wanted.data(), nullptr};
    LDAPMessage* found = nullptr;
    const int code = ldap_search_ext_s(ldap, entry.dn.c_str(), LDAP_SCOPE_BASE, "(objectClass=*)", names, 0, nullptr,
                                       nullptr, nullptr, 1, &found);
    const Message result(found);
    const std::string doing = "cannot read " + wanted + " of " + entry.dn;
    if (code != LDAP_SUCCESS) return ldap_failure(doing, ldap, code);
    LDAPMessage* one = ldap_first_entry(ldap, found);
    BerElement* rest = nullptr;
    char* told = one != nullptr ? ldap_first_attribute(ldap, one, &rest) : nullptr;
    raw = told != nullptr ? told : "";
    berval** values = told != nullptr ? ldap_get_values_len(ldap, one, told) : nullptr;
    for (berval** value = values; value != nullptr && *value != nullptr; ++value) {
      entry.add(attribute, name, std::string((*value)->bv_val, (*value)->bv_len), 0);
    }
    if (values != nullptr) ldap_value_free_len(values);
    ldap_memfree(told);
    if (rest != nullptr) ber_free(rest, 0);
    const auto after = after_range(raw);
    if (raw.find(";range=") == raw.npos || (after && *after <= *next)) return Error{doing + ": there are none"};
  }
  return {};
}

Result<Entry> entry_of(LDAP* ldap, LDAPMessage* message, const Naming& naming, const std::string& realm,
                       bool is_person) {
  Entry entry;
  std::string account;
  entry.dn = plain_dn(dn_of(ldap, message));
  std::vector<std::string> classes;
  std::vector<std::pair<std::string, const Attribute*>> ranges;
  BerElement* rest = nullptr;
  for (char* raw = ldap_first_attribute(ldap, message, &rest); raw != nullptr;
       raw = ldap_next_attribute(ldap, message, rest)) {
    std::string name;
    const Attribute* attribute = naming.find(raw, name);
    berval** values = attribute != nullptr ? ldap_get_values_len(ldap, message, raw) : nullptr;
    for (berval** value = values; value != nullptr && *value != nullptr; ++value) {
      std::string text((*value)->bv_val, (*value)->bv_len);
      if (attribute->field == Field::object_class) classes.push_back(text);
      if (is_person && mapi::equal_ignoring_ascii_case(raw, "sAMAccountName")) account = text;
      entry.add(attribute, name, std::move(text), 0);
    }
    if (values != nullptr) ldap_value_free_len(values);
    if (attribute != nullptr && after_range(raw)) ranges.emplace_back(raw, attribute);
    ldap_memfree(raw);
  }
  if (rest != nullptr) ber_free(rest, 0);
  for (const auto& [raw, attribute] : ranges) {
    ROPEWALK_CHECK(add_further(ldap, raw, attribute, std::string(attribute->name), entry));
  }
  if (!kind_of_classes(classes)) {
    entry.add(find_attribute("objectClass"), "objectClass", is_person ? "person" : "group", 0);
  }
  add_principal(account, realm, entry);
  // Who was gone and is there again is to be seen again.
  const Attribute* hidden = find_attribute("msExchHideFromAddressLists");
  const auto says = [&](const Entry::Value& value) { return value.attribute == hidden; };
  if (std::ranges::none_of(entry.values, says)) entry.add(hidden, hidden->name, "FALSE", 0);
  return entry;
}

// Every entry that the filter means, page by page.
Status search(LDAP* ldap, const LdapSettings& settings, const std::string& filter,
              const std::function<Status(LDAPMessage* entry)>& visit) {
  const std::string doing = "cannot read " + settings.base + " of " + settings.url;
  berval cookie{0, nullptr};
  const auto free_cookie = [](berval* held) { ber_memfree(held->bv_val); };
  const std::unique_ptr<berval, decltype(free_cookie)> held(&cookie, free_cookie);
  char all[] = "*", uuid[] = "entryUUID";
  char* wanted[] = {all, uuid, nullptr};
  timeval patience{static_cast<time_t>(settings.timeout.count()), 0};
  for (u64 count = 0;;) {
    LDAPControl* page = nullptr;
    if (ldap_create_page_control(ldap, static_cast<ber_int_t>(kPage), cookie.bv_val != nullptr ? &cookie : nullptr, 0,
                                 &page) != LDAP_SUCCESS) {
      return Error{doing + ": out of memory"};
    }
    LDAPControl* controls[] = {page, nullptr};
    LDAPMessage* raw = nullptr;
    int code = ldap_search_ext_s(ldap, settings.base.c_str(), LDAP_SCOPE_SUBTREE, filter.c_str(), wanted, 0, controls,
                                 nullptr, &patience, LDAP_NO_LIMIT, &raw);
    ldap_control_free(page);
    const Message result(raw);
    if (code != LDAP_SUCCESS) return ldap_failure(doing, ldap, code);
    for (LDAPMessage* entry = ldap_first_entry(ldap, raw); entry != nullptr; entry = ldap_next_entry(ldap, entry)) {
      if (++count > kMostEntries) return Error{doing + ": there are too many entries"};
      ROPEWALK_CHECK(visit(entry));
    }
    LDAPControl** answered = nullptr;
    code = ldap_parse_result(ldap, raw, nullptr, nullptr, nullptr, nullptr, &answered, 0);
    if (code != LDAP_SUCCESS) return ldap_failure(doing, ldap, code);
    ber_memfree(cookie.bv_val);
    cookie = {0, nullptr};
    LDAPControl* paged = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, answered, nullptr);
    ber_int_t estimate = 0;
    if (paged != nullptr) ldap_parse_pageresponse_control(ldap, paged, &estimate, &cookie);
    ldap_controls_free(answered);
    if (cookie.bv_len == 0) return {};
  }
}

// What is copied and was not among what the server has now.
Result<u64> take_away(AddressBook& book, const std::set<u32>& seen) {
  std::vector<Object> gone;
  ROPEWALK_CHECK(book.for_all([&](const Object& object) {
    if (!seen.contains(object.id)) gone.push_back(object);
  }));
  u64 count = 0;
  for (const Object& object : gone) {
    ROPEWALK_TRY(const auto provenance, book.provenance(object.id));
    if (provenance.source != Source::ldap) continue;
    if (object.user_id == 0) {
      ROPEWALK_CHECK(book.remove(object.id));
      ++count;
    } else if (!object.hidden) {  // mail is not thrown away because an entry is
      ObjectChange hidden;
      hidden.hidden = true;
      ROPEWALK_CHECK(book.change(object.id, hidden));
      ++count;
    }
  }
  return count;
}

}  // namespace

std::string objection_to_ldap(const LdapSettings& settings) {
  if (settings.url.empty()) return {};
  const auto has = [&](std::string_view scheme) {
    return mapi::equal_ignoring_ascii_case(std::string_view(settings.url).substr(0, scheme.size()), scheme);
  };
  if (!has("ldap://") && !has("ldaps://")) return "the url begins neither with ldaps:// nor with ldap://";
  if (settings.base.empty()) return "the base is missing: under which DN people and groups are";
  if (settings.bind_dn.empty() != settings.password.empty()) return "bind_dn and password go together";
  for (const std::string& filter : {settings.people, settings.groups}) {
    if (filter.empty()) continue;
    if (auto read = Filter::parse(filter); !read.ok()) return read.error().text;
  }
  for (const auto& [ours, theirs] : settings.attributes) {
    if (find_attribute(ours) == nullptr) return "there is no attribute " + ours;
  }
  return {};
}

Result<LdapCounts> LdapSource::copy_into(AddressBook& book, const Listener& listener) {
  ROPEWALK_TRY(const LdapConnection ldap, connect_to_ldap(settings_));
  if (const int code = bind_to_ldap(ldap.get(), settings_.bind_dn, settings_.password); code != LDAP_SUCCESS) {
    if (is_ldap_unreachable(code)) return ldap_unreachable(settings_, ldap.get(), code);
    return ldap_failure("cannot sign in to " + settings_.url + " as \"" + settings_.bind_dn + "\"", ldap.get(), code);
  }
  const Naming naming(settings_);
  const std::string realm = settings_.realm.empty() ? realm_of(settings_.base) : settings_.realm;
  ImportOptions options;
  options.source = Source::ldap;
  if (settings_.mailboxes) options.make_user = listener.make_user;
  std::vector<std::string> dns;  // by the numbers that stand in for lines, from 1
  options.reject = [&](u64 number, const std::string& why) {
    listener.reject(number > 0 && number <= dns.size() ? dns[number - 1] : settings_.base, why);
  };
  options.skip = [&](const Entry& entry, const std::string& why) { listener.skip(entry.dn, why); };
  DirectoryImport import(book, std::move(options));
  std::vector<Entry> page;
  const auto take_page = [&]() -> Status {
    ROPEWALK_CHECK(import.add_all(page));
    page.clear();
    listener.progress(import.counts());
    return {};
  };
  for (const bool is_person : {true, false}) {
    const std::string& filter = is_person ? settings_.people : settings_.groups;
    if (filter.empty()) continue;
    ROPEWALK_CHECK(search(ldap.get(), settings_, filter, [&](LDAPMessage* message) -> Status {
      ROPEWALK_TRY(Entry read, entry_of(ldap.get(), message, naming, realm, is_person));
      Entry& entry = page.emplace_back(std::move(read));
      dns.push_back(entry.dn);
      entry.line = dns.size();
      for (Entry::Value& value : entry.values) value.line = entry.line;
      return page.size() < kPage ? Status() : take_page();
    }));
    ROPEWALK_CHECK(take_page());
  }
  ROPEWALK_CHECK(import.finish());
  LdapCounts counts{import.counts(), 0};
  if (counts.imported.entries == 0) {
    return Error{"there is nobody under " + settings_.base + " of " + settings_.url +
                 ": the address book stays as it is"};
  }
  ROPEWALK_TRY(counts.gone, take_away(book, import.touched()));
  return counts;
}

// Few threads check passwords, and those of other users are among them: an outage must not keep them all waiting.
Result<bool> LdapSource::is_password(const std::string& dn, std::string_view password) {
  if (dn.empty() || password.empty()) return false;  // [RFC 4513] 5.1.2: without a password everybody is let in
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  if (now.count() < rests_until_.load()) {
    return Error{"cannot reach the LDAP server " + settings_.url + ": it did not answer a moment ago"};
  }
  auto answer = ask(dn, password);
  const auto rest = std::chrono::duration_cast<std::chrono::steady_clock::duration>(kRest);
  if (!answer.ok()) rests_until_ = (std::chrono::steady_clock::now().time_since_epoch() + rest).count();
  return answer;
}

Result<bool> LdapSource::ask(const std::string& dn, std::string_view password) {
  ROPEWALK_TRY(const LdapConnection ldap, connect_to_ldap(settings_));
  const int code = bind_to_ldap(ldap.get(), dn, password);
  switch (code) {
    case LDAP_SUCCESS:
      return true;
    case LDAP_INVALID_CREDENTIALS:
    case LDAP_NO_SUCH_OBJECT:
    case LDAP_INAPPROPRIATE_AUTH:
    case LDAP_CONSTRAINT_VIOLATION:
    case LDAP_UNWILLING_TO_PERFORM:
      return false;
    default:
      if (is_ldap_unreachable(code)) return ldap_unreachable(settings_, ldap.get(), code);
      return ldap_failure("cannot ask " + settings_.url + " for a password", ldap.get(), code);
  }
}

std::function<std::optional<Result<bool>>(const User&, std::string_view)> passwords_of(LdapSource& source,
                                                                                       AddressBook& book) {
  return [&source, &book](const User& user, std::string_view password) -> std::optional<Result<bool>> {
    auto object = book.find_by_user(user.id);
    if (!object.ok()) return Result<bool>(object.error());
    if (!*object) return std::nullopt;
    auto provenance = book.provenance((*object)->id);
    if (!provenance.ok()) return Result<bool>(provenance.error());
    if (provenance->source != Source::ldap) return std::nullopt;
    return source.is_password(provenance->origin, password);
  };
}

}  // namespace ropewalk::directory
