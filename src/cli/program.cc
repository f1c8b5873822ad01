#include "cli/program.h"

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/commands.h"

namespace ropewalk::cli {
namespace {

// CLI11 says some things on several lines; people and scripts get one.
std::string one_line(std::string text) {
  std::string out;
  for (char c : text) {
    if (c != '\n') {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

// "ropewalk room add": the command that was on its way when the arguments went wrong, whose help says what it takes.
std::string called(const CLI::App& root) {
  std::string name = "ropewalk";
  for (const CLI::App* app = &root; app != nullptr;) {
    const auto chosen = app->get_subcommands();
    app = chosen.empty() ? nullptr : chosen.front();
    if (app != nullptr) name += " " + app->get_name();
  }
  return name;
}

}  // namespace

void add_all_commands(CLI::App& root, Outcome& outcome) {
  root.name("ropewalk");
  root.description("Microsoft's MAPI as one open stack: server, client and dissector");
  root.set_version_flag("--version", "ropewalk " ROPEWALK_VERSION, "Print the version and end");
  root.set_help_flag("-h,--help", "Print this help and end");
  root.require_subcommand(0, 1);  // none at all is complained about by run_program()
  add_serve_command(root, outcome);
  add_user_command(root, outcome);
  add_contact_command(root, outcome);
  add_group_command(root, outcome);
  add_room_command(root, outcome);
  add_public_folder_command(root, outcome);
  add_list_command(root, outcome);
  add_directory_command(root, outcome);
  add_admin_command(root, outcome);
  add_import_command(root, outcome);
  add_export_command(root, outcome);
  add_decode_command(root, outcome);
  add_encode_command(root, outcome);
  add_dissect_command(root, outcome);
  add_capture_command(root, outcome);
  add_inspect_command(root, outcome);
  add_autodiscover_command(root, outcome);
  add_connect_command(root, outcome);
  add_rpc_command(root, outcome);
  add_folders_command(root, outcome);
  add_messages_command(root, outcome);
  add_show_command(root, outcome);
  add_attachments_command(root, outcome);
  add_put_command(root, outcome);
  add_gal_command(root, outcome);
  add_resolve_command(root, outcome);
  add_card_command(root, outcome);
  add_watch_command(root, outcome);
  add_profile_command(root, outcome);
  add_demo_command(root, outcome);
  add_bench_command(root, outcome);
  add_coverage_command(root, outcome);
  add_completion_command(root, outcome);
  add_man_command(root, outcome);
}

int run_program(int argc, const char* const* argv) {
  Outcome outcome;
  CLI::App root;
  add_all_commands(root, outcome);
  try {
    root.parse(argc, argv);
    if (root.get_subcommands().empty()) outcome.misuse("a command is needed (see `ropewalk --help`)");
  } catch (const CLI::Success& asked) {  // --help, --version
    return root.exit(asked);
  } catch (const CLI::ParseError& error) {
    outcome.misuse(one_line(error.what()) + " (see `" + called(root) + " --help`)");
  } catch (const std::bad_alloc&) {
    outcome.fail("out of memory");
  }
  if (outcome.code() == 0 && output_failed()) outcome.fail("cannot write to standard output");
  return outcome.code();
}

}  // namespace ropewalk::cli
