// The parts of a local store that its folders, messages and attachments share.
#pragma once

#include "client/objects.h"
#include "store/mailbox_store.h"

namespace ropewalk::client::local {

using Mailbox = std::shared_ptr<store::MailboxStore>;

inline constexpr u32 kCodePage = 1252;

// Turns what the store answers into what clients see, word for word.
inline Failure failure_of(store::Failure&& failure) { return {failure.code, std::move(failure.text)}; }

#define ROPEWALK_LOCAL_JOIN2(a, b) a##b
#define ROPEWALK_LOCAL_JOIN(a, b) ROPEWALK_LOCAL_JOIN2(a, b)
// As ROPEWALK_TRY and ROPEWALK_CHECK, for calls into the store.
#define ROPEWALK_LOCAL_TRY(declaration, expression)                                     \
  auto ROPEWALK_LOCAL_JOIN(local_result_, __LINE__) = (expression);                     \
  if (!ROPEWALK_LOCAL_JOIN(local_result_, __LINE__).ok())                               \
    return failure_of(std::move(ROPEWALK_LOCAL_JOIN(local_result_, __LINE__)).error()); \
  declaration = std::move(ROPEWALK_LOCAL_JOIN(local_result_, __LINE__)).value()
#define ROPEWALK_LOCAL_CHECK(expression)                                                                          \
  do {                                                                                                            \
    if (auto local_status = (expression); !local_status.ok()) return failure_of(std::move(local_status).error()); \
  } while (false)

// Puts the cell that `column` asks for into the bag: the value, or the error.
inline void put_cell(mapi::PropertyBag& bag, PropTag column, const std::optional<mapi::Property>& property,
                     Arena& arena) {
  // What is too large comes back as an error of its own and stays that.
  if (property && property->tag.type() == mapi::PropType::error_code) return bag.set(property->tag, property->value);
  mapi::PropertyCell cell = store::cell_for(column, property, kCodePage, arena);
  if (cell.flag == mapi::CellFlag::value)
    bag.set(column.with_type(cell.type), cell.value);
  else
    bag.set(column.with_type(mapi::PropType::error_code),
            cell.flag == mapi::CellFlag::error ? cell.value : mapi::Value::of(mapi::ErrorCode::not_found));
}

// get() and get_all() over anything with property(tag, arena) and tags().
template <class Source>
mapi::PropertyBag bag_of(const Source& source, std::span<const PropTag> tags) {
  mapi::PropertyBag bag;
  Arena arena;
  for (PropTag tag : tags) put_cell(bag, tag, source.property(tag, arena), arena);
  return bag;
}

std::unique_ptr<Table> make_table(std::unique_ptr<store::Table> table);
std::unique_ptr<Stream> make_stream(std::unique_ptr<store::PropertyStream> stream);
std::unique_ptr<Message> make_message(std::shared_ptr<store::Message> message);
std::unique_ptr<Folder> make_folder(Mailbox mailbox, FolderId id);

// What only messages and attachments have.
inline Failure no_streams(PropTag tag) {
  return failure(mapi::ErrorCode::not_supported,
                 "cannot open " + tag.to_string() + " of a folder or store as a stream");
}

}  // namespace ropewalk::client::local
