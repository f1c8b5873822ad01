// The address book over MAPI over HTTP. [MS-OXCMAPIHTTP] 2.2.5
#include "base/utf16.h"
#include "client/exchange/nspi_session.h"
#include "protocol/mapihttp/address_book_objects.h"
#include "protocol/mapihttp/request_types.h"
#include "wire/describe.h"

namespace ropewalk::client::exchange {
namespace {

using mapi::ErrorCode;
using mapi::PropertyBag;
using mapi::PropTag;
using mapihttp::LargePropertyTagArray;
using mapihttp::RequestType;

class HttpNspi final : public NspiSession {
 public:
  explicit HttpNspi(const ChannelOptions& options)
      : NspiSession(options), channel_(make_channel(std::make_shared<ChannelState>(at_nspi(options)))) {}
  ~HttpNspi() override {
    Arena arena;
    if (bound_) (void)ask<mapihttp::UnbindResponse>(RequestType::unbind, mapihttp::UnbindRequest{}, arena);
  }

  Outcome<void> bind() {
    mapihttp::BindRequest request;
    request.state = first();
    Arena arena;
    ROPEWALK_TRY(auto response, ask<mapihttp::BindResponse>(RequestType::bind, request, arena));
    (void)response;
    bound_ = true;
    return {};
  }

  Outcome<std::vector<PropertyBag>> special_table() override {
    mapihttp::GetSpecialTableRequest request;
    request.flags = kUnicodeStrings;
    request.state = first();
    request.version = 0u;
    Arena arena;
    ROPEWALK_TRY(auto response, ask<mapihttp::GetSpecialTableResponse>(RequestType::get_special_table, request, arena));
    std::vector<PropertyBag> bags;
    if (response.rows)
      for (const auto& row : response.rows.value) bags.push_back(bag_of(plain(row)));
    return bags;
  }

  Outcome<RowsAnswer> query_rows(const nspi::Stat& stat, std::span<const u32> table, u32 count,
                                 Columns columns) override {
    mapihttp::QueryRowsRequest request;
    request.flags = kNoFlags;
    request.state = stat;
    request.explicit_table = wire::List<u32>::view(table);
    request.row_count = count;
    request.columns = LargePropertyTagArray::of(columns);
    Arena arena;
    ROPEWALK_TRY(auto response, ask<mapihttp::QueryRowsResponse>(RequestType::query_rows, request, arena));
    return rows_answer(response.state, response.rows, stat, columns);
  }

  Outcome<RowsAnswer> seek_entries(const nspi::Stat& stat, const mapi::Property& target, Columns columns) override {
    mapihttp::SeekEntriesRequest request;
    request.state = stat;
    request.target = mapihttp::AddressBookTaggedPropertyValue{target};
    request.columns = LargePropertyTagArray::of(columns);
    Arena arena;
    ROPEWALK_TRY(auto response, ask<mapihttp::SeekEntriesResponse>(RequestType::seek_entries, request, arena));
    return rows_answer(response.state, response.rows, stat, columns);
  }

  Outcome<Matches> get_matches(const nspi::Stat& stat, const mapi::Restriction* filter, u32 most,
                               Columns columns) override {
    mapihttp::GetMatchesRequest request;
    request.state = stat;
    if (filter != nullptr) request.filter = mapihttp::AddressBookRestriction{*filter};
    request.row_count = most;
    request.columns = LargePropertyTagArray::of(columns);
    Arena arena;
    ROPEWALK_TRY(auto response, ask<mapihttp::GetMatchesResponse>(RequestType::get_matches, request, arena));
    return matches(response.ids, response.rows, columns);
  }

  Outcome<Matches> resolve_names(const nspi::Stat& stat, std::span<const std::string> names, Columns columns) override {
    std::vector<std::vector<u8>> texts;
    std::vector<wire::String16> wide;
    for (const std::string& name : names) texts.push_back(utf8_to_utf16(name));
    for (const auto& text : texts) wide.push_back({text});
    mapihttp::ResolveNamesRequest request;
    request.state = stat;
    request.tags = LargePropertyTagArray::of(columns);
    request.names = wire::List<wire::String16>::view(wide);
    Arena arena;
    ROPEWALK_TRY(auto response, ask<mapihttp::ResolveNamesResponse>(RequestType::resolve_names, request, arena));
    return matches(response.ids, response.rows, columns);
  }

  Outcome<nspi::Stat> update_stat(const nspi::Stat& stat) override {
    mapihttp::UpdateStatRequest request;
    request.state = stat;
    Arena arena;
    ROPEWALK_TRY(auto response, ask<mapihttp::UpdateStatResponse>(RequestType::update_stat, request, arena));
    return response.state ? response.state.value : stat;
  }

  Outcome<PropertyBag> get_props(const nspi::Stat& stat, Columns columns) override {
    mapihttp::GetPropsRequest request;
    request.flags = kNoFlags;
    request.state = stat;
    request.tags = LargePropertyTagArray::of(columns);
    Arena arena;
    ROPEWALK_TRY(auto response, ask<mapihttp::GetPropsResponse>(RequestType::get_props, request, arena));
    return response.values ? bag_of(plain(response.values.value)) : PropertyBag();
  }

  Outcome<std::vector<PropTag>> get_prop_list(u32 id) override {
    mapihttp::GetPropListRequest request;
    request.flags = kSkipObjects;
    request.id = id;
    request.code_page = first().code_page;
    Arena arena;
    ROPEWALK_TRY(auto response, ask<mapihttp::GetPropListResponse>(RequestType::get_prop_list, request, arena));
    auto tags = response.tags.value.tags.span();
    return std::vector<PropTag>(tags.begin(), tags.end());
  }

  Outcome<std::vector<u32>> dn_to_mid(std::span<const std::string> dns) override {
    std::vector<wire::String8> texts;
    for (const std::string& dn : dns) texts.push_back(wire::String8::of(dn));
    mapihttp::DnToMinIdRequest request;
    request.names = wire::List<wire::String8>::view(texts);
    Arena arena;
    ROPEWALK_TRY(auto response, ask<mapihttp::DnToMinIdResponse>(RequestType::dn_to_min_id, request, arena));
    auto ids = response.ids.value.span();
    return std::vector<u32>(ids.begin(), ids.end());
  }

  Outcome<std::vector<PropTag>> query_columns() override {
    mapihttp::QueryColumnsRequest request;
    request.flags = kUnicodeTypes;
    Arena arena;
    ROPEWALK_TRY(auto response, ask<mapihttp::QueryColumnsResponse>(RequestType::query_columns, request, arena));
    auto tags = response.columns.value.tags.span();
    return std::vector<PropTag>(tags.begin(), tags.end());
  }

  Outcome<std::vector<u32>> resort_restriction(const nspi::Stat& stat, std::span<const u32> ids) override {
    mapihttp::ResortRestrictionRequest request;
    request.state = stat;
    request.ids = wire::List<u32>::view(ids);
    Arena arena;
    ROPEWALK_TRY(auto response,
                 ask<mapihttp::ResortRestrictionResponse>(RequestType::resort_restriction, request, arena));
    auto sorted = response.ids.value.span();
    return std::vector<u32>(sorted.begin(), sorted.end());
  }

  Outcome<i32> compare_mids(const nspi::Stat& stat, u32 id1, u32 id2) override {
    mapihttp::CompareMinIdsRequest request;
    request.state = stat;
    request.id1 = id1;
    request.id2 = id2;
    Arena arena;
    ROPEWALK_TRY(auto response, ask<mapihttp::CompareMinIdsResponse>(RequestType::compare_min_ids, request, arena));
    return response.result;
  }

  Outcome<void> mod_props(const nspi::Stat& stat, Columns removed, std::span<const mapi::Property> values) override {
    std::vector<mapihttp::AddressBookTaggedPropertyValue> list;
    for (const mapi::Property& value : values) list.push_back({value});
    mapihttp::ModPropsRequest request;
    request.state = stat;
    request.removed = LargePropertyTagArray::of(removed);
    request.values =
        mapihttp::AddressBookPropertyValueList{wire::List<mapihttp::AddressBookTaggedPropertyValue>::view(list)};
    Arena arena;
    ROPEWALK_CHECK(ask<mapihttp::ModPropsResponse>(RequestType::mod_props, request, arena));
    return {};
  }

  Outcome<void> mod_link_att(u32 flags, PropTag property, u32 id, std::span<const std::vector<u8>> entry_ids) override {
    Arena arena;
    std::vector<mapihttp::LinkedEntryId> linked;
    for (const std::vector<u8>& bytes : entry_ids) {
      auto read = wire::decode<mapihttp::LinkedEntryId>(bytes, arena);
      if (!read.ok()) return Failure{ErrorCode::invalid_entry_id, "this is no entry identifier of an address book"};
      linked.push_back(*read);
    }
    mapihttp::ModLinkAttRequest request;
    request.flags = flags;
    request.tag = property;
    request.id = id;
    request.entry_ids = wire::List<mapihttp::LinkedEntryId>::view(linked);
    ROPEWALK_CHECK(ask<mapihttp::ModLinkAttResponse>(RequestType::mod_link_att, request, arena));
    return {};
  }

  Outcome<std::vector<u8>> template_info(u32 display_type) override {
    mapihttp::GetTemplateInfoRequest request;
    request.flags = kTemplate;
    request.display_type = display_type;
    request.code_page = code_page();
    request.locale_id = first().template_locale;
    Arena arena;
    ROPEWALK_TRY(auto response, ask<mapihttp::GetTemplateInfoResponse>(RequestType::get_template_info, request, arena));
    return response.row ? template_data_of(plain(response.row.value)) : std::vector<u8>();
  }

  Outcome<Endpoints> endpoints(const std::string& user_dn, const std::string& server_dn) override {
    const std::vector<u8> user = utf8_to_utf16(user_dn), server = utf8_to_utf16(server_dn);
    mapihttp::GetMailboxUrlRequest mailbox;
    mailbox.server_dn = {server};
    mapihttp::GetAddressBookUrlRequest book;
    book.user_dn = {user};
    Endpoints found;
    Arena arena;
    ROPEWALK_TRY(auto told, ask<mapihttp::GetMailboxUrlResponse>(RequestType::get_mailbox_url, mailbox, arena));
    found.mailbox = utf16_to_utf8(told.server_url.bytes);
    ROPEWALK_TRY(auto there, ask<mapihttp::GetAddressBookUrlResponse>(RequestType::get_address_book_url, book, arena));
    found.address_book = utf16_to_utf8(there.server_url.bytes);
    return found;
  }

 private:
  // "/mapi/emsmdb/?MailboxId=..." beside which the address book stands.
  static ChannelOptions at_nspi(ChannelOptions options) {
    constexpr std::string_view kMailbox = "/emsmdb";
    if (auto at = options.target.find(kMailbox); at != std::string::npos)
      options.target.replace(at, kMailbox.size(), "/nspi");
    return options;
  }

  // Lives until the next ask(): views in the response point into what was received.
  template <class Response, class Request>
  Outcome<Response> ask(RequestType type, const Request& request, Arena& arena) {
    wire::OutBuffer out;
    if (!wire::encode(request, out)) return failure(ErrorCode::invalid_param, "cannot express the request");
    auto posted = channel_->post(type, out.view());
    if (!posted.ok()) {
      if (posted.error().session_lost) {
        bound_ = false;
        // Whoever is not let in is not let in again.
        if (posted.error().failure.code != ErrorCode::login_failure) lose(Loss::unknown);
      }
      return std::move(posted).error().failure;
    }
    channel_->observe_response({});
    received_ = *std::move(posted);
    auto response = wire::decode<Response>(received_, arena);
    const std::string method(mapihttp::row_of(type).method);
    if (!response.ok())
      return Failure{ErrorCode::rpc_failed,
                     "the server's answer to " + method + " cannot be read: " + response.error().text()};
    if (response->status_code != 0)
      return Failure{ErrorCode::rpc_failed,
                     "the server failed at " + method + " (StatusCode " + std::to_string(response->status_code) + ")"};
    if (!is_done(response->error_code)) return failure(response->error_code, "the address book refused " + method);
    return *response;
  }

  static std::vector<mapi::Property> plain(const mapihttp::AddressBookPropertyValueList& list) {
    return {list.values.begin(), list.values.end()};
  }
  static std::vector<mapi::Property> plain(const mapihttp::AddressBookPropertyRow& row) {
    std::vector<mapi::Property> cells;
    for (const mapi::PropertyCell& cell : row.cells) {
      if (cell.flag == mapi::CellFlag::value)
        cells.push_back({cell.column.with_type(cell.type), cell.value});
      else
        cells.push_back({cell.column.with_type(mapi::PropType::error_code),
                         cell.flag == mapi::CellFlag::error ? cell.value : mapi::Value::of(ErrorCode::not_found)});
    }
    return cells;
  }
  static bool take_rows(const mapihttp::Optional<mapihttp::ColumnsAndRows>& given, Rows& rows) {
    if (!given) return true;
    for (const auto& row : given.value.rows)
      if (!add_row(plain(row), rows)) return false;
    return true;
  }
  static Failure odd_rows() {
    return {ErrorCode::rpc_failed, "the address book sent rows of other columns than it was asked for"};
  }
  static Rows empty_rows(Columns columns) { return Rows({columns.begin(), columns.end()}); }
  static Outcome<RowsAnswer> rows_answer(const mapihttp::Optional<nspi::Stat>& state,
                                         const mapihttp::Optional<mapihttp::ColumnsAndRows>& given,
                                         const nspi::Stat& before, Columns columns) {
    RowsAnswer answer{empty_rows(columns), state ? state.value : before};
    if (!take_rows(given, answer.rows)) return odd_rows();
    return answer;
  }
  static Outcome<Matches> matches(const mapihttp::Optional<wire::List<u32>>& ids,
                                  const mapihttp::Optional<mapihttp::ColumnsAndRows>& given, Columns columns) {
    Matches found{{ids.value.begin(), ids.value.end()}, empty_rows(columns)};
    if (!take_rows(given, found.rows)) return odd_rows();
    return found;
  }

  std::unique_ptr<Channel> channel_;
  std::vector<u8> received_;
  bool bound_ = false;
};

}  // namespace

Outcome<std::unique_ptr<NspiSession>> open_nspi_over_http(const ChannelOptions& options) {
  auto session = std::make_unique<HttpNspi>(options);
  ROPEWALK_CHECK(session->bind());
  return std::unique_ptr<NspiSession>(std::move(session));
}

}  // namespace ropewalk::client::exchange
