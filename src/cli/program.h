// The program as a whole: its commands, put together.
#pragma once

namespace CLI {
class App;
}

namespace ropewalk::cli {

class Outcome;

// Adds every command to the empty `root`. The callbacks of the commands report to `outcome`, which outlives them.
void add_all_commands(CLI::App& root, Outcome& outcome);

// Runs the command line and returns the process's exit code: 0 done, 1 the operation failed, 2 wrong usage.
int run_program(int argc, const char* const* argv);

}  // namespace ropewalk::cli
