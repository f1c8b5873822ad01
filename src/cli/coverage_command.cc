// `ropewalk coverage`: what of the protocols is described, dissected, served, called and tested.
#include <CLI/CLI.hpp>
#include <cstdlib>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/coverage.h"
#include "cli/json_text.h"
#include "cli/rpc_coverage.h"

namespace ropewalk::cli {
namespace {

struct CoverageOptions {
  bool markdown = false;
  bool requirements = false;
  bool json = false;
  std::string shared;
};

// Where the specification's tables are: as told, by the environment, or beside the working directory.
std::filesystem::path requirements_folder(const CoverageOptions& options) {
  const char* set = std::getenv("ROPEWALK_SHARED");
  std::filesystem::path shared = set != nullptr ? set : "../shared";
  if (!options.shared.empty()) shared = options.shared;
  return shared / "spec" / "requirements";
}

Result<std::string> requirements_report(const CoverageOptions& options) {
  ROPEWALK_TRY(auto rows, requirement_coverage(requirements_folder(options)));
  return options.json ? pretty_json(requirements_json(rows)) + "\n" : requirements_text(rows);
}

std::string protocol_report(const CoverageOptions& options) {
  auto rops = rop_coverage();
  auto rpc = rpc_coverage();
  if (options.json)
    return pretty_json(boost::json::object{{"rops", coverage_json(rops)}, {"rpc", rpc_coverage_json(rpc)}}) + "\n";
  return options.markdown ? coverage_markdown(rops) + "\n" + rpc_coverage_markdown(rpc)
                          : coverage_text(rops) + "\n" + rpc_coverage_text(rpc);
}

}  // namespace

void add_coverage_command(CLI::App& root, Outcome& outcome) {
  CLI::App* command = root.add_subcommand("coverage", "Show what of the protocols is described, served and tested");
  auto options = std::make_shared<CoverageOptions>();
  auto* markdown = command->add_flag("--markdown", options->markdown,
                                     "As the README has it: families, then every ROP, method and PDU");
  auto* requirements =
      command->add_flag("--requirements", options->requirements,
                        "How many numbered requirements of each specification a test names, of those seen on the wire");
  command->add_flag("--json", options->json, "Print JSON");
  command->add_option("--shared", options->shared, "With --requirements: the folder that holds spec/requirements")
      ->needs(requirements)
      ->type_name("DIR");
  markdown->excludes(requirements);
  command->callback([options, &outcome] {
    Result<std::string> report =
        options->requirements ? requirements_report(*options) : Result<std::string>(protocol_report(*options));
    if (!report) return outcome.fail(report.error());
    if (!write_output(*report)) outcome.fail("cannot write to standard output");
  });
}

}  // namespace ropewalk::cli
