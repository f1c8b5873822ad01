#include "server/oab/content.h"

#include "mapi/property_tags.h"
#include "server/addressbook/entries.h"

namespace ropewalk::server {
namespace {

constexpr std::size_t kBatch = 500;       // objects read at once
constexpr mapi::PropTag kDn(0x3003001E);  // PidTagEmailAddress, here in 8 bits

// What is stored of an object, and what follows from it.
std::vector<mapi::Property> properties_of(const Entry& entry, Arena& arena) {
  std::vector<mapi::Property> all;
  for (const oab::PropRec& one : oab::object_schema()) {
    if (one.tag == kDn) {
      all.push_back({kDn, mapi::Value::of(bytes_of(entry.object.legacy_dn))});
    } else if (auto computed = computed_property(entry, one.tag, nullptr, arena)) {
      all.push_back(*computed);
    } else if (const mapi::Value* value = entry.stored.find(one.tag)) {
      all.push_back({one.tag, *value});
    }
  }
  return all;
}

Status add_batch(directory::AddressBook& book, std::vector<Entry>& batch, oab::DetailsWriter& writer) {
  std::vector<u32> ids;
  for (const Entry& entry : batch) ids.push_back(entry.object.id);
  ROPEWALK_TRY(std::vector<mapi::PropertyBag> stored, book.properties(ids));
  for (std::size_t i = 0; i < batch.size() && i < stored.size(); ++i) {
    batch[i].stored = std::move(stored[i]);
    Arena arena;
    ROPEWALK_CHECK(writer.add(properties_of(batch[i], arena)));
  }
  batch.clear();
  return {};
}

}  // namespace

Result<oab::DetailsWriter> collect_objects(directory::AddressBook& book, u32 list,
                                           const std::function<bool()>& gives_up) {
  std::vector<directory::Object> objects;
  ROPEWALK_CHECK(book.for_each(list, [&](const directory::Object& object) {
    if (!object.address.empty()) objects.push_back(object);
  }));
  oab::DetailsWriter writer;
  std::vector<Entry> batch;
  for (directory::Object& object : objects) {
    batch.emplace_back().object = std::move(object);
    if (batch.size() < kBatch) continue;
    ROPEWALK_CHECK(add_batch(book, batch, writer));
    if (gives_up && gives_up()) return Error{"the server stops"};
  }
  ROPEWALK_CHECK(add_batch(book, batch, writer));
  return writer;
}

}  // namespace ropewalk::server
