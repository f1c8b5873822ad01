// What an entry of the address book can say about itself, under the names by which files, commands, filters and LDAP
// servers call it. The one place where they are listed. [MS-OXOABK] 2.2
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "directory/address_book.h"

namespace ropewalk::directory {

// Where an attribute's values stand.
enum class Field : u8 {
  property,  // in the properties, under `tag`
  name,      // in Object, and so on down to `guid`
  phonetic,
  address,
  legacy_dn,
  hidden,
  guid,
  kind,  // "mailbox", "group"; and as LDAP tells it:
  object_class,
  object_category,
  filter,     // of a dynamic group
  login,      // names to sign in with
  link,       // the objects that `link` points at
  back_link,  // those from which `link` points here; told, never set
};

struct Attribute {
  std::string_view name;     // LDAP's, of Active Directory where that has one
  std::string_view aliases;  // other names, of other LDAP schemas and of columns in CSV; comma-separated
  std::string_view
      vcard;  // "TEL home fax": the property with its types; "ADR.5 work": a part of one; empty: one of ours
  Field field = Field::property;
  u32 tag = 0;
  Link link{};

  bool is_multiple() const;
  bool is_binary() const;
};

std::span<const Attribute> attributes();
// In any case; without regard to spaces, '-', '_' and the like, and to options ("userCertificate;binary"). Null: nobody
// knows it.
const Attribute* find_attribute(std::string_view name);
// The attribute in which a property or a link is told; null where there is none.
const Attribute* find_attribute(mapi::PropTag tag);

// An attribute's values: texts in UTF-8, binary ones as they are. Numbers in decimal, "TRUE" and "FALSE". Of links
// nothing: whoever asks for those looks them up.
std::vector<std::string> values_of(const Attribute& attribute, const Object& object,
                                   const mapi::PropertyBag& properties);
// Into a change what values_of() would give; no values take the attribute away. Neither for links, nor for kind and
// class, which are an error. The error says what is wrong with the value.
Status set_values(const Attribute& attribute, const std::vector<std::string>& values, ObjectChange& change);

// LDAP has several values where the address book has one, and another attribute for the others, written after `prefix`.
struct Overflow {
  const Attribute* to;
  std::string_view prefix;
};
std::optional<Overflow> overflow_of(const Attribute& attribute);

// The kind that LDAP's object classes say; nullopt: none that has a place in an address book.
std::optional<Kind> kind_of_classes(const std::vector<std::string>& classes);

}  // namespace ropewalk::directory
