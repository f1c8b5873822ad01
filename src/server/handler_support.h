// Small things that handlers share.
#pragma once

#include "mapi/property_tags.h"
#include "server/rop_context.h"
#include "store/mailbox_store.h"

namespace ropewalk::server {

// The mailbox that an object was opened in: every kind of object knows its own.
std::shared_ptr<store::MailboxStore> store_of(const session::Object& object);

// The store of the object at an index; null, with missing() to say why, where there is none.
inline std::shared_ptr<store::MailboxStore> store_at(const RopContext& context, u8 index) {
  session::Object* object = context.object(index);
  return object == nullptr ? nullptr : store_of(*object);
}

// A property set on an object: what RopSetProperties and RopDeleteProperties report in their answers.
struct Problem {
  u16 index;
  mapi::PropTag tag;
  ErrorCode code;
};

// Any object that has properties (logon, folder, message, attachment), seen alike. Borrows the object.
class PropertyHolder {
 public:
  virtual ~PropertyHolder() = default;
  // In its own type; nullopt where absent. Values larger than `most` bytes come as PtypErrorCode.
  virtual std::optional<mapi::Property> get(mapi::PropTag tag, Arena& arena, std::size_t most) const = 0;
  virtual std::vector<mapi::PropTag> tags() const = 0;
  virtual store::Outcome<std::vector<Problem>> set(std::span<const mapi::Property> properties) = 0;
  virtual store::Outcome<std::vector<Problem>> remove(std::span<const mapi::PropTag> tags) = 0;
};

// Null for objects without properties.
std::unique_ptr<PropertyHolder> properties_of(session::Object& object);

// The item behind a message or attachment object; null for others.
std::shared_ptr<store::Item> item_of(session::Object& object);

// Whether the object was opened for writing; folders and logons are their owner's.
bool is_writable(const session::Object& object);

// The tag that a client may ask for: PtypUnspecified asks for the property whatever its type.
mapi::PropertyCell cell_of(const PropertyHolder& holder, mapi::PropTag tag, std::size_t most, u32 code_page,
                           Arena& arena);

// The client looks at the table at `index` of the handle table: from now on it is told of changes
// ([MS-OXCNOTIF] 3.1.4.3).
void begin_view(RopContext& context, u8 index, session::TableObject& table);

// Bytes that a cell takes in a row on the wire, near enough to plan with.
std::size_t wire_size(const mapi::PropertyCell& cell);

}  // namespace ropewalk::server
