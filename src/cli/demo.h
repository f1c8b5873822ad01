// What `ropewalk demo` does, in parts that can be told apart in tests.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/session.h"

namespace ropewalk::cli {

// Where the sample mail lies: beside the program (../share/ropewalk/examples/mail, ../../examples/mail) or where it was
// built from; empty where it is nowhere.
std::string sample_mail_folder();

// A sample message: its file's name, and what the import made of it.
struct Sample {
  std::string name;
  mapi::MessageContent content;
};
// Every .eml file of the folder, by name.
Result<std::vector<Sample>> load_samples(const std::string& folder);

// One thing that the demonstration shows and checks.
struct DemoStep {
  std::string title;
  // What it found, for people; a failure where something is not what was imported or written.
  std::function<client::Outcome<std::string>(client::MessageStore& store)> run;
};
// Watches the Inbox, writes a message there once `is_waiting` (which may take its time) says true, and waits for the
// event of it.
client::Outcome<std::string> write_and_be_told(client::MessageStore& store, const std::string& subject,
                                               const std::function<bool()>& is_waiting);
// The steps on the mailbox that `samples` were imported into. The samples must outlive them.
std::vector<DemoStep> demo_steps(const std::vector<Sample>& samples);

}  // namespace ropewalk::cli
