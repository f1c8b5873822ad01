// Change records of LDIF, [RFC 2849]: entries that go, are modified or renamed.
#include <algorithm>
#include <map>

#include "directory/directory_import.h"
#include "directory/legacy_dn.h"
#include "mapi/ascii_case.h"

namespace ropewalk::directory {

namespace {

using Modification = Entry::Modification;
using Op = Modification::Op;

bool is_same(const Attribute& attribute, std::string_view a, std::string_view b) {
  return attribute.is_binary() ? a == b : mapi::equal_ignoring_ascii_case(a, b);
}

// An object's values as one modification after the other leaves them.
class EditedValues {
 public:
  static Result<EditedValues> of(AddressBook& book, const Object& object) {
    EditedValues made(object);
    ROPEWALK_TRY(auto bags, book.properties(std::array{object.id}));
    made.properties_ = std::move(bags.front());
    ROPEWALK_TRY(auto provenance, book.provenance(object.id));
    made.logins_ = std::move(provenance.logins);
    ROPEWALK_TRY(made.filter_, book.filter(object.id));
    return made;
  }

  Status apply(const Modification& wanted) {
    const Attribute& attribute = *wanted.attribute;
    auto& values = at(attribute);
    if (wanted.op == Op::replace || (wanted.op == Op::remove && wanted.values.empty())) values.clear();
    for (const std::string& value : wanted.values) {
      ROPEWALK_CHECK(wanted.op == Op::remove ? take(attribute, value) : give(attribute, value));
    }
    return {};
  }

  Status into(ObjectChange& change) const {
    for (const auto& [attribute, values] : edited_) ROPEWALK_CHECK(set_values(*attribute, values, change));
    return {};
  }

 private:
  explicit EditedValues(const Object& object) : object_(object) {}

  std::vector<std::string>& at(const Attribute& attribute) {
    const auto [found, is_new] = edited_.try_emplace(&attribute);
    if (!is_new) return found->second;
    if (attribute.field == Field::login)
      found->second = logins_;
    else if (attribute.field == Field::filter && !filter_.empty())
      found->second = {filter_};
    else
      found->second = values_of(attribute, object_, properties_);
    return found->second;
  }

  Status give(const Attribute& attribute, const std::string& value) {
    auto& values = at(attribute);
    if (std::ranges::any_of(values, [&](const auto& one) { return is_same(attribute, one, value); })) return {};
    if (attribute.is_multiple() || values.empty()) return values.push_back(value), Status();
    if (const auto others = overflow_of(attribute)) return give(*others->to, std::string(others->prefix) + value);
    return Error{std::string(attribute.name) + " has a value already and can have one only: replace it"};
  }

  Status take(const Attribute& attribute, const std::string& value) {
    auto& values = at(attribute);
    const auto found = std::ranges::find_if(values, [&](const auto& one) { return is_same(attribute, one, value); });
    if (found != values.end()) return values.erase(found), Status();
    if (const auto others = overflow_of(attribute)) return take(*others->to, std::string(others->prefix) + value);
    return Error{std::string(attribute.name) + " has no such value to delete"};
  }

  Object object_;
  mapi::PropertyBag properties_;
  std::vector<std::string> logins_;
  std::string filter_;
  std::map<const Attribute*, std::vector<std::string>> edited_;
};

// Up to the first comma that is not escaped.
std::string rdn_of(const std::string& dn) {
  std::size_t at = 0;
  while (at < dn.size() && dn[at] != ',') at += dn[at] == '\\' ? 2 : 1;
  return dn.substr(0, at);
}

// The attribute and the value of "cn=User \\"Two\\"", unescaped; [RFC 4514] 2.4. Of several with a "+", the first.
std::pair<const Attribute*, std::string> value_of_rdn(const std::string& rdn) {
  const auto equals = std::min(rdn.find('='), rdn.size());
  std::string value;
  for (std::size_t i = equals + 1; i < rdn.size() && rdn[i] != '+'; ++i) {
    if (rdn[i] == '\\' && i + 1 < rdn.size()) ++i;
    value += rdn[i];
  }
  return {find_attribute(rdn.substr(0, equals)), value};
}

}  // namespace

// Under the DN of the file from which it came, or that which an export gives it.
Result<std::optional<Object>> DirectoryImport::find_called(const std::string& dn) {
  ROPEWALK_TRY(auto found, book_.find_by_origin(dn));
  if (found) return found;
  const std::string legacy = legacy_dn_of(dn);
  return legacy.empty() ? Result<std::optional<Object>>(std::nullopt) : book_.find_by_dn(legacy);
}

Status DirectoryImport::change(const Entry& entry) {
  ++counts_.entries;
  ROPEWALK_TRY(const auto object, find_called(entry.dn));
  if (!object) return reject(entry.line, "there is no entry " + entry.dn), Status();
  touched_.insert(object->id);
  if (entry.change == Entry::Change::modify) return modify(entry, *object);
  if (entry.change == Entry::Change::rename) return rename(entry, *object);
  Status gone = book_.remove(object->id);
  if (!gone.ok()) return reject(entry.line, gone.error().text), Status();
  ++counts_.removed;
  return {};
}

// All of a record's modifications or none.
Status DirectoryImport::modify(const Entry& entry, const Object& object) {
  ROPEWALK_TRY(auto edited, EditedValues::of(book_, object));
  std::vector<LinkSet> links;
  for (const Modification& wanted : entry.modifications) {
    const Field field = wanted.attribute->field;
    if (field == Field::object_class || field == Field::object_category) continue;
    if (field == Field::link) {
      LinkSet& set = links.emplace_back(LinkSet{object.id, wanted.attribute->link, wanted.op, {}});
      for (const std::string& value : wanted.values) {
        ROPEWALK_TRY(const auto id, resolve(value));  // now: it may be renamed further down
        set.targets.push_back({value, wanted.line, id});
      }
      continue;
    }
    Status done = field == Field::guid || field == Field::kind || field == Field::back_link
                      ? Status(Error{wanted.name + " cannot be modified: it follows from the entry itself"})
                      : edited.apply(wanted);
    if (!done.ok()) return reject(wanted.line, done.error().text), Status();
  }
  ObjectChange change;
  Status done = edited.into(change);
  ROPEWALK_TRY(const auto before, book_.changes_since(0));
  if (done.ok()) done = book_.change(object.id, change);
  if (!done.ok()) return reject(entry.line, done.error().text), Status();
  ROPEWALK_TRY(const auto after, book_.changes_since(0));
  if (after.upto != before.upto || !links.empty()) ++counts_.changed;
  links_.insert(links_.end(), std::make_move_iterator(links.begin()), std::make_move_iterator(links.end()));
  return {};
}

// What the entry was called by is called anew too, where the old name is to go.
Status DirectoryImport::rename(const Entry& entry, const Object& object) {
  const std::string old_rdn = rdn_of(entry.dn);
  const std::string below =
      entry.new_superior.empty() ? entry.dn.substr(std::min(old_rdn.size() + 1, entry.dn.size())) : entry.new_superior;
  ObjectChange change;
  change.origin = entry.new_rdn + (below.empty() ? "" : "," + below);
  const auto [old_attribute, old_value] = value_of_rdn(old_rdn);
  const auto [attribute, value] = value_of_rdn(entry.new_rdn);
  if (entry.deletes_old_rdn && attribute != nullptr && attribute == old_attribute) {
    ROPEWALK_TRY(auto edited, EditedValues::of(book_, object));
    if (edited.apply({Op::remove, attribute, {}, {old_value}}).ok()) {
      Status done = edited.apply({Op::add, attribute, {}, {value}});
      if (done.ok()) done = edited.into(change);
      if (!done.ok()) return reject(entry.line, done.error().text), Status();
    }
  }
  Status done = book_.change(object.id, change);
  if (!done.ok()) return reject(entry.line, done.error().text), Status();
  ++counts_.changed;
  return {};
}

}  // namespace ropewalk::directory
