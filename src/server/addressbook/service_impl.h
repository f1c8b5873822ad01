// What the methods of AddressBookService share.
#pragma once

#include "server/addressbook/address_book_service.h"
#include "server/addressbook/cells.h"
#include "server/addressbook/entries.h"
#include "server/addressbook/list_views.h"

namespace ropewalk::server {

// [MS-OXNSPI] 2.2.1.8, 2.2.1.9
inline constexpr u32 kBeginningOfTable = 0, kCurrentPosition = 1, kEndOfTable = 2;
inline constexpr u32 kUnresolved = 0, kAmbiguous = 1, kResolved = 2;
// [MS-OXNSPI] 2.2.1.10
inline constexpr u32 kSortByName = 0, kSortByPhoneticName = 3, kSortByNameReadOnly = 1000, kSortByNameWritable = 1001;
// [MS-OXNSPI] 2.2.1.11
inline constexpr u32 kSkipObjects = 1, kEphemeralIds = 2;

inline constexpr std::size_t kMostRows = nspi::kMaxCount;   // the IDL's range()
inline constexpr std::size_t kMostColumns = 4096;           // "excessive" is for the server to say
inline constexpr std::size_t kMostAnswerBytes = 16u << 20;  // of the rows of one answer, past the first
inline constexpr std::size_t kRowsOfSeek = 50;              // where NspiSeekEntries chooses their number

// How rows are read.
struct RowForm {
  std::span<const mapi::PropTag> columns;
  bool ephemeral = false;
  u32 code_page = 0;
};

class AddressBookService::Impl {
 public:
  explicit Impl(Parts the_parts);

  EntryReader reader(const NspiCaller& caller, Arena& arena) {
    return {{parts.book, lists, known_hidden, guid}, caller.user_id, arena};
  }

  // ecInvalidBookmark where there is none.
  Outcome<directory::AddressList> container(EntryReader& reader, const nspi::Stat& stat);
  // The table that a STAT describes.
  Outcome<ListViews::Open> view(const EntryReader& reader, const directory::AddressList& list, const nspi::Stat& stat);

  // One row; each cell of what has no value an error. `entry` null: nobody has any.
  Outcome<std::span<const mapi::Property>> row(EntryReader& reader, const Entry* entry, const RowForm& form,
                                               Arena& arena);
  // Rows of these objects, at least one of them and as many as fit into an answer.
  Outcome<NspiRows> rows(EntryReader& reader, std::span<const u32> ids, const RowForm& form, Arena& arena);
  // The object whose links NspiModLinkAtt is to change, where the caller may.
  Outcome<directory::Object> changed_links(const NspiCaller& caller, EntryReader& reader, mapi::PropTag property,
                                           u32 id);
  // The object of the caller; nullopt: he has none.
  Outcome<std::optional<directory::Object>> caller_object(const NspiCaller& caller);

  // Who in a container satisfies a restriction, in the table's order; one more than `most` where there are more.
  Outcome<std::vector<u32>> search(EntryReader& reader, const nspi::Stat& stat, const mapi::Restriction& filter,
                                   std::size_t most, Arena& arena);
  // Whom a property of the STAT's object names, sorted by name.
  Outcome<std::vector<u32>> open_property(EntryReader& reader, const nspi::Stat& stat,
                                          const std::optional<NspiPropertyName>& name);
  // Whom an ambiguous name may mean: nobody, one, or two where there are more.
  Outcome<std::vector<u32>> called(EntryReader& reader, const directory::AddressList& list, std::string_view name);

  // Logs why, and gives the code.
  mapi::ErrorCode failed(const NspiCaller& caller, std::string_view method, const Failure& failure);
  template <class Answer>
  Answer answer(const NspiCaller& caller, std::string_view method, Outcome<Answer> done, Answer on_failure = {}) {
    if (done) return std::move(*done);
    on_failure.error = failed(caller, method, done.error());
    return on_failure;
  }

  Parts parts;
  Guid guid;
  ListCache lists;
  KnownHidden known_hidden;
  ListViews views;
};

// The code page of 8-bit texts can be served; CP_WINUNICODE, which is none, where no 8-bit text is asked for.
Outcome<void> check_code_page(u32 code_page, bool has_8bit_texts = true);
bool has_8bit_texts(std::span<const mapi::PropTag> columns);

// The property of a name in PS_MAPI, which is the property's id, or its whole tag.
mapi::PropTag tag_named(const NspiPropertyName& name);

// Whether NspiModLinkAtt changes it: a group's members, and a mailbox's delegates.
bool is_modifiable_link(const Entry& entry, const LinkProperty& link);

// Where the STAT's CurrentRec or fraction says, and Delta from there; ecNotFound where that is not in the table.
struct Position {
  std::size_t row = 0;
  i32 moved = 0;
};
Outcome<Position> position_of(const SortedView& view, const nspi::Stat& stat);
// The STAT of a position, Delta used up.
nspi::Stat stat_at(const SortedView& view, nspi::Stat stat, std::size_t row);

// The rows that NspiQueryRows gives without columns: [MS-OXNSPI] 3.1.4.1.8.
std::span<const mapi::PropTag> default_columns(bool unicode);

}  // namespace ropewalk::server
