// What the commands that look into a mailbox share: options, passwords, messages by name.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cli/command.h"
#include "client/session.h"

namespace ropewalk::cli {

// --server, --user, --autodiscover, --dn, --password-stdin, --insecure, --ca, --plain, --profile, --service, --auth,
// --http-auth,
// --level, --mapper-port, --trace.
struct ClientOptions {
  std::string server, user, autodiscover, dn, ca, profile, service, auth, http_auth, level, mapper_port;
  bool password_stdin = false, insecure = false, plain = false, trace = false;
  std::function<void(const client::Traffic&)> observer;  // instead of --trace; not an option of the command line
};

// Defines them on `command`; the object lives as long as the command.
std::shared_ptr<ClientOptions> add_client_options(CLI::App& command);

// The service that the options mean, alone in a profile of its own, or the one they choose from the saved profile.
Result<client::Profile> profile_of(const ClientOptions& options);

// An open store and what it needs to live.
struct OpenedStore {
  std::unique_ptr<client::Host> host;
  std::unique_ptr<client::Session> session;
  std::unique_ptr<client::MessageStore> store;
};

// Opens the store that the options mean; asks for a password on the terminal where one is needed and none came. Null,
// with the complaint made: options that mean no store are misuse.
std::optional<OpenedStore> open_store(const ClientOptions& options, Outcome& outcome);

// Runs `work(store)` on the store that the options mean; reports what fails.
template <class Work>
void with_store(const ClientOptions& options, Outcome& outcome, Work work) {
  auto opened = open_store(options, outcome);
  if (!opened) return;
  client::Outcome<void> done = work(*opened->store);
  if (!done.ok()) outcome.fail(done.error().text);
}

// The same with an address book.
struct OpenedAddressBook {
  std::unique_ptr<client::Host> host;
  std::unique_ptr<client::Session> session;
  std::unique_ptr<client::AddressBook> book;
};
std::optional<OpenedAddressBook> open_address_book(const ClientOptions& options, Outcome& outcome);
template <class Work>
void with_address_book(const ClientOptions& options, Outcome& outcome, Work work) {
  auto opened = open_address_book(options, outcome);
  if (!opened) return;
  client::Outcome<void> done = work(*opened->book);
  if (!done.ok()) outcome.fail(done.error().text);
}

// A line from the terminal with echo off, asked for with `prompt`; an error where there is no terminal.
Result<std::string> ask_password(const std::string& prompt);
// The first line of standard input.
Result<std::string> password_from_stdin();

// "1-2A": replid and counter in hexadecimal, without leading zeros.
std::string short_id(u64 id);
std::optional<u64> parse_id(std::string_view text);

struct MessageRef {
  client::FolderId folder;
  client::MessageId message;
};
// A message by its id ("1-2A", as `messages` lists it) in `folder`, or by its place in the folder's list, newest first
// ("1", "2", ...).
client::Outcome<MessageRef> find_message(client::MessageStore& store, const std::string& folder,
                                         const std::string& message);

// Local time, "2026-03-01 09:30"; empty for 0.
std::string time_text(FileTime time);
// "812 B", "14 KB", "3.2 MB".
std::string size_text(u64 bytes);

}  // namespace ropewalk::cli
