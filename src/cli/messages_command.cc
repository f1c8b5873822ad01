// `ropewalk messages`: the messages of a folder as a table.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "cli/client_command.h"
#include "cli/commands.h"
#include "cli/text_table.h"
#include "mapi/ascii_case.h"
#include "mapi/value_fields.h"

namespace ropewalk::cli {
namespace {

using client::PropTag;
using client::Rows;
using mapi::Restriction;
using mapi::RestrictType;
namespace tag = mapi::tag;

constexpr u32 kFlagRead = 0x01;     // [MS-OXCMSG] 2.2.1.6 mfRead
constexpr u64 kImportanceHigh = 2;  // [MS-OXCMSG] 2.2.1.11
const PropTag kColumns[] = {PropTag(tag::PidTagMid),
                            PropTag(tag::PidTagMessageDeliveryTime),
                            PropTag(tag::PidTagSenderName),
                            PropTag(tag::PidTagSubject),
                            PropTag(tag::PidTagMessageSize),
                            PropTag(tag::PidTagMessageFlags),
                            PropTag(tag::PidTagHasAttachments),
                            PropTag(tag::PidTagImportance),
                            PropTag(tag::PidTagMessageClass),
                            PropTag(tag::PidTagSentRepresentingName)};

struct Options {
  std::string folder = "inbox", sort = "received:desc", from, subject;
  std::size_t limit = 50;
  bool unread = false, hidden = false, json = false;
};

struct SortField {
  std::string_view name;
  u32 tag;
};
constexpr SortField kSortFields[] = {{"received", tag::PidTagMessageDeliveryTime},
                                     {"from", tag::PidTagSenderName},
                                     {"subject", tag::PidTagSubject},
                                     {"size", tag::PidTagMessageSize},
                                     {"importance", tag::PidTagImportance},
                                     {"class", tag::PidTagMessageClass}};

Result<std::vector<client::SortOrder>> parse_sort(const std::string& text) {
  std::vector<client::SortOrder> orders;
  for (const std::string& part : CLI::detail::split(text, ',')) {
    auto colon = part.find(':');
    std::string name = part.substr(0, colon);
    std::string way = colon == std::string::npos ? "asc" : part.substr(colon + 1);
    if (way != "asc" && way != "desc") return Error{"--sort " + part + ": the order is asc or desc"};
    PropTag column;
    for (const SortField& field : kSortFields)
      if (mapi::equal_ignoring_ascii_case(field.name, name)) column = PropTag(field.tag);
    if (const auto* property = mapi::find_property(name); column.value == 0 && property != nullptr)
      column = PropTag(property->tag());
    if (column.value == 0)
      return Error{"--sort " + part + ": not a property's name, nor received, from, subject, size, importance, class"};
    orders.push_back({column, way == "desc"});
  }
  return orders;
}

// What the options ask for, as one restriction; null for everything.
class Filter {
 public:
  explicit Filter(const Options& options) {
    if (options.unread) {
      Restriction bit;
      bit.type = RestrictType::bit_mask;
      bit.bit_mask_relop = mapi::BitMaskRelOp::eqz;
      bit.tag = PropTag(tag::PidTagMessageFlags);
      bit.number = kFlagRead;
      parts_.push_back(bit);
    }
    if (!options.from.empty()) contains(tag::PidTagSenderName, options.from);
    if (!options.subject.empty()) contains(tag::PidTagSubject, options.subject);
    all_.type = RestrictType::and_;
    all_.children = wire::List<Restriction>(std::span(parts_));
  }
  const Restriction* get() const { return parts_.empty() ? nullptr : parts_.size() == 1 ? &parts_[0] : &all_; }

 private:
  void contains(u32 property, const std::string& text) {
    Restriction content;
    content.type = RestrictType::content;
    content.fuzzy_level_low = mapi::kFuzzySubstring;
    content.fuzzy_level_high = mapi::kFuzzyIgnoreCase;
    content.tag = PropTag(property);
    auto value = arena_.make<mapi::TaggedPropertyValue>(1);
    value[0].tag = content.tag;
    value[0].value = mapi::Value::of(mapi::utf16_in(arena_, text));
    content.values = wire::List<mapi::TaggedPropertyValue>(value);
    parts_.push_back(content);
  }
  Arena arena_;
  std::vector<Restriction> parts_;
  Restriction all_;
};

std::string sender_of(std::span<const mapi::Property> row) {
  std::string from = client::text_of(row, kColumns[9]);
  return from.empty() ? client::text_of(row, kColumns[2]) : from;
}

std::string json_of(const Rows& rows, client::FolderId folder) {
  boost::json::array list;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto row = rows[i];
    u64 received = client::number_of(row, kColumns[1]);
    boost::json::value time = nullptr;
    if (received != 0) time = FileTime{received}.to_string();
    list.push_back({{"id", short_id(client::number_of(row, kColumns[0]))},
                    {"folder", folder.to_string()},
                    {"subject", client::text_of(row, kColumns[3])},
                    {"from", sender_of(row)},
                    {"received", time},
                    {"size", client::number_of(row, kColumns[4])},
                    {"read", (client::number_of(row, kColumns[5]) & kFlagRead) != 0},
                    {"attachments", client::number_of(row, kColumns[6]) != 0},
                    {"importance", client::number_of(row, kColumns[7], 1)},
                    {"class", client::text_of(row, kColumns[8])}});
  }
  return boost::json::serialize(list) + "\n";
}

std::string text_of_rows(const Rows& rows) {
  TextTable table({{"#", true, 1, false},
                   {"", false, 3, false},
                   {"Received", false, 10},
                   {"From", false, 8},
                   {"Subject", false, 10},
                   {"Size", true, 4, false},
                   {"Id", false, 4, false}});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto row = rows[i];
    std::string marks;
    marks += (client::number_of(row, kColumns[5]) & kFlagRead) != 0 ? ' ' : '*';
    marks += client::number_of(row, kColumns[6]) != 0 ? '@' : ' ';
    marks += client::number_of(row, kColumns[7], 1) == kImportanceHigh ? '!' : ' ';
    table.add({std::to_string(i + 1), marks, time_text({client::number_of(row, kColumns[1])}), sender_of(row),
               client::text_of(row, kColumns[3]), size_text(client::number_of(row, kColumns[4])),
               short_id(client::number_of(row, kColumns[0]))});
  }
  return table.to_text(terminal_width());
}

client::Outcome<void> list_messages(client::MessageStore& store, const Options& options,
                                    std::span<const client::SortOrder> orders) {
  ROPEWALK_TRY(client::FolderId id, store.find_folder(options.folder));
  ROPEWALK_TRY(auto folder, store.open_folder(id));
  ROPEWALK_TRY(auto table, folder->messages(options.hidden));
  ROPEWALK_CHECK(table->set_columns(kColumns));
  ROPEWALK_CHECK(table->sort(orders));
  Filter filter(options);
  if (filter.get() != nullptr) ROPEWALK_CHECK(table->restrict(filter.get()));
  ROPEWALK_TRY(Rows rows, table->read_all(options.limit));
  write_output(options.json ? json_of(rows, id) : text_of_rows(rows));
  if (!options.json && options.limit != 0 && rows.size() == options.limit) {
    ROPEWALK_TRY(client::Position position, table->position());
    if (position.count > rows.size() && is_output_terminal())
      write_output(fmt::format("… {} more (--limit 0 lists all)\n", position.count - rows.size()));
  }
  return {};
}

}  // namespace

void add_messages_command(CLI::App& root, Outcome& outcome) {
  CLI::App* command = root.add_subcommand("messages", "List the messages of a folder");
  command->footer("Marks: * unread, @ has attachments, ! of high importance.");
  auto where = add_client_options(*command);
  auto options = std::make_shared<Options>();
  command->add_option("FOLDER", options->folder, "A path like Inbox/Lists, or inbox, sent, deleted, outbox, root")
      ->capture_default_str();
  command->add_option("--sort", options->sort, "FIELD[:desc],...; received, from, subject, size, or a property's name")
      ->capture_default_str();
  command->add_option("--limit", options->limit, "How many at most; 0 for all")->capture_default_str();
  command->add_flag("--unread", options->unread, "Only unread ones");
  command->add_option("--from", options->from, "Only those whose sender's name contains this");
  command->add_option("--subject", options->subject, "Only those whose subject contains this");
  command->add_flag("--hidden", options->hidden, "The folder's associated (hidden) messages instead");
  command->add_flag("--json", options->json, "A JSON array");
  command->callback([where, options, &outcome] {
    auto orders = parse_sort(options->sort);
    if (!orders.ok()) return outcome.misuse(orders.error().text);
    with_store(*where, outcome, [&](client::MessageStore& store) { return list_messages(store, *options, *orders); });
  });
}

}  // namespace ropewalk::cli
