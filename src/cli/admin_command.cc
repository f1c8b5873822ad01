// `ropewalk admin`: what the administrator's page of a server needs.
#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/command.h"
#include "cli/commands.h"
#include "inspect/admin_gate.h"

namespace ropewalk::cli {
namespace {

Status set_password(const std::string& data) {
  std::string line;
  if (!std::getline(std::cin, line)) return Error{"cannot read the password: standard input is empty"};
  if (line.ends_with('\r')) line.pop_back();
  constexpr std::size_t kShortest = 8;
  if (line.size() < kShortest) return Error{"cannot take an administrator's password of less than 8 characters"};
  return inspect::write_admin_password(data, line);
}

}  // namespace

void add_admin_command(CLI::App& root, Outcome& outcome) {
  CLI::App* admin = root.add_subcommand("admin", "Set up the administrator's page of a server");
  admin->require_subcommand(1);
  CLI::App* password =
      admin->add_subcommand("password", "Set the administrator's password; sessions with the old one end");
  auto data = std::make_shared<std::string>();
  password->add_option("--data", *data, "The folder with the directory and the mailboxes")
      ->type_name("DIR")
      ->required();
  auto from_stdin = std::make_shared<bool>(false);
  password->add_flag("--password-stdin", *from_stdin, "Read the password from standard input")->required();
  password->callback([data, from_stdin, &outcome] {
    Status done = set_password(*data);
    if (!done) outcome.fail(done.error());
  });
}

}  // namespace ropewalk::cli
