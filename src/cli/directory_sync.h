// `ropewalk directory sync`.
#pragma once

namespace CLI {
class App;
}

namespace ropewalk::cli {

class Outcome;
void add_directory_sync(CLI::App* directory, Outcome& outcome);

}  // namespace ropewalk::cli
