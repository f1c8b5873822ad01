#include "client/objects.h"

#include <algorithm>
#include <array>

#include "base/hex.h"
#include "mapi/ascii_case.h"

namespace ropewalk::client {

using mapi::ErrorCode;
using mapi::PropertyBag;
using mapi::PropType;

namespace {

constexpr u32 kRowsAtOnce = 200;
constexpr std::size_t kLargestSetInOnePiece = 8u << 10;
constexpr std::size_t kStreamPiece = 64u << 10;

bool streams(PropType type) {
  return type == PropType::binary || type == PropType::string || type == PropType::string8 || type == PropType::object;
}

// The type to ask for where all that is known is that the value did not fit.
PropTag streamed_tag(PropTag tag, std::span<const PropTag> asked) {
  for (PropTag wanted : asked)
    if (wanted.id() == tag.id() && streams(wanted.type())) return wanted;
  if (streams(tag.type())) return tag;
  const mapi::PropertyInfo* info = mapi::find_property_id(tag.id());
  if (info != nullptr && streams(static_cast<PropType>(info->type))) return PropTag(info->tag());
  return tag.with_type(PropType::binary);
}

Outcome<void> write_stream(PropertyObject& object, const mapi::Property& property) {
  ROPEWALK_TRY(auto stream, object.open_stream(property.tag, Access::write, true));
  ByteView bytes = property.value.bytes;
  for (std::size_t at = 0; at < bytes.size(); at += kStreamPiece)
    ROPEWALK_CHECK(stream->write(bytes.subspan(at, std::min(kStreamPiece, bytes.size() - at))));
  return stream->commit();
}

}  // namespace

Outcome<std::vector<PropTag>> Table::query_columns() {
  return Failure{mapi::ErrorCode::not_supported, "this table does not tell which columns it may have"};
}

Outcome<Rows> Table::read_all(std::size_t limit) {
  auto wanted = [&](std::size_t have) {
    return limit == 0 ? kRowsAtOnce : static_cast<u32>(std::min<std::size_t>(kRowsAtOnce, limit - have));
  };
  ROPEWALK_TRY(Rows all, query(wanted(0)));
  while (!all.empty() && !all.at_end && (limit == 0 || all.size() < limit)) {
    ROPEWALK_TRY(Rows more, query(wanted(all.size())));
    if (more.empty()) break;
    all.at_end = more.at_end;
    for (std::size_t i = 0; i < more.size(); ++i)
      for (const mapi::Property& cell : more[i]) all.add(cell.tag, cell.value);
  }
  return all;
}

Outcome<std::vector<u8>> Stream::read_all(std::size_t most) {
  std::vector<u8> bytes;
  for (;;) {
    std::size_t at = bytes.size();
    bytes.resize(at + kStreamPiece);
    ROPEWALK_TRY(std::size_t n, read({bytes.data() + at, kStreamPiece}));
    bytes.resize(at + n);
    if (n == 0) return bytes;
    if (bytes.size() > most)
      return Failure{ErrorCode::buffer_too_small,
                     "the stream is longer than the " + std::to_string(most) + " bytes that were to be read at most"};
  }
}

Outcome<void> PropertyObject::complete(PropertyBag& bag, std::span<const PropTag> asked, std::size_t most) {
  std::vector<PropTag> large;
  for (const mapi::Property& property : bag.all()) {
    if (property.tag.type() != PropType::error_code) continue;
    auto code = static_cast<ErrorCode>(property.value.number);
    if (code == ErrorCode::mapi_oom) large.push_back(property.tag);
  }
  for (PropTag tag : large) {
    PropTag whole = streamed_tag(tag, asked);
    auto stream = open_stream(whole, Access::read);
    if (!stream.ok()) continue;  // the entry keeps saying that the value is too large
    ROPEWALK_TRY(auto bytes, (*stream)->read_all(most));
    bag.remove(whole.id());
    bag.set_bytes(whole.type() == PropType::object ? whole.with_type(PropType::binary) : whole, bytes);
  }
  return {};
}

Outcome<PropertyBag> PropertyObject::get_whole(std::span<const PropTag> tags, std::size_t most) {
  ROPEWALK_TRY(PropertyBag bag, get(tags));
  ROPEWALK_CHECK(complete(bag, tags, most));
  return bag;
}

Outcome<PropertyBag> PropertyObject::get_all_whole(std::size_t most) {
  ROPEWALK_TRY(PropertyBag bag, get_all());
  ROPEWALK_CHECK(complete(bag, {}, most));
  return bag;
}

Outcome<void> PropertyObject::set_whole(std::span<const mapi::Property> properties) {
  std::vector<mapi::Property> small;
  std::size_t total = 0;
  for (const mapi::Property& property : properties) {
    bool variable = streams(property.tag.type()) && property.tag.type() != PropType::object;
    std::size_t size = variable ? property.value.bytes.size() : 8;
    if (variable && size > kLargestSetInOnePiece) continue;
    if (total + size > 2 * kLargestSetInOnePiece && !small.empty()) {
      ROPEWALK_CHECK(set(small));
      small.clear();
      total = 0;
    }
    total += size;
    small.push_back(property);
  }
  if (!small.empty()) ROPEWALK_CHECK(set(small));
  for (const mapi::Property& property : properties) {
    if (!streams(property.tag.type()) || property.tag.type() == PropType::object) continue;
    if (property.value.bytes.size() > kLargestSetInOnePiece) ROPEWALK_CHECK(write_stream(*this, property));
  }
  return {};
}

std::string_view name(EventKind kind) {
  switch (kind) {
    case EventKind::new_mail:
      return "new_mail";
    case EventKind::created:
      return "created";
    case EventKind::deleted:
      return "deleted";
    case EventKind::modified:
      return "modified";
    case EventKind::moved:
      return "moved";
    case EventKind::copied:
      return "copied";
    case EventKind::search_complete:
      return "search_complete";
  }
  return "unknown";
}

namespace {

struct FolderName {
  std::string_view name;
  SpecialFolder folder;
};
constexpr std::array<FolderName, 9> kFolderNames{{{"root", SpecialFolder::root},
                                                  {"top", SpecialFolder::top},
                                                  {"inbox", SpecialFolder::inbox},
                                                  {"outbox", SpecialFolder::outbox},
                                                  {"sent", SpecialFolder::sent_items},
                                                  {"sent items", SpecialFolder::sent_items},
                                                  {"deleted", SpecialFolder::deleted_items},
                                                  {"deleted items", SpecialFolder::deleted_items},
                                                  {"trash", SpecialFolder::deleted_items}}};

// "0001-00000000000A", as FolderId::to_string() writes it.
std::optional<FolderId> parse_folder_id(std::string_view text) {
  if (text.size() != 17 || text[4] != '-') return std::nullopt;
  auto replid = from_hex(text.substr(0, 4));
  auto counter = from_hex(text.substr(5));
  if (!replid || !counter || replid->size() != 2 || counter->size() != 6) return std::nullopt;
  u64 number = 0;
  for (u8 byte : *counter) number = number << 8 | byte;
  return FolderId::make(static_cast<u16>((*replid)[0] << 8 | (*replid)[1]), number);
}

Outcome<std::optional<FolderId>> child_named(Folder& folder, std::string_view wanted) {
  ROPEWALK_TRY(auto table, folder.folders());
  const PropTag columns[] = {PropTag(mapi::tag::PidTagFolderId), PropTag(mapi::tag::PidTagDisplayName)};
  ROPEWALK_CHECK(table->set_columns(columns));
  ROPEWALK_TRY(Rows rows, table->read_all());
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (mapi::equal_ignoring_ascii_case(text_of(rows[i], columns[1]), wanted))
      return std::optional(FolderId{number_of(rows[i], columns[0])});
  return std::optional<FolderId>();
}

}  // namespace

Outcome<FolderId> MessageStore::find_folder(std::string_view path) {
  if (auto id = parse_folder_id(path)) return *id;
  for (const FolderName& known : kFolderNames)
    if (mapi::equal_ignoring_ascii_case(known.name, path)) return special(known.folder);
  ROPEWALK_TRY(FolderId at, special(SpecialFolder::top));
  std::string_view rest = path;
  bool first = true;
  while (!rest.empty()) {
    auto slash = rest.find('/');
    std::string_view part = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    if (part.empty()) continue;
    ROPEWALK_TRY(auto folder, open_folder(at));
    ROPEWALK_TRY(auto child, child_named(*folder, part));
    if (!child && first && mapi::equal_ignoring_ascii_case(part, "inbox")) {
      ROPEWALK_TRY(at, special(SpecialFolder::inbox));
    } else if (!child) {
      return Failure{ErrorCode::not_found, "there is no folder \"" + std::string(path) + "\" (nothing is called \"" +
                                               std::string(part) + "\" there); `ropewalk folders` lists them"};
    } else {
      at = *child;
    }
    first = false;
  }
  return at;
}

}  // namespace ropewalk::client
