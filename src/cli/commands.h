// Every command of the program; see cli/command.h. Program order is the order of `ropewalk --help`.
#pragma once

namespace CLI {
class App;
}

namespace ropewalk::cli {

class Outcome;

void add_serve_command(CLI::App& root, Outcome& outcome);
void add_decode_command(CLI::App& root, Outcome& outcome);
void add_encode_command(CLI::App& root, Outcome& outcome);
void add_completion_command(CLI::App& root, Outcome& outcome);
void add_man_command(CLI::App& root, Outcome& outcome);

}  // namespace ropewalk::cli
