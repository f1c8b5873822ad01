// A session with a server's address book: the methods of [MS-OXNSPI] 3.1.4.1 that a client needs, whatever carries
// them.
#pragma once

#include "client/address_book.h"
#include "client/exchange/channel.h"
#include "client/rows.h"
#include "mapi/restriction.h"
#include "protocol/nspi/types.h"

namespace ropewalk::client::exchange {

/// [MS-OXNSPI] 2.2.1.8: Minimal Entry IDs that mean places in a table, and 2.2.1.9: results of ResolveNames.
inline constexpr u32 kBeginningOfTable = 0, kCurrent = 1, kEndOfTable = 2;
inline constexpr u32 kUnresolved = 0, kAmbiguous = 1, kResolved = 2;

/// [MS-OXNSPI] 2.2.1.10 and 2.2.1.7: what flags ask for. Without one entry identifiers are permanent.
inline constexpr u32 kNoFlags = 0, kSkipObjects = 1, kUnicodeStrings = 4;
/// 2.2.1.11: texts are PtypString; 2.2.1.14: the template itself; 2.2.1.15: take away.
inline constexpr u32 kUnicodeTypes = 0x80000000, kTemplate = 1, kDelete = 1;

/// What became of a session by the call that failed last.
enum class Loss : u8 {
  none,
  unknown,  // the server did not know it (any more), and did not run the call
  broken,   // the connection ended; whether the call was run is not known
  silent,   // no answer came in time
};

/// Bound from open() until destroyed. One thread at a time. Errors that are warnings (some values are errors) are none.
class NspiSession {
 public:
  struct RowsAnswer {
    Rows rows;
    nspi::Stat stat;  // where the table stands now
  };
  struct Matches {
    std::vector<u32> ids;  // of ResolveNames: one of the results above for each name
    Rows rows;             // of ResolveNames: of the resolved ones
  };
  using Columns = std::span<const mapi::PropTag>;

  /// Over what the options say. Their target is the mailbox endpoint's.
  static Outcome<std::unique_ptr<NspiSession>> open(const ChannelOptions& options);
  virtual ~NspiSession() = default;

  /// A STAT at the beginning of the Global Address List, in the options' code page and locale.
  nspi::Stat first() const;

  /// The hierarchy, a bag for each container. 3.1.4.1.3
  virtual Outcome<std::vector<mapi::PropertyBag>> special_table() = 0;
  /// 3.1.4.1.8. `table`: an Explicit Table in place of the STAT's container; empty: none.
  virtual Outcome<RowsAnswer> query_rows(const nspi::Stat& stat, std::span<const u32> table, u32 count,
                                         Columns columns) = 0;
  /// 3.1.4.1.9
  virtual Outcome<RowsAnswer> seek_entries(const nspi::Stat& stat, const mapi::Property& target, Columns columns) = 0;
  /// 3.1.4.1.10. `filter` null: those that a property of the object `stat.current_record` links, where
  /// `stat.container_id` is that property's tag.
  virtual Outcome<Matches> get_matches(const nspi::Stat& stat, const mapi::Restriction* filter, u32 most,
                                       Columns columns) = 0;
  /// 3.1.4.1.17; names are UTF-8.
  virtual Outcome<Matches> resolve_names(const nspi::Stat& stat, std::span<const std::string> names,
                                         Columns columns) = 0;
  /// 3.1.4.1.4
  virtual Outcome<nspi::Stat> update_stat(const nspi::Stat& stat) = 0;
  /// 3.1.4.1.7, of the object `stat.current_record`; what it lacks is left out.
  virtual Outcome<mapi::PropertyBag> get_props(const nspi::Stat& stat, Columns columns) = 0;
  /// 3.1.4.1.6; texts as PtypString8 or PtypString, as the server likes.
  virtual Outcome<std::vector<mapi::PropTag>> get_prop_list(u32 id) = 0;
  /// 3.1.4.1.13; 0 for a DN that nobody has.
  virtual Outcome<std::vector<u32>> dn_to_mid(std::span<const std::string> dns) = 0;
  /// 3.1.4.1.5; texts as PtypString.
  virtual Outcome<std::vector<mapi::PropTag>> query_columns() = 0;
  /// 3.1.4.1.11: those of `ids` that there are, in the STAT's order.
  virtual Outcome<std::vector<u32>> resort_restriction(const nspi::Stat& stat, std::span<const u32> ids) = 0;
  /// 3.1.4.1.12: below 0, 0, above 0 where `id1` stands before, is, stands behind `id2` in the STAT's container.
  virtual Outcome<i32> compare_mids(const nspi::Stat& stat, u32 id1, u32 id2) = 0;
  /// 3.1.4.1.14, of the object `stat.current_record`: takes `removed` away, then sets `values`.
  virtual Outcome<void> mod_props(const nspi::Stat& stat, Columns removed, std::span<const mapi::Property> values) = 0;
  /// 3.1.4.1.15, of the object `id`. `flags`: kNoFlags to add, kDelete.
  virtual Outcome<void> mod_link_att(u32 flags, mapi::PropTag property, u32 id,
                                     std::span<const std::vector<u8>> entry_ids) = 0;
  /// 3.1.4.1.18: PidTagTemplateData of the details template for objects of this display type, in the session's locale;
  /// texts in its code page. Empty where there is none.
  virtual Outcome<std::vector<u8>> template_info(u32 display_type) = 0;
  /// Where the mailbox with that DN and the address book are: over HTTP by GetMailboxUrl and GetAddressBookUrl
  /// ([MS-OXCMAPIHTTP] 2.2.5.18, 2.2.5.19), over RPC by the referral interface. `server_dn`: of the mailbox's server;
  /// empty where it is not known.
  virtual Outcome<Endpoints> endpoints(const std::string& user_dn, const std::string& server_dn) = 0;

  /// Other than none: every further call fails, open another session.
  Loss loss() const { return loss_; }
  u32 code_page() const { return code_page_; }

 protected:
  explicit NspiSession(const ChannelOptions& options) : code_page_(options.code_page), lcid_(options.lcid) {}
  void lose(Loss how) { loss_ = how; }

 private:
  u32 code_page_, lcid_;
  Loss loss_ = Loss::none;
};

/// The two ways.
Outcome<std::unique_ptr<NspiSession>> open_nspi_over_http(const ChannelOptions& options);
Outcome<std::unique_ptr<NspiSession>> open_nspi_over_rpc(const ChannelOptions& options);

/// Whether a method did its work: success, or a warning.
inline bool is_done(mapi::ErrorCode code) { return (static_cast<u32>(code) & 0x80000000u) == 0; }
/// The values of a row, without those that are errors.
mapi::PropertyBag bag_of(std::span<const mapi::Property> row);
/// PidTagTemplateData in such a row; empty where it is not there.
std::vector<u8> template_data_of(std::span<const mapi::Property> row);
/// Adds a row whose cells stand under their columns; false where it has another number of them.
bool add_row(std::span<const mapi::Property> row, Rows& rows);

}  // namespace ropewalk::client::exchange
