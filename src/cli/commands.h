// Every command of the program; see cli/command.h. Program order is the order of `ropewalk --help`.
#pragma once

namespace CLI {
class App;
}

namespace ropewalk::cli {

class Outcome;

void add_serve_command(CLI::App& root, Outcome& outcome);
void add_user_command(CLI::App& root, Outcome& outcome);
void add_contact_command(CLI::App& root, Outcome& outcome);
void add_group_command(CLI::App& root, Outcome& outcome);
void add_room_command(CLI::App& root, Outcome& outcome);
void add_public_folder_command(CLI::App& root, Outcome& outcome);
void add_list_command(CLI::App& root, Outcome& outcome);
void add_directory_command(CLI::App& root, Outcome& outcome);
void add_admin_command(CLI::App& root, Outcome& outcome);
void add_import_command(CLI::App& root, Outcome& outcome);
void add_export_command(CLI::App& root, Outcome& outcome);
void add_decode_command(CLI::App& root, Outcome& outcome);
void add_encode_command(CLI::App& root, Outcome& outcome);
void add_dissect_command(CLI::App& root, Outcome& outcome);
void add_capture_command(CLI::App& root, Outcome& outcome);
void add_inspect_command(CLI::App& root, Outcome& outcome);
void add_autodiscover_command(CLI::App& root, Outcome& outcome);
void add_connect_command(CLI::App& root, Outcome& outcome);
void add_rpc_command(CLI::App& root, Outcome& outcome);
void add_folders_command(CLI::App& root, Outcome& outcome);
void add_messages_command(CLI::App& root, Outcome& outcome);
void add_show_command(CLI::App& root, Outcome& outcome);
void add_attachments_command(CLI::App& root, Outcome& outcome);
void add_put_command(CLI::App& root, Outcome& outcome);
void add_gal_command(CLI::App& root, Outcome& outcome);
void add_resolve_command(CLI::App& root, Outcome& outcome);
void add_card_command(CLI::App& root, Outcome& outcome);
void add_watch_command(CLI::App& root, Outcome& outcome);
void add_profile_command(CLI::App& root, Outcome& outcome);
void add_demo_command(CLI::App& root, Outcome& outcome);
void add_bench_command(CLI::App& root, Outcome& outcome);
void add_coverage_command(CLI::App& root, Outcome& outcome);
void add_completion_command(CLI::App& root, Outcome& outcome);
void add_man_command(CLI::App& root, Outcome& outcome);

}  // namespace ropewalk::cli
