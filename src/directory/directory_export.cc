#include <algorithm>

#include "directory/directory_import.h"
#include "directory/legacy_dn.h"
#include "mapi/property_tags.h"

namespace ropewalk::directory {

namespace {

constexpr std::size_t kBatch = 500;

// How a file of this format points at an object.
Result<std::string> pointer_to(AddressBook& book, u32 id, EntryFormat format) {
  ROPEWALK_TRY(const auto object, book.find(id));
  if (!object) return std::string();
  if (format == EntryFormat::ldif) {
    ROPEWALK_TRY(const auto provenance, book.provenance(id));
    return provenance.origin.empty() ? ldap_dn(object->legacy_dn) : provenance.origin;
  }
  if (format == EntryFormat::vcard) {
    return object->address.empty() ? "urn:uuid:" + object->guid.to_string() : "mailto:" + object->address;
  }
  return object->address.empty() ? object->legacy_dn : object->address;
}

Result<Entry> entry_with(AddressBook& book, const Object& object, const mapi::PropertyBag& properties,
                         EntryFormat format) {
  Entry entry;
  if (format == EntryFormat::ldif) {
    ROPEWALK_TRY(entry.dn, pointer_to(book, object.id, format));
  }
  for (const Attribute& attribute : attributes()) {
    std::vector<std::string> values = values_of(attribute, object, properties);
    if (attribute.field == Field::object_category || attribute.field == Field::back_link) continue;
    if (attribute.field == Field::hidden && !object.hidden) continue;
    if (attribute.field == Field::filter) {
      ROPEWALK_TRY(const std::string filter, book.filter(object.id));
      if (!filter.empty()) values.push_back(filter);
    }
    if (attribute.field == Field::login && object.user_id != 0) {
      ROPEWALK_TRY(auto provenance, book.provenance(object.id));
      values = std::move(provenance.logins);
    }
    if (attribute.field == Field::link) {
      ROPEWALK_TRY(const auto targets, book.linked(object.id, attribute.link));
      for (u32 target : targets) {
        ROPEWALK_TRY(values.emplace_back(), pointer_to(book, target, format));
      }
    }
    for (std::string& value : values) entry.add(&attribute, attribute.name, std::move(value), 0);
  }
  return entry;
}

}  // namespace

Result<Entry> entry_of(AddressBook& book, const Object& object, EntryFormat format) {
  ROPEWALK_TRY(const auto bags, book.properties(std::array{object.id}));
  return entry_with(book, object, bags.front(), format);
}

Result<ExportCounts> export_entries(AddressBook& book, EntryFormat format,
                                    const std::function<bool(std::string_view text, u64 objects)>& write) {
  std::vector<Object> objects;
  ROPEWALK_CHECK(book.for_all([&](const Object& object) { objects.push_back(object); }));
  const auto writer = write_entries(format);
  ExportCounts counts;
  std::string text = writer->begin();
  for (std::size_t at = 0; at < objects.size(); at += kBatch) {
    const std::span<const Object> some(objects.data() + at, std::min(kBatch, objects.size() - at));
    std::vector<u32> ids;
    for (const Object& object : some) ids.push_back(object.id);
    ROPEWALK_TRY(const auto bags, book.properties(ids));
    for (std::size_t i = 0; i < some.size(); ++i) {
      ROPEWALK_TRY(const Entry entry, entry_with(book, some[i], bags[i], format));
      text += writer->entry(entry);
      ++counts.objects;
    }
    if (!write(text, counts.objects)) return Error{"the file cannot be written"};
    text.clear();
  }
  if (!text.empty() && !write(text, counts.objects)) return Error{"the file cannot be written"};
  return counts;
}

}  // namespace ropewalk::directory
