// The address book as a hostile client asks it: sequences of calls of its methods, and of bodies over HTTP, on a small
// directory with hidden entries and groups in a cycle. Whatever is asked: never more rows than that, no null text,
// nothing beside an error, and nobody who is hidden.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/utf16.h"
#include "directory/address_book.h"
#include "mapi/ascii_case.h"
#include "mapi/property_tags.h"
#include "mapi/value_fields.h"
#include "protocol/mapihttp/address_book_values.h"
#include "protocol/mapihttp/request_types.h"
#include "server/addressbook/cells.h"
#include "server/addressbook/http_calls.h"

namespace {

using namespace ropewalk;
using namespace ropewalk::server;
using directory::Kind;
using directory::Link;
using mapi::ErrorCode;
using mapi::PropTag;

constexpr std::string_view kSecret = "zebra9";  // in everything that is known of who is hidden

void must(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

class Book {
 public:
  static Book& get() {
    static Book book;
    return book;
  }
  ~Book() {
    service.reset();
    book_.reset();
    std::filesystem::remove_all(folder_);
  }
  std::optional<AddressBookService> service;
  std::vector<u32> ids = {0, 1, 2, 15, 0x7FFFFFF0, 0x80000000};  // of positions, nobody, objects, lists, who is hidden

 private:
  Book() {
    folder_ = std::filesystem::temp_directory_path() / ("ropewalk-fuzz-" + std::to_string(::getpid()));
    must(directory::Directory::open(folder_).ok(), "no directory");
    auto opened = directory::AddressBook::open(folder_);
    must(opened.ok(), "no address book");
    book_ = std::move(*opened);
    for (const char* name : {"alpha", "bravo", "charlie", "delta"}) add(Kind::contact, name, false);
    const u32 hidden = add(Kind::contact, std::string(kSecret), true);
    const u32 golf = add(Kind::group, "golf", false), hotel = add(Kind::group, "hotel", false);
    const u32 secret = add(Kind::group, std::string(kSecret) + "group", true);
    link(golf, Link::member, hotel);
    link(hotel, Link::member, golf);
    for (u32 group : {golf, secret})
      for (u32 member : {ids[6], ids[7], hidden, secret}) link(group, Link::member, member);
    link(golf, Link::owner, hidden);
    link(hidden, Link::manager, ids[6]);
    link(ids[7], Link::manager, hidden);
    auto list = book_->add_list(0, "filtered", "(|(mailNickname=*a*)(manager=*))");
    must(list.ok(), "no list");
    const auto lists = book_->lists();
    for (const auto& one : *lists) ids.push_back(one.id);
    service.emplace(AddressBookService::Parts{*book_});
  }
  u32 add(Kind kind, const std::string& name, bool hidden) {
    directory::ObjectChange as;
    as.name = name;
    as.address = name + "@ropewalk.test";
    as.hidden = hidden;
    as.set.set_text(PropTag(mapi::tag::PidTagTitle), name);
    auto made = book_->add(kind, as);
    must(made.ok(), "no object");
    ids.push_back(made->id);
    return made->id;
  }
  void link(u32 from, Link kind, u32 to) {
    if (from != to) must(book_->add_link(from, kind, to).ok(), "no link");
  }
  std::filesystem::path folder_;
  std::unique_ptr<directory::AddressBook> book_;
};

// What the input says next; zeros behind its end.
class Input {
 public:
  explicit Input(ByteView bytes) : bytes_(bytes) {}
  bool done() const { return bytes_.empty(); }
  ByteView take(std::size_t size) {
    const ByteView taken = bytes_.first(std::min(size, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }
  u8 byte() {
    const ByteView one = take(1);
    return one.empty() ? 0 : one[0];
  }
  u32 number() {
    u32 value = 0;
    for (int i = 0; i < 4; ++i) value |= u32{byte()} << (8 * i);
    return value;
  }
  // Mostly somebody's, at times any.
  u32 id() {
    const u8 which = byte();
    const auto& ids = Book::get().ids;
    return which == 0xFF ? number() : ids[which % ids.size()];
  }
  std::vector<u32> some_ids() {
    std::vector<u32> made(byte() % 12);
    for (u32& one : made) one = id();
    return made;
  }
  std::string text() { return std::string(text_of(take(byte() % 24))); }
  nspi::Stat stat() {
    nspi::Stat stat;
    stat.sort_type = byte() % 8 == 0 ? number() : byte() % 2 * 3;
    stat.container_id = byte() % 2 == 0 ? 0 : id();
    stat.current_record = id();
    stat.delta = byte() % 4 == 0 ? static_cast<i32>(number()) : static_cast<std::int8_t>(byte());
    stat.position = number() % 64;
    stat.total_records = byte() % 64;
    constexpr u32 kPages[] = {1252, 1200, 65001, 0, 20261, 932, 4711};
    stat.code_page = kPages[byte() % std::size(kPages)];
    stat.sort_locale = byte() % 2 == 0 ? 0x409 : number();
    return stat;
  }
  std::vector<PropTag> tags() {
    constexpr u32 kTags[] = {0x3001001F, 0x3001001E, 0x0FFF0102, 0x39FE001F, 0x8009000D, 0x8008101F, 0x800E000D,
                             0x8005001E, 0x800F101E, 0x8170101F, 0x39000003, 0x39050003, 0x8CE20003, 0x30010000};
    std::vector<PropTag> made;
    for (u8 left = byte() % 8; left > 0; --left)
      made.emplace_back(byte() % 8 == 0 ? number() : kTags[byte() % std::size(kTags)]);
    return made;
  }

 private:
  ByteView bytes_;
};

void no_secret(ByteView bytes) {
  const std::string_view said = text_of(bytes);
  std::string narrow, even;  // 8-bit; every other byte, as UTF-16 has it, from both beginnings
  for (std::size_t first : {0u, 1u}) {
    for (std::size_t at = first; at < said.size(); at += 2) even += said[at];
    even += '\n';
  }
  narrow = mapi::ascii_lowered(std::string(said) + '\n' + even);
  must(narrow.find(kSecret) == narrow.npos, "who is hidden was shown");
}

void good_cell(const mapi::Property& cell) {
  must(is_nspi_type(cell.tag.type()) && cell.tag.type() != mapi::PropType::unspecified, "a value of no type");
  const auto type = mapi::base_type(cell.tag.type());
  const bool has_bytes = type == mapi::PropType::binary || is_text_type(type);
  if (has_bytes && mapi::is_multiple(cell.tag.type())) {
    for (const mapi::Value& item : cell.value.items) {
      must(!mapihttp::is_absent(type, item), "a null in a list");
      no_secret(item.bytes);
    }
  } else if (has_bytes) {
    no_secret(cell.value.bytes);
  }
}

void good_rows(const std::optional<NspiRows>& rows, std::size_t most, std::size_t columns) {
  if (!rows) return;
  must(rows->rows.size() <= most, "more rows than asked for");
  for (const auto& row : rows->rows) {
    must(row.size() == columns, "a row that is not as its columns");
    for (const mapi::Property& cell : row) good_cell(cell);
  }
}

bool same(const nspi::Stat& a, const nspi::Stat& b) { return std::memcmp(&a, &b, sizeof a) == 0; }
bool succeeded(ErrorCode error) { return (static_cast<u32>(error) & 0x80000000u) == 0; }

void good_position(const nspi::Stat& stat) {
  must(stat.position <= stat.total_records && stat.delta == 0, "a position outside of the table");
  must(stat.current_record > 1, "a position that is nobody's");
}

mapi::Restriction restriction(Input& in, Arena& arena, int depth) {
  mapi::Restriction made;
  made.type = static_cast<mapi::RestrictType>(in.byte() % 12);
  made.relop = static_cast<mapi::RelOp>(in.byte() % 8);
  made.tag = made.tag2 = PropTag(in.number());
  const auto tags = in.tags();
  if (!tags.empty()) made.tag = made.tag2 = tags.back();
  if (in.byte() % 4 == 0) made.tag = PropTag(mapi::tag::PidTagAnr);
  auto values = arena.make<mapi::TaggedPropertyValue>(in.byte() % 3);
  for (auto& value : values) {
    value.tag = made.tag;
    const std::string text = in.text();
    const auto type = made.tag.type();
    if (type == mapi::PropType::string)
      value.value = mapi::Value::of(mapi::utf16_in(arena, is_utf8(text) ? text : "a"));
    if (type == mapi::PropType::string8 || type == mapi::PropType::binary)
      value.value = mapi::Value::of(arena.copy(bytes_of(text)));
    if (type == mapi::PropType::integer32) value.value = mapi::Value::of(in.number());
  }
  made.values = values;
  if (depth < 6) {
    auto children = arena.make<mapi::Restriction>(in.byte() % 4);
    for (auto& child : children) child = restriction(in, arena, depth + 1);
    made.children = children;
  }
  return made;
}

void query_rows(Input& in, const NspiCaller& caller, Arena& arena) {
  const nspi::Stat stat = in.stat();
  const auto ids = in.some_ids();
  const auto tags = in.tags();
  const u32 count = in.byte() % 4 == 0 ? in.number() : in.byte() % 16;
  const NspiTable table = ids.empty() ? std::nullopt : NspiTable(ids);
  const auto answer =
      Book::get().service->query_rows(caller, in.number(), stat, table, count, NspiColumns(tags), arena);
  must(answer.error == ErrorCode::none || (!answer.rows && same(answer.stat, stat)), "rows beside an error");
  good_rows(answer.rows, count, tags.size());
  if (answer.error == ErrorCode::none && !table) good_position(answer.stat);
}

void seek_entries(Input& in, const NspiCaller& caller, Arena& arena) {
  const nspi::Stat stat = in.stat();
  const auto ids = in.some_ids();
  const auto tags = in.tags();
  const mapi::Property target{PropTag(0x3001001E), mapi::Value::of(arena.copy(bytes_of(in.text())))};
  const auto answer = Book::get().service->seek_entries(
      caller, stat, target, ids.empty() ? std::nullopt : NspiTable(ids), NspiColumns(tags), arena);
  must(answer.error == ErrorCode::none || (!answer.rows && same(answer.stat, stat)), "rows beside an error");
  good_rows(answer.rows, 50, tags.size());
}

void get_matches(Input& in, const NspiCaller& caller, Arena& arena) {
  const nspi::Stat stat = in.stat();
  const auto tags = in.tags();
  const u32 most = in.byte() % 4 == 0 ? in.number() : in.byte() % 16;
  std::optional<mapi::Restriction> filter;
  if (in.byte() % 4 != 0) filter = restriction(in, arena, 0);
  std::optional<NspiPropertyName> name;
  if (in.byte() % 4 == 0) name = NspiPropertyName{{}, static_cast<i32>(in.number())};
  const auto answer =
      Book::get().service->get_matches(caller, stat, filter ? &*filter : nullptr, name, most, NspiColumns(tags), arena);
  must(answer.error == ErrorCode::none || (answer.ids.empty() && !answer.rows && same(answer.stat, stat)),
       "matches beside an error");
  must(answer.ids.size() <= most, "more matches than asked for");
  good_rows(answer.rows, answer.ids.size(), tags.size());
}

void others(Input& in, const NspiCaller& caller, Arena& arena) {
  AddressBookService& service = *Book::get().service;
  const nspi::Stat stat = in.stat();
  switch (in.byte() % 7) {
    case 0: {
      const auto answer = service.update_stat(caller, stat);
      if (answer.error == ErrorCode::none)
        good_position(answer.stat);
      else
        must(same(answer.stat, stat) && answer.delta == 0, "a position beside an error");
      break;
    }
    case 1: {
      const auto ids = in.some_ids();
      const auto answer = service.resort_restriction(caller, stat, ids);
      must(answer.ids.size() <= ids.size(), "more ids than there were");
      break;
    }
    case 2: {
      const auto tags = in.tags();
      const auto answer =
          service.get_props(caller, in.number(), stat, in.byte() % 2 == 0 ? std::nullopt : NspiColumns(tags), arena);
      must(succeeded(answer.error) == answer.row.has_value(), "a row beside an error");
      if (answer.row)
        for (const mapi::Property& cell : *answer.row) good_cell(cell);
      break;
    }
    case 3: {
      const std::vector<std::optional<std::string>> names = {in.text(), std::nullopt, in.text()};
      const auto tags = in.tags();
      const auto answer = service.resolve_names(caller, stat, NspiColumns(tags), names, in.byte() % 2 == 0, arena);
      must(succeeded(answer.error) ? answer.ids.size() == 3 : answer.ids.empty() && !answer.rows, "names and ids");
      good_rows(answer.rows, 3, tags.size());
      break;
    }
    case 4:
      (void)service.compare_mids(caller, stat, in.id(), in.id());
      break;
    case 5: {
      const ByteView entry = in.take(40);
      must(service.mod_link_att(caller, in.number(), PropTag(in.byte() % 2 == 0 ? 0x8009000D : 0x8015000D), in.id(),
                                {&entry, 1}) != ErrorCode::none,
           "a stranger changed links");
      break;
    }
    default: {
      const auto tags = service.get_prop_list(caller, in.number(), in.id(), stat.code_page);
      must(tags.error == ErrorCode::none || tags.tags.empty(), "properties beside an error");
    }
  }
}

void over_http(Input& in, const NspiCaller& caller, Arena& arena) {
  const AddressBookHttpCall call{*Book::get().service, caller, "https://a/", "https://b/"};
  const auto types = mapihttp::request_types();
  const mapihttp::RequestType type = types[in.byte() % types.size()].type;
  const u16 size = static_cast<u16>(in.byte() | in.byte() << 8);
  const ByteView body = in.take(size);
  auto work = address_book_work(type, body, call, arena);
  if (!work.ok()) return;
  wire::OutBuffer out;
  try {
    (*work)(out);
  } catch (const std::exception&) {  // what no response can tell
    return;
  }
  no_secret(out.view());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  std::string wide;
  for (std::uint8_t byte : bytes)
    if (byte != 0) wide += static_cast<char>(byte | 0x20);
  if (wide.find(kSecret) != wide.npos) return 0;  // who knows the name may ask by it
  static i64 nobody = 1'000'000;  // a user of no object, another each time: what one learned is not the next one's
  const NspiCaller caller{++nobody, "fuzz", ""};
  Input in(bytes);
  for (int calls = 0; calls < 16 && !in.done(); ++calls) {
    Arena arena(8u << 20);
    switch (in.byte() % 5) {
      case 0:
        query_rows(in, caller, arena);
        break;
      case 1:
        seek_entries(in, caller, arena);
        break;
      case 2:
        get_matches(in, caller, arena);
        break;
      case 3:
        others(in, caller, arena);
        break;
      default:
        over_http(in, caller, arena);
    }
  }
  return 0;
}
