// `ropewalk completion SHELL`: made from the same definitions that parse the command line.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/commands.h"

namespace ropewalk::cli {
namespace {

struct Word {
  std::string text;
  std::string about;
};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// What may follow a command: its subcommands and its options.
std::vector<Word> words_of(const CLI::App& command) {
  std::vector<Word> words;
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
    words.push_back({sub->get_name(), first_line(sub->get_description())});
  for (const CLI::Option* option : command.get_options()) {
    for (const auto& name : option->get_lnames()) words.push_back({"--" + name, first_line(option->get_description())});
    for (const auto& name : option->get_snames()) words.push_back({"-" + name, first_line(option->get_description())});
  }
  return words;
}

// Calls visit(path, command) for each command, the path being the words that lead to it ("user add").
void for_each_command(const CLI::App& command, const std::string& path,
                      const std::function<void(const std::string&, const CLI::App&)>& visit) {
  visit(path, command);
  for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
    for_each_command(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), visit);
}

std::string escaped(std::string_view text, char quote) {
  std::string out;
  for (char c : text) {
    if (c == quote && quote == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out;
}

// The part of a bash or zsh function that finds which command the words so far name.
std::string case_of_paths(const CLI::App& root) {
  std::string cases;
  for_each_command(root, "", [&](const std::string& path, const CLI::App&) {
    if (!path.empty()) cases += fmt::format("{}'{}'", cases.empty() ? "" : "|", path);
  });
  return cases;
}

std::string bash_script(const CLI::App& root) {
  std::string out = "# bash completion for ropewalk; load it with: source <(ropewalk completion bash)\n_ropewalk() {\n";
  out += "  local path= word i choices=\n  for ((i = 1; i < COMP_CWORD; i++)); do\n";
  out += "    word=\"${path:+$path }${COMP_WORDS[i]}\"\n";
  out += fmt::format("    case $word in {}) path=$word ;; esac\n  done\n", case_of_paths(root));
  out += "  case $path in\n";
  for_each_command(root, "", [&](const std::string& path, const CLI::App& command) {
    std::string words;
    for (const Word& word : words_of(command)) words += (words.empty() ? "" : " ") + word.text;
    out += fmt::format("    '{}') choices='{}' ;;\n", path, words);
  });
  out += "  esac\n";
  out += "  if [[ ($path == decode || $path == encode) && $COMP_CWORD -eq 2 && ${COMP_WORDS[2]} != -* ]]; then\n";
  out += "    choices=$(ropewalk decode --list 2>/dev/null)\n  fi\n";
  out += "  COMPREPLY=($(compgen -W \"$choices\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n}\n";
  out += "complete -o default -F _ropewalk ropewalk\n";
  return out;
}

std::string zsh_script(const CLI::App& root) {
  std::string out =
      "#compdef ropewalk\n# zsh completion; load it with: source <(ropewalk completion zsh)\n_ropewalk() {\n";
  out += "  local path_= word i\n  local -a choices\n  for ((i = 2; i < CURRENT; i++)); do\n";
  out += "    word=\"${path_:+$path_ }${words[i]}\"\n";
  out += fmt::format("    case $word in {}) path_=$word ;; esac\n  done\n", case_of_paths(root));
  out += "  case $path_ in\n";
  for_each_command(root, "", [&](const std::string& path, const CLI::App& command) {
    out += fmt::format("    '{}') choices=(", path);
    for (const Word& word : words_of(command)) out += fmt::format(" '{}:{}'", word.text, escaped(word.about, '\''));
    out += " ) ;;\n";
  });
  out += "  esac\n";
  out += "  if [[ ($path_ == decode || $path_ == encode) && $CURRENT -eq 3 && $PREFIX != -* ]]; then\n";
  out += "    choices=(${(f)\"$(ropewalk decode --list 2>/dev/null)\"})\n  fi\n";
  out += "  _describe command choices || _files\n}\n";
  out += "if [[ $funcstack[1] == _ropewalk ]]; then _ropewalk \"$@\"; else compdef _ropewalk ropewalk; fi\n";
  return out;
}

// fish asks, per choice, whether the words so far are a command's path.
std::string fish_script(const CLI::App& root) {
  std::string out = "# fish completion for ropewalk; load it with: ropewalk completion fish | source\n";
  out += "function __ropewalk_path\n  set -l path ''\n  for word in (commandline -opc)[2..-1]\n";
  out += "    set -l longer (string trim \"$path $word\")\n    switch $longer\n";
  for_each_command(root, "", [&](const std::string& path, const CLI::App&) {
    if (!path.empty()) out += fmt::format("      case '{}'\n        set path $longer\n", path);
  });
  out += "    end\n  end\n  test \"$path\" = \"$argv[1]\"\nend\n";
  for_each_command(root, "", [&](const std::string& path, const CLI::App& command) {
    for (const Word& word : words_of(command)) {
      std::string how = word.text.starts_with("--")  ? "-l " + word.text.substr(2)
                        : word.text.starts_with("-") ? "-s " + word.text.substr(1)
                                                     : "-f -a " + word.text;
      out += fmt::format("complete -c ropewalk -n \"__ropewalk_path '{}'\" {} -d '{}'\n", path, how,
                         escaped(word.about, '\''));
    }
  });
  for (const char* name : {"decode", "encode"})
    out += fmt::format("complete -c ropewalk -n \"__ropewalk_path '{}'\" -a '(ropewalk decode --list)'\n", name);
  return out;
}

}  // namespace

void add_completion_command(CLI::App& root, Outcome& outcome) {
  CLI::App* command = root.add_subcommand("completion", "Print the completion script for a shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([shell, &root, &outcome] {
    std::string script = *shell == "bash" ? bash_script(root) : *shell == "zsh" ? zsh_script(root) : fish_script(root);
    if (!write_output(script)) outcome.fail("cannot write to standard output");
  });
}

}  // namespace ropewalk::cli
