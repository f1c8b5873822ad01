// The methods of [MS-OXNSPI] 3.1.4.1 on the directory's address book, whatever they were encoded in: RPC and MAPI over
// HTTP put their requests in these terms and encode what comes back.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "directory/address_book.h"
#include "mapi/restriction.h"
#include "protocol/nspi/types.h"

namespace ropewalk::server {

// Who calls, authenticated.
struct NspiCaller {
  i64 user_id = 0;      // the directory's
  std::string address;  // for log lines, as is `peer`
  std::string peer;
};

// Rows of one shape: as many cells each as there are columns, in their order. A cell without a value has the column's
// id, the type PtypErrorCode and the error. Of a column of PtypUnspecified the cell tells the type. Texts are
// PtypString in UTF-16LE or PtypString8 in the STAT's code page; PtypEmbeddedTable has the number 0. Values live as
// long as the arena of the call. Never a null text, never PtypUnspecified.
struct NspiRows {
  std::vector<mapi::PropTag> columns;
  std::vector<std::span<const mapi::Property>> rows;
};

// What the methods answer. Where `error` is a failure (neither success nor a warning), the STAT is the request's and
// all else is empty.
struct NspiStatAnswer {
  mapi::ErrorCode error{};
  nspi::Stat stat;
  i32 delta = 0;  // by how many rows the position moved
};
struct NspiRowsAnswer {
  mapi::ErrorCode error{};
  nspi::Stat stat;
  std::optional<NspiRows> rows;  // nullopt: none were asked for, or none are given
};
struct NspiMatchesAnswer {
  mapi::ErrorCode error{};
  nspi::Stat stat;
  std::vector<u32> ids;          // of GetMatches: the Explicit Table; of ResolveNames: one per name
  std::optional<NspiRows> rows;  // as above; of ResolveNames: one per name that is resolved
};
struct NspiIdsAnswer {
  mapi::ErrorCode error{};
  std::vector<u32> ids;
};
struct NspiTagsAnswer {
  mapi::ErrorCode error{};
  std::vector<mapi::PropTag> tags;
};
struct NspiRowAnswer {
  mapi::ErrorCode error{};
  // Success and ecWarnWithErrors (some cells are errors) have one.
  std::optional<std::span<const mapi::Property>> row;
};
struct NspiTableAnswer {
  mapi::ErrorCode error{};
  u32 version = 0;
  std::vector<std::span<const mapi::Property>> rows;
};

// [MS-NSPI] 2.3.6.1: a property by its set and its number there.
struct NspiPropertyName {
  Guid set;
  i32 id = 0;
};
struct NspiNamesAnswer {
  mapi::ErrorCode error{};
  std::vector<mapi::PropTag> tags;
  std::vector<NspiPropertyName> names;
};

// nullopt: NULL on the wire.
using NspiColumns = std::optional<std::span<const mapi::PropTag>>;
using NspiTable = std::optional<std::span<const u32>>;

// Thread-safe; keeps nothing per session. A Minimal Entry ID is the object's id in the directory, so it is the same in
// all sessions. Of a hidden object it is nobody's number, but to those who have named the object by its DN. Reserved
// parameters, which have no effect whatever they are, are left out.
class AddressBookService {
 public:
  struct Parts {
    directory::AddressBook& book;
    std::string organization = "Ropewalk";                   // the first name of DNs
    std::function<void(const std::string& line)> refused{};  // what was refused, and why, for the log
    std::function<void(const std::string& line)> failed{};   // what went wrong in the directory
    std::size_t most_view_entries = 4'000'000;               // in all sorted views together, before some go
  };
  explicit AddressBookService(Parts parts);
  ~AddressBookService();

  // The GUID in ephemeral entry identifiers and in NspiBind's answer; of this directory, so it outlives sessions.
  const Guid& server_guid() const;

  // 3.1.4.1.1: whether a session with this STAT may begin.
  mapi::ErrorCode bind(const NspiCaller& caller, u32 flags, const nspi::Stat& stat);
  // 3.1.4.1.4
  NspiStatAnswer update_stat(const NspiCaller& caller, const nspi::Stat& stat);
  // 3.1.4.1.8. `count` may be any number: no more rows come than there are, and than fit.
  NspiRowsAnswer query_rows(const NspiCaller& caller, u32 flags, const nspi::Stat& stat, NspiTable table, u32 count,
                            NspiColumns columns, Arena& arena);
  // 3.1.4.1.9
  NspiRowsAnswer seek_entries(const NspiCaller& caller, const nspi::Stat& stat, const mapi::Property& target,
                              NspiTable table, NspiColumns columns, Arena& arena);
  // 3.1.4.1.10. `name`: the property to be opened on the object, where it is not the STAT's ContainerID.
  NspiMatchesAnswer get_matches(const NspiCaller& caller, const nspi::Stat& stat, const mapi::Restriction* filter,
                                const std::optional<NspiPropertyName>& name, u32 requested, NspiColumns columns,
                                Arena& arena);
  // 3.1.4.1.11
  NspiMatchesAnswer resort_restriction(const NspiCaller& caller, const nspi::Stat& stat, std::span<const u32> ids);
  // 3.1.4.1.13. Of a null name the id is 0, as of one that nobody has.
  NspiIdsAnswer dn_to_mid(const NspiCaller& caller, std::span<const std::optional<std::string>> names);
  // 3.1.4.1.6
  NspiTagsAnswer get_prop_list(const NspiCaller& caller, u32 flags, u32 id, u32 code_page);
  // 3.1.4.1.7. `stat.current_record` is the object.
  NspiRowAnswer get_props(const NspiCaller& caller, u32 flags, const nspi::Stat& stat, NspiColumns columns,
                          Arena& arena);
  // 3.1.4.1.12. `delta` below 0, 0, above 0: id1 stands before, is, stands behind id2.
  NspiStatAnswer compare_mids(const NspiCaller& caller, const nspi::Stat& stat, u32 id1, u32 id2);
  // 3.1.4.1.14. `row`: values to be set, `removed`: properties to be removed before.
  mapi::ErrorCode mod_props(const NspiCaller& caller, const nspi::Stat& stat, NspiColumns removed,
                            std::span<const mapi::Property> row);
  // 3.1.4.1.3. `version`: the client's. Each row has its own tags.
  NspiTableAnswer get_special_table(const NspiCaller& caller, u32 flags, const nspi::Stat& stat, u32 version,
                                    Arena& arena);
  // 3.1.4.1.18
  NspiRowAnswer get_template_info(const NspiCaller& caller, u32 flags, u32 type, const std::optional<std::string>& dn,
                                  u32 code_page, u32 locale, Arena& arena);
  // 3.1.4.1.15
  mapi::ErrorCode mod_link_att(const NspiCaller& caller, u32 flags, mapi::PropTag tag, u32 id,
                               std::span<const ByteView> entry_ids);
  // 3.1.4.1.5
  NspiTagsAnswer query_columns(const NspiCaller& caller, u32 flags);
  // [MS-NSPI] 3.1.4.16, 3.1.4.17. A name for each of `tags`; where that is nullopt, for each property that there is,
  // whose tags then come with them. A name without a set is none, as is a tag 0x0000000A.
  NspiNamesAnswer get_names_from_ids(const NspiCaller& caller, const std::optional<Guid>& set, NspiColumns tags);
  NspiTagsAnswer get_ids_from_names(const NspiCaller& caller, u32 flags, std::span<const NspiPropertyName> names);
  // 3.1.4.1.16, 3.1.4.1.17. The names are UTF-8 (of NspiResolveNames: converted from the STAT's code page);
  // `unicode`: NspiResolveNamesW, which matters for the columns where `columns` is nullopt. Null and empty names are
  // MID_UNRESOLVED.
  NspiMatchesAnswer resolve_names(const NspiCaller& caller, const nspi::Stat& stat, NspiColumns columns,
                                  std::span<const std::optional<std::string>> names, bool unicode, Arena& arena);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ropewalk::server
