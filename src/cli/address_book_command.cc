// `ropewalk gal`, `resolve` and `card`: a server's address book.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>

#include "base/hex.h"
#include "cli/address_card.h"
#include "cli/address_change.h"
#include "cli/address_details.h"
#include "cli/client_command.h"
#include "cli/commands.h"
#include "cli/json_text.h"
#include "cli/text_table.h"
#include "directory/folded_text.h"
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
                            PropTag(tag::PidTagDisplayType),    PropTag(tag::PidTagDisplayTypeEx),
                            PropTag(tag::PidTagEmailAddress),   PropTag(tag::PidTagBusinessTelephoneNumber),
                            PropTag(tag::PidTagOfficeLocation), PropTag(tag::PidTagEntryId)};

// What kind of entry a row is of: [MS-OXOABK] 2.2.3.12 PidTagDisplayTypeEx, which tells more, or 2.2.3.11
// PidTagDisplayType.
std::string_view kind_text(std::span<const mapi::Property> row) {
  constexpr std::string_view kKinds[] = {"user",         "group",   "public folder", "dynamic group", "organization",
                                         "private list", "contact", "room",          "equipment",     "group"};
  const u64 type = client::number_of(row, tag::PidTagDisplayType);
  const u64 local = client::number_of(row, tag::PidTagDisplayTypeEx, type) & 0xFF;
  if (type == 0x100) return "container";
  return local < std::size(kKinds) ? kKinds[local] : "other";
}

boost::json::object json_of(std::span<const mapi::Property> row) {
  const mapi::Property* entry_id = client::find_value(row, tag::PidTagEntryId);
  return {{"name", client::text_of(row, tag::PidTagDisplayName)},
          {"address", client::text_of(row, tag::PidTagSmtpAddress)},
          {"kind", kind_text(row)},
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
               std::string(kind_text(row)), client::text_of(row, tag::PidTagBusinessTelephoneNumber),
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

// The members of a group, by name.
client::Outcome<Rows> members_of(client::AddressEntry& group) {
  ROPEWALK_TRY(auto members, group.members());
  ROPEWALK_CHECK(members->set_columns(kColumns));
  const client::SortOrder by_name[] = {{PropTag(tag::PidTagDisplayName), false}};
  ROPEWALK_CHECK(members->sort(by_name));
  return members->read_all();
}

client::Outcome<void> print_entries(AddressBook& book, const Entries& entries, const Form& form) {
  if (form.vcard) {
    for (auto row : entries) {
      const mapi::Property* id = client::find_value(row, tag::PidTagEntryId);
      if (id == nullptr) continue;
      ROPEWALK_TRY(auto entry, book.open_entry(id->value.bytes));
      AddressCard card;
      ROPEWALK_TRY(card.properties, entry->get_all());
      card.is_group = entry->is_list();
      if (card.is_group) {
        ROPEWALK_TRY(card.members, members_of(*entry));
      }
      write_output(vcard_of(card));
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

constexpr const char* kGlobalList = "Global Address List";

struct GalOptions {
  Form form;
  std::string search, list, sort;
  u32 limit = 0;
  bool lists = false, columns = false, check = false;
};

// The lists, each with the names of those above it: "All Rooms", "Offices/North".
client::Outcome<std::vector<std::pair<std::string, PropertyBag>>> lists_of(AddressBook& book) {
  ROPEWALK_TRY(auto lists, book.hierarchy());
  std::vector<std::pair<std::string, PropertyBag>> named;
  std::vector<std::string> above;
  for (PropertyBag& list : lists) {
    above.resize(std::min<std::size_t>(above.size(), client::number_of(list.all(), tag::PidTagDepth)));
    std::string name = client::text_of(list.all(), tag::PidTagDisplayName);
    if (name.empty()) name = kGlobalList;  // which has none on the wire
    above.push_back(above.empty() ? name : above.back() + "/" + name);
    named.emplace_back(above.back(), std::move(list));
  }
  return named;
}

client::Outcome<void> show_lists(AddressBook& book, bool json) {
  ROPEWALK_TRY(auto lists, lists_of(book));
  boost::json::array all;
  std::string text;
  for (const auto& [path, list] : lists) {
    const mapi::Value* id = list.find(PropTag(tag::PidTagEntryId));
    all.push_back({{"path", path},
                   {"name", path.substr(path.rfind('/') + 1)},
                   {"depth", client::number_of(list.all(), tag::PidTagDepth)},
                   {"entry_id", id == nullptr ? std::string() : to_hex(id->bytes)}});
    text += printable(path) + "\n";
  }
  write_output(json ? boost::json::serialize(all) + "\n" : text);
  return {};
}

// By its path, or by its name where one list alone has it; in any case.
client::Outcome<std::vector<u8>> list_named(AddressBook& book, const std::string& name) {
  if (name.empty()) return std::vector<u8>();
  ROPEWALK_TRY(auto lists, lists_of(book));
  const std::string wanted = directory::fold(name);
  std::string known;
  std::vector<const PropertyBag*> found;
  for (const auto& [path, list] : lists) {
    known += (known.empty() ? "" : ", ") + path;
    const bool is_path = directory::fold(path) == wanted;
    if (is_path) found.clear();
    if (is_path || directory::fold(path.substr(path.rfind('/') + 1)) == wanted) found.push_back(&list);
    if (is_path) break;
  }
  const mapi::Value* id = found.size() == 1 ? found[0]->find(PropTag(tag::PidTagEntryId)) : nullptr;
  if (id != nullptr) return std::vector<u8>(id->bytes.begin(), id->bytes.end());
  return client::Failure{mapi::ErrorCode::not_found,
                         fmt::format("there {} \"{}\"; there are: {}",
                                     found.empty() ? "is no address list" : "are several address lists", name, known)};
}

client::Outcome<void> show_columns(client::Table& table, bool json) {
  ROPEWALK_TRY(auto columns, table.query_columns());
  if (json) {
    boost::json::array list;
    for (PropTag column : columns) list.emplace_back(address_property_name(column));
    write_output(boost::json::serialize(list) + "\n");
    return {};
  }
  TextTable text({{"Property", false, 20, false}, {"Tag", false, 10, false}});
  for (PropTag column : columns) text.add({address_property_name(column), fmt::format("0x{:08X}", column.value)});
  write_output(text.to_text(terminal_width()));
  return {};
}

// Whether the server's answers agree: the rows with their number, and with the order in which it says that they stand.
client::Outcome<void> check_list(client::AddressContainer& container, client::Table& table, u32 limit) {
  ROPEWALK_TRY(client::Position where, table.position());
  ROPEWALK_TRY(Rows rows, table.read_all(limit));
  std::vector<std::string> wrong;
  if (limit == 0 && rows.size() != where.count)
    wrong.push_back(fmt::format("there are {} rows, and the server counts {}", rows.size(), where.count));
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const mapi::Property* before = client::find_value(rows[i - 1], tag::PidTagEntryId);
    const mapi::Property* here = client::find_value(rows[i], tag::PidTagEntryId);
    if (before == nullptr || here == nullptr) {
      wrong.push_back(fmt::format("row {} or {} has no entry identifier", i, i + 1));
      continue;
    }
    ROPEWALK_TRY(const i32 order, container.compare(before->value.bytes, here->value.bytes));
    if (order >= 0)
      wrong.push_back(fmt::format("row {}, {}, does not stand behind row {}, {}", i + 1,
                                  client::text_of(rows[i], tag::PidTagDisplayName), i,
                                  client::text_of(rows[i - 1], tag::PidTagDisplayName)));
  }
  for (const std::string& one : wrong) write_output(printable(one) + "\n");
  if (!wrong.empty())
    return client::Failure{mapi::ErrorCode::error, fmt::format("the list is wrong in {} places", wrong.size())};
  write_output(fmt::format("{} rows, in order\n", rows.size()));
  return {};
}

client::Outcome<void> show_gal(AddressBook& book, const GalOptions& options) {
  if (options.lists) return show_lists(book, options.form.json);
  ROPEWALK_TRY(auto id, list_named(book, options.list));
  ROPEWALK_TRY(auto container, book.open_container(id));
  ROPEWALK_TRY(auto table, container->contents());
  if (options.columns) return show_columns(*table, options.form.json);
  ROPEWALK_CHECK(table->set_columns(kColumns));
  if (!options.search.empty()) {
    const client::NameCondition who(options.search);
    ROPEWALK_CHECK(table->restrict(&who.restriction()));
  }
  if (!options.sort.empty()) {
    const client::SortOrder by[] = {
        {PropTag(options.sort == "phonetic" ? tag::PidTagAddressBookPhoneticDisplayName : tag::PidTagDisplayName)}};
    ROPEWALK_CHECK(table->sort(by));
  }
  if (options.check) return check_list(*container, *table, options.limit);
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

struct CardOptions {
  Form form;
  std::string address;
  bool details = false;
  AddressChange change;
};

// Everybody else whom the entry is told of together with.
client::Outcome<std::vector<AddressCard::Links>> links_of(client::AddressEntry& entry) {
  const struct {
    PropTag property;
    const char *heading, *name;
  } kinds[] = {{PropTag(tag::PidTagAddressBookReports), "Reports", "reports"},
               {PropTag(tag::PidTagAddressBookPublicDelegates), "Delegates", "delegates"},
               {PropTag(tag::PidTagAddressBookIsMemberOfDistributionList), "Member of", "member_of"},
               {PropTag(tag::PidTagAddressBookOwner), "Owner", "owner"},
               {PropTag(tag::PidTagAddressBookOwnerBackLink), "Owner of", "owner_of"}};
  std::vector<AddressCard::Links> all;
  for (const auto& kind : kinds) {
    ROPEWALK_TRY(auto table, entry.linked(kind.property));
    ROPEWALK_CHECK(table->set_columns(kColumns));
    ROPEWALK_TRY(Rows rows, table->read_all());
    all.push_back({kind.heading, kind.name, std::move(rows)});
  }
  return all;
}

client::Outcome<void> show_card(client::AddressEntry& entry, const Form& form) {
  AddressCard card;
  ROPEWALK_TRY(card.properties, entry.get_all());
  ROPEWALK_TRY(card.managers, managers_of(entry));
  if (!form.vcard) {  // which has no place for them
    ROPEWALK_TRY(card.links, links_of(entry));
  }
  card.is_group = entry.is_list();
  if (card.is_group) {
    ROPEWALK_TRY(card.members, members_of(entry));
  }
  write_output(form.vcard ? vcard_of(card) : form.json ? json_of_card(card) : text_of_card(card));
  return {};
}

client::Outcome<void> show_details(client::AddressEntry& entry, const Form& form) {
  ROPEWALK_TRY(auto fields, details_of(entry));
  if (fields.empty())
    return client::Failure{mapi::ErrorCode::not_found, "the server has no details template for such an entry"};
  write_output(form.json ? json_of_details(fields) : text_of_details(fields));
  return {};
}

client::Outcome<void> show_or_change(AddressBook& book, const CardOptions& options, const PropertyChange& properties) {
  ROPEWALK_TRY(auto entry, entry_named(book, options.address));
  if (!options.change.empty()) return change_entry(book, *entry, options.change, properties);
  return options.details ? show_details(*entry, options.form) : show_card(*entry, options.form);
}

}  // namespace

void add_gal_command(CLI::App& root, Outcome& outcome) {
  CLI::App* command = root.add_subcommand("gal", "List the people and groups of the address book");
  auto where = add_client_options(*command);
  auto options = std::make_shared<GalOptions>();
  command->add_option("SEARCH", options->search, "Only those whose names begin so");
  command
      ->add_option("--list", options->list,
                   "Of this address list, not the Global Address List: its name, or its path as --lists shows it")
      ->type_name("NAME");
  command->add_option("--sort", options->sort, "By name (the default) or phonetic name")
      ->check(CLI::IsMember({"name", "phonetic"}))
      ->type_name("TEXT");
  command->add_option("--limit", options->limit, "At most so many; 0: all")->capture_default_str();
  add_form_options(*command, options->form);
  auto* lists = command->add_flag("--lists", options->lists, "The address lists, instead of what is in one");
  auto* columns = command->add_flag("--columns", options->columns, "The properties that entries may have, instead");
  command->add_flag("--check", options->check, "Ask the server whether the list is whole and in order, instead")
      ->excludes(lists)
      ->excludes(columns);
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
  CLI::App* command =
      root.add_subcommand("card",
                          "Show everything that the address book says of somebody, the members of a group, and "
                          "who is whose manager; or change it");
  auto where = add_client_options(*command);
  auto options = std::make_shared<CardOptions>();
  command->add_option("ADDRESS", options->address, "An address, or a name that means one entry")->required();
  add_form_options(*command, options->form);
  command->add_flag("--template", options->details, "As the server's details template shows it, in its words");
  auto change = [&](const char* name, std::vector<std::string>& list, const char* type, const char* help) {
    command->add_option(name, list, help)->type_name(type)->allow_extra_args(false)->group("Changes");
  };
  change("--set", options->change.assignments, "ATTRIBUTE=VALUE",
         "Change a property: userCertificate=@FILE; without a value: none any more (again for each)");
  change("--add-member", options->change.new_members, "WHO", "Add to the members of a group (again for each)");
  change("--remove-member", options->change.former_members, "WHO", "Take out of the members of a group");
  change("--add-delegate", options->change.new_delegates, "WHO", "Add to those who may act for this person");
  change("--remove-delegate", options->change.former_delegates, "WHO", "Take out of them");
  command->callback([where, options, &outcome] {
    auto properties = read_property_change(options->change);
    if (!properties.ok()) return outcome.misuse(properties.error().text);
    with_address_book(*where, outcome, [&](AddressBook& book) { return show_or_change(book, *options, *properties); });
  });
}

}  // namespace ropewalk::cli
