// `ropewalk folders`: the folders of a mailbox.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "cli/client_command.h"
#include "cli/commands.h"
#include "cli/text_table.h"

namespace ropewalk::cli {
namespace {

using client::PropTag;
using client::Rows;
namespace tag = mapi::tag;

const PropTag kColumns[] = {PropTag(tag::PidTagFolderId),      PropTag(tag::PidTagParentFolderId),
                            PropTag(tag::PidTagDisplayName),   PropTag(tag::PidTagDepth),
                            PropTag(tag::PidTagContentCount),  PropTag(tag::PidTagContentUnreadCount),
                            PropTag(tag::PidTagContainerClass)};

struct Row {
  client::FolderId id, parent;
  std::string name, path, container_class;
  u32 depth = 0;
  u64 messages = 0, unread = 0;
};

std::vector<Row> rows_of(const Rows& rows) {
  std::vector<Row> made;
  std::vector<std::string> above;  // the names on the way down to here
  u32 least = 0;                   // depths count from the folder asked: from 0 or from 1, as servers please
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto row = rows[i];
    Row one{{client::number_of(row, kColumns[0])}, {client::number_of(row, kColumns[1])},
            client::text_of(row, kColumns[2]),     {},
            client::text_of(row, kColumns[6]),     static_cast<u32>(client::number_of(row, kColumns[3])),
            client::number_of(row, kColumns[4]),   client::number_of(row, kColumns[5])};
    if (i == 0) least = one.depth;
    one.depth -= std::min(one.depth, least);
    above.resize(std::min<std::size_t>(one.depth, above.size()));
    for (const std::string& name : above) one.path += name + "/";
    one.path += one.name;
    above.push_back(one.name);
    made.push_back(std::move(one));
  }
  return made;
}

std::string json_of(const std::vector<Row>& rows) {
  boost::json::array list;
  for (const Row& row : rows)
    list.push_back({{"id", row.id.to_string()},
                    {"parent", row.parent.to_string()},
                    {"name", row.name},
                    {"path", row.path},
                    {"depth", row.depth},
                    {"messages", row.messages},
                    {"unread", row.unread},
                    {"class", row.container_class}});
  return boost::json::serialize(list) + "\n";
}

std::string text_of_rows(const std::vector<Row>& rows) {
  TextTable table({{"Folder", false, 12},
                   {"Messages", true, 8, false},
                   {"Unread", true, 6, false},
                   {"Class", false, 4},
                   {"Id", false, 17, false}});
  for (const Row& row : rows)
    table.add({std::string(2 * row.depth, ' ') + row.name, std::to_string(row.messages), std::to_string(row.unread),
               row.container_class, row.id.to_string()});
  return table.to_text(terminal_width());
}

}  // namespace

void add_folders_command(CLI::App& root, Outcome& outcome) {
  struct Options {
    bool json = false, all = false;
  };
  CLI::App* command = root.add_subcommand("folders", "List the folders of a mailbox");
  auto where = add_client_options(*command);
  auto options = std::make_shared<Options>();
  command->add_flag("--all", options->all, "From the root of the mailbox, with the folders that mail programs hide");
  command->add_flag("--json", options->json, "A JSON array");
  command->callback([where, options, &outcome] {
    with_store(*where, outcome, [&](client::MessageStore& store) -> client::Outcome<void> {
      auto from = options->all ? client::SpecialFolder::root : client::SpecialFolder::top;
      ROPEWALK_TRY(client::FolderId id, store.special(from));
      ROPEWALK_TRY(auto folder, store.open_folder(id));
      ROPEWALK_TRY(auto table, folder->folders(true));
      ROPEWALK_CHECK(table->set_columns(kColumns));
      ROPEWALK_TRY(Rows rows, table->read_all());
      std::vector<Row> list = rows_of(rows);
      write_output(options->json ? json_of(list) : text_of_rows(list));
      return {};
    });
  });
}

}  // namespace ropewalk::cli
