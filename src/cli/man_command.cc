// `ropewalk man [COMMAND...]`: manual pages made from the same definitions that parse the command line.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/command.h"
#include "cli/commands.h"

namespace ropewalk::cli {
namespace {

const auto kAny = [](const CLI::App*) { return true; };

// Text as roff shows it unchanged.
std::string roff(std::string_view text) {
  std::string out;
  bool line_start = true;
  for (char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
    line_start = c == '\n';
  }
  return out;
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }

std::string synopsis(const CLI::App& command, const std::string& full_name) {
  std::string out = fmt::format(".B {}\n", roff(full_name));
  if (!command.get_subcommands(kAny).empty()) out += ".I COMMAND\n";
  bool options = false;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) options = true;
  }
  if (options) out += "[\\fIOPTIONS\\fR]\n";
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_positional()) continue;
    std::string name = "\\fI" + roff(option->get_name(true)) + "\\fR";
    if (option->get_items_expected_max() > 1) name += "...";
    out += option->get_required() ? name + "\n" : "[" + name + "]\n";
  }
  return out;
}

std::string option_list(const CLI::App& command) {
  std::string out;
  for (const CLI::Option* option : command.get_options()) {
    out += ".TP\n";
    if (option->get_positional()) {
      out += fmt::format("\\fI{}\\fR\n", roff(option->get_name(true)));
    } else {
      out += fmt::format("\\fB{}\\fR", roff(option->get_name(false, true)));
      if (takes_value(*option)) out += fmt::format(" \\fI{}\\fR", roff(option->get_type_name()));
      out += "\n";
    }
    out += roff(option->get_description()) + "\n";
  }
  return out;
}

std::string page(const CLI::App& command, const std::string& full_name) {
  std::string dashed = full_name;
  std::replace(dashed.begin(), dashed.end(), ' ', '-');
  std::string out =
      fmt::format(".TH {} 1 \"\" \"Ropewalk {}\" \"User commands\"\n", roff(upper(dashed)), ROPEWALK_VERSION);
  out += fmt::format(".SH NAME\n{} \\- {}\n", roff(dashed), roff(command.get_description()));
  out += ".SH SYNOPSIS\n" + synopsis(command, full_name);
  if (auto subs = command.get_subcommands(kAny); !subs.empty()) {
    out += ".SH COMMANDS\n";
    for (const CLI::App* sub : subs)
      out += fmt::format(".TP\n.B {}\n{}\n", roff(sub->get_name()), roff(sub->get_description()));
  }
  if (std::string options = option_list(command); !options.empty()) out += ".SH OPTIONS\n" + options;
  if (std::string footer = command.get_footer(); !footer.empty()) out += ".SH NOTES\n.nf\n" + roff(footer) + "\n.fi\n";
  out += ".SH EXIT STATUS\n0: done. 1: the operation failed; one line on standard error says what and why.\n";
  out += "2: wrong usage.\n";
  return out;
}

}  // namespace

void add_man_command(CLI::App& root, Outcome& outcome) {
  CLI::App* command = root.add_subcommand("man", "Print a manual page (roff): of the program, or of a command");
  auto path = std::make_shared<std::vector<std::string>>();
  command->add_option("COMMAND", *path, "The command, as its words: `ropewalk man user add`");
  command->footer("To read one: ropewalk man decode | man -l -");
  command->callback([path, &root, &outcome] {
    const CLI::App* at = &root;
    std::string full_name = "ropewalk";
    for (const std::string& word : *path) {
      auto subs = at->get_subcommands([&](const CLI::App* sub) { return sub->get_name() == word; });
      if (subs.empty()) return outcome.misuse(fmt::format("{} has no command \"{}\"", full_name, word));
      at = subs.front();
      full_name += " " + word;
    }
    if (!write_output(page(*at, full_name))) outcome.fail("cannot write to standard output");
  });
}

}  // namespace ropewalk::cli
