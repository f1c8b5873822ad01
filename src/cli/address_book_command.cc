// `ropewalk gal`, `resolve` and `card`: a server's address book.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>

#include "base/hex.h"
#include "base/utf16.h"
#include "cli/address_card.h"
#include "cli/client_command.h"
#include "cli/commands.h"
#include "cli/json_text.h"
#include "cli/text_table.h"
#include "mapi/value_fields.h"

namespace ropewalk::cli {
namespace {

using client::AddressBook;
using client::PropTag;
using client::Rows;
using mapi::PropertyBag;
namespace tag = mapi::tag;

// Entries one below the other, as a table or as JSON.
const PropTag kColumns[] = {PropTag(tag::PidTagDisplayName),    PropTag(tag::PidTagSmtpAddress),
                            PropTag(tag::PidTagDisplayType),    PropTag(tag::PidTagBusinessTelephoneNumber),
                            PropTag(tag::PidTagOfficeLocation), PropTag(tag::PidTagEntryId)};

// [MS-OXOABK] 2.2.3.11 PidTagDisplayType
std::string_view kind_text(u64 type) {
  constexpr std::string_view kKinds[] = {"user", "group", "forum", "agent", "organization", "private list", "contact"};
  if (type == 0x100) return "container";
  if (type == 0x7 || type == 0x8) return type == 0x7 ? "room" : "equipment";
  return type < std::size(kKinds) ? kKinds[type] : "other";
}

boost::json::object json_of(std::span<const mapi::Property> row) {
  const mapi::Property* entry_id = client::find_value(row, tag::PidTagEntryId);
  return {{"name", client::text_of(row, tag::PidTagDisplayName)},
          {"address", client::text_of(row, tag::PidTagSmtpAddress)},
          {"kind", kind_text(client::number_of(row, tag::PidTagDisplayType))},
          {"dn", client::text_of(row, tag::PidTagEmailAddress)},
          {"phone", client::text_of(row, tag::PidTagBusinessTelephoneNumber)},
          {"office", client::text_of(row, tag::PidTagOfficeLocation)},
          {"entry_id", entry_id == nullptr ? std::string() : to_hex(entry_id->value.bytes)}};
}

using Entries = std::vector<std::span<const mapi::Property>>;

std::string text_of_entries(const Entries& entries) {
  TextTable table({{"Name", false, 12},
                   {"Address", false, 12},
                   {"Kind", false, 5, false},
                   {"Phone", false, 6},
                   {"Office", false, 6}});
  for (auto row : entries)
    table.add({client::text_of(row, tag::PidTagDisplayName), client::text_of(row, tag::PidTagSmtpAddress),
               std::string(kind_text(client::number_of(row, tag::PidTagDisplayType))),
               client::text_of(row, tag::PidTagBusinessTelephoneNumber),
               client::text_of(row, tag::PidTagOfficeLocation)});
  return table.to_text(terminal_width());
}

struct Form {
  bool json = false, vcard = false;
};

void add_form_options(CLI::App& command, Form& form) {
  auto* json = command.add_flag("--json", form.json, "Print JSON");
  command.add_flag("--vcard", form.vcard, "Print vCards")->excludes(json);
}

client::Outcome<void> print_entries(AddressBook& book, const Entries& entries, const Form& form) {
  if (form.vcard) {
    for (auto row : entries) {
      const mapi::Property* id = client::find_value(row, tag::PidTagEntryId);
      if (id == nullptr) continue;
      ROPEWALK_TRY(auto entry, book.open_entry(id->value.bytes));
      ROPEWALK_TRY(PropertyBag all, entry->get_all());
      write_output(vcard_of(all));
    }
    return {};
  }
  if (!form.json) {
    write_output(text_of_entries(entries));
    return {};
  }
  boost::json::array list;
  for (auto row : entries) list.push_back(json_of(row));
  write_output(boost::json::serialize(list) + "\n");
  return {};
}

// ---- gal ----

struct GalOptions {
  Form form;
  std::string search, list;
  u32 limit = 0;
};

// To whom a typed name may mean: an ambiguous name, [MS-OXOABK] 2.2.3 PidTagAnr.
struct NameRestriction {
  explicit NameRestriction(const std::string& name) : text(utf8_to_utf16(name)) {
    value.tag = PropTag(tag::PidTagAnr);
    value.value = mapi::Value::of(ByteView(text));
    restriction.type = mapi::RestrictType::property;
    restriction.relop = mapi::RelOp::eq;
    restriction.tag = value.tag;
    restriction.values = std::span<mapi::TaggedPropertyValue>(&value, 1);
  }
  std::vector<u8> text;
  mapi::TaggedPropertyValue value;
  mapi::Restriction restriction;
};

client::Outcome<std::vector<u8>> list_named(AddressBook& book, const std::string& name) {
  if (name.empty()) return std::vector<u8>();
  ROPEWALK_TRY(auto lists, book.hierarchy());
  std::string known;
  for (const PropertyBag& list : lists) {
    const std::string called = client::text_of(list.all(), tag::PidTagDisplayName);
    if (const mapi::Value* id = list.find(PropTag(tag::PidTagEntryId)); id != nullptr && called == name)
      return std::vector<u8>(id->bytes.begin(), id->bytes.end());
    if (!called.empty()) known += (known.empty() ? "" : ", ") + called;
  }
  return client::Failure{mapi::ErrorCode::not_found,
                         fmt::format("there is no address list \"{}\"; there are: {}", name, known)};
}

client::Outcome<void> show_gal(AddressBook& book, const GalOptions& options) {
  ROPEWALK_TRY(auto id, list_named(book, options.list));
  ROPEWALK_TRY(auto container, book.open_container(id));
  ROPEWALK_TRY(auto table, container->contents());
  ROPEWALK_CHECK(table->set_columns(kColumns));
  if (!options.search.empty()) {
    NameRestriction who(options.search);
    ROPEWALK_CHECK(table->restrict(&who.restriction));
  }
  ROPEWALK_TRY(Rows rows, table->read_all(options.limit));
  Entries entries;
  for (std::size_t i = 0; i < rows.size(); ++i) entries.push_back(rows[i]);
  return print_entries(book, entries, options.form);
}

// ---- resolve ----

client::Outcome<void> show_resolved(AddressBook& book, const std::string& name, const Form& form) {
  ROPEWALK_TRY(auto found, book.resolve(name));
  if (found.empty())
    return client::Failure{mapi::ErrorCode::not_found, fmt::format("nobody in the address book is \"{}\"", name)};
  Entries entries;
  for (const PropertyBag& bag : found) entries.push_back(bag.all());
  return print_entries(book, entries, form);
}

// ---- card ----

constexpr std::size_t kMostManagers = 20;  // a chain may be a ring

client::Outcome<std::vector<PropertyBag>> managers_of(client::AddressEntry& entry) {
  std::vector<PropertyBag> chain;
  std::vector<std::vector<u8>> seen{{entry.entry_id().begin(), entry.entry_id().end()}};
  ROPEWALK_TRY(auto manager, entry.manager());
  while (manager != nullptr && chain.size() < kMostManagers) {
    std::vector<u8> id(manager->entry_id().begin(), manager->entry_id().end());
    if (std::ranges::find(seen, id) != seen.end()) break;
    seen.push_back(std::move(id));
    ROPEWALK_TRY(PropertyBag bag, manager->get(kColumns));
    chain.push_back(std::move(bag));
    ROPEWALK_TRY(manager, manager->manager());
  }
  return chain;
}

client::Outcome<void> show_card(AddressBook& book, const std::string& name, const Form& form) {
  ROPEWALK_TRY(auto found, book.resolve(name));
  if (found.size() != 1) {
    std::string whom;
    for (const PropertyBag& bag : found)
      whom += (whom.empty() ? ": " : ", ") + client::text_of(bag.all(), tag::PidTagSmtpAddress);
    return client::Failure{mapi::ErrorCode::not_found,
                           found.empty() ? fmt::format("nobody in the address book is \"{}\"", name)
                                         : fmt::format("\"{}\" may mean {} entries{}", name, found.size(), whom)};
  }
  const mapi::Value* id = found[0].find(PropTag(tag::PidTagEntryId));
  if (id == nullptr) return client::Failure{mapi::ErrorCode::not_found, "the entry has no identifier"};
  ROPEWALK_TRY(auto entry, book.open_entry(id->bytes));
  AddressCard card;
  ROPEWALK_TRY(card.properties, entry->get_all());
  ROPEWALK_TRY(card.managers, managers_of(*entry));
  if (entry->is_list()) {
    ROPEWALK_TRY(auto members, entry->members());
    ROPEWALK_CHECK(members->set_columns(kColumns));
    ROPEWALK_TRY(card.members, members->read_all());
  }
  write_output(form.vcard ? vcard_of(card.properties) : form.json ? json_of_card(card) : text_of_card(card));
  return {};
}

}  // namespace

void add_gal_command(CLI::App& root, Outcome& outcome) {
  CLI::App* command = root.add_subcommand("gal", "List the people and groups of the address book");
  auto where = add_client_options(*command);
  auto options = std::make_shared<GalOptions>();
  command->add_option("SEARCH", options->search, "Only those whose names begin so");
  command->add_option("--list", options->list, "Of this address list, not the Global Address List")->type_name("NAME");
  command->add_option("--limit", options->limit, "At most so many; 0: all")->capture_default_str();
  add_form_options(*command, options->form);
  command->callback([where, options, &outcome] {
    with_address_book(*where, outcome, [&](AddressBook& book) { return show_gal(book, *options); });
  });
}

void add_resolve_command(CLI::App& root, Outcome& outcome) {
  struct Options {
    Form form;
    std::string name;
  };
  CLI::App* command = root.add_subcommand("resolve", "Show whom a name or address means in the address book");
  auto where = add_client_options(*command);
  auto options = std::make_shared<Options>();
  command->add_option("NAME", options->name, "What one would type into To:")->required();
  add_form_options(*command, options->form);
  command->callback([where, options, &outcome] {
    with_address_book(*where, outcome,
                      [&](AddressBook& book) { return show_resolved(book, options->name, options->form); });
  });
}

void add_card_command(CLI::App& root, Outcome& outcome) {
  struct Options {
    Form form;
    std::string address;
  };
  CLI::App* command =
      root.add_subcommand("card",
                          "Show everything that the address book says of somebody, the members of a group, and "
                          "who is whose manager");
  auto where = add_client_options(*command);
  auto options = std::make_shared<Options>();
  command->add_option("ADDRESS", options->address, "An address, or a name that means one entry")->required();
  add_form_options(*command, options->form);
  command->callback([where, options, &outcome] {
    with_address_book(*where, outcome,
                      [&](AddressBook& book) { return show_card(book, options->address, options->form); });
  });
}

}  // namespace ropewalk::cli
