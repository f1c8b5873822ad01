// `ropewalk put`: a message into a folder, from an .eml file or from the command line.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "cli/client_command.h"
#include "cli/commands.h"
#include "client/content.h"
#include "mime/import.h"

namespace ropewalk::cli {
namespace {

using client::PropTag;
namespace tag = mapi::tag;

constexpr u32 kRecipientTo = 1, kRecipientCc = 2;  // [MS-OXCMSG] 2.2.3.1.2

struct Options {
  std::vector<std::string> files;
  std::string folder = "inbox", subject, body;
  std::vector<std::string> to, cc;
  bool json = false;
};

// Somebody whom the address book knows, as it calls him.
mapi::PropertyBag known_recipient(const mapi::PropertyBag& entry, u32 kind) {
  mapi::PropertyBag bag;
  bag.set(PropTag(tag::PidTagRecipientType), mapi::Value::of(kind));
  for (const mapi::Property& property : entry.all()) bag.set(property.tag, property.value);
  return bag;
}

mapi::PropertyBag recipient(const std::string& address, u32 kind) {
  mapi::PropertyBag bag;
  bag.set(PropTag(tag::PidTagRecipientType), mapi::Value::of(kind));
  bag.set_text(PropTag(tag::PidTagAddressType), "SMTP");
  for (u32 text : {tag::PidTagEmailAddress, tag::PidTagSmtpAddress, tag::PidTagDisplayName})
    bag.set_text(PropTag(text), address);
  return bag;
}

mapi::MessageContent written(const Options& options, const std::string& sender) {
  mapi::MessageContent content;
  auto& bag = content.properties;
  bag.set_text(PropTag(tag::PidTagMessageClass), "IPM.Note");
  bag.set_text(PropTag(tag::PidTagSubject), options.subject);
  bag.set_text(PropTag(tag::PidTagBody), options.body);
  bag.set(PropTag(tag::PidTagMessageDeliveryTime), mapi::Value::of(FileTime::now()));
  bag.set(PropTag(tag::PidTagClientSubmitTime), mapi::Value::of(FileTime::now()));
  bag.set(PropTag(tag::PidTagMessageFlags), mapi::Value::of(u32{0}));
  if (!sender.empty()) {
    for (u32 text : {tag::PidTagSenderName, tag::PidTagSenderEmailAddress, tag::PidTagSenderSmtpAddress,
                     tag::PidTagSentRepresentingName, tag::PidTagSentRepresentingEmailAddress,
                     tag::PidTagSentRepresentingSmtpAddress})
      bag.set_text(PropTag(text), sender);
    for (u32 type : {tag::PidTagSenderAddressType, tag::PidTagSentRepresentingAddressType})
      bag.set_text(PropTag(type), "SMTP");
  }
  return content;
}

// The one whom `name` means, by the address book if there is one; addresses that it does not know are taken as they
// are.
client::Outcome<mapi::PropertyBag> resolved(client::AddressBook* book, const std::string& name, u32 kind) {
  const bool is_address = name.find('@') != std::string::npos;
  if (book == nullptr && is_address) return recipient(name, kind);
  if (book == nullptr)
    return client::Failure{mapi::ErrorCode::not_found,
                           fmt::format("\"{}\" is no address, and there is no address book to look into", name)};
  ROPEWALK_TRY(auto found, book->resolve(name));
  if (found.size() == 1) return known_recipient(found[0], kind);
  if (is_address) return recipient(name, kind);
  return client::Failure{mapi::ErrorCode::not_found,
                         found.empty() ? fmt::format("nobody in the address book is \"{}\"", name)
                                       : fmt::format("\"{}\" may mean {} entries of the address book; name one by his "
                                                     "address",
                                                     name, found.size())};
}

client::Outcome<void> add_recipients(client::Session& session, const Options& options, mapi::MessageContent& content) {
  if (options.to.empty() && options.cc.empty()) return {};
  auto book = session.open_address_book();
  client::AddressBook* known = book.ok() ? book->get() : nullptr;  // not every store has one beside it
  const std::pair<const std::vector<std::string>*, u32> lists[] = {{&options.to, kRecipientTo},
                                                                   {&options.cc, kRecipientCc}};
  for (const auto& [names, kind] : lists) {
    for (const std::string& name : *names) {
      ROPEWALK_TRY(mapi::PropertyBag bag, resolved(known, name, kind));
      content.recipients.push_back(std::move(bag));
    }
  }
  return {};
}

struct Source {
  std::string name;
  mapi::MessageContent content;
};

Result<std::vector<Source>> sources_of(const Options& options, const std::string& sender) {
  std::vector<Source> sources;
  if (options.files.empty()) {
    sources.push_back({"the message", written(options, sender)});
    return sources;
  }
  for (const std::string& file : options.files) {
    ROPEWALK_TRY(auto bytes, read_input(file));
    auto imported = mime::import_message(bytes);
    if (!imported.ok()) return Error{file + ": " + imported.error().text};
    sources.push_back({file, std::move(imported->message)});
  }
  return sources;
}

// Puts them in, one after the other; what was saved is in `list`, also where one fails.
client::Outcome<void> put_all(client::MessageStore& store, const Options& options, const std::vector<Source>& sources,
                              boost::json::array& list) {
  ROPEWALK_TRY(client::FolderId id, store.find_folder(options.folder));
  ROPEWALK_TRY(auto folder, store.open_folder(id));
  for (const Source& source : sources) {
    ROPEWALK_TRY(auto message, folder->create_message());
    ROPEWALK_CHECK(client::write_content(store, *message, source.content));
    ROPEWALK_CHECK(message->save());
    std::string saved = short_id(message->id().value);
    list.push_back({{"id", saved}, {"folder", id.to_string()}, {"source", source.name}});
    if (!options.json) write_output(fmt::format("{}  {}\n", saved, source.name));
  }
  return {};
}

client::Outcome<void> put(client::MessageStore& store, const Options& options, const std::vector<Source>& sources) {
  boost::json::array list;
  auto done = put_all(store, options, sources, list);
  if (options.json) write_output(boost::json::serialize(list) + "\n");
  return done;
}

}  // namespace

void add_put_command(CLI::App& root, Outcome& outcome) {
  CLI::App* command = root.add_subcommand("put", "Put messages into a folder and print their ids");
  auto where = add_client_options(*command);
  auto options = std::make_shared<Options>();
  auto* files = command->add_option("FILE", options->files, "Messages as .eml files; - for standard input");
  auto* subject = command->add_option("--subject", options->subject, "Write a message with this subject instead");
  auto* body = command->add_option("--body", options->body, "Its text");
  auto* to = command->add_option("--to", options->to,
                                 "Whom it is to: an address, or a name in the address book; may be given again");
  auto* cc = command->add_option("--cc", options->cc, "Whom it is copied to, likewise");
  command->add_option("--folder", options->folder, "Where to")->capture_default_str();
  command->add_flag("--json", options->json, "A JSON array of what was saved");
  for (auto* option : {subject, body, to, cc}) files->excludes(option);
  command->callback([where, options, subject, body, &outcome] {
    if (options->files.empty() && subject->count() + body->count() == 0)
      return outcome.misuse("put needs a FILE, or --subject or --body of a message to write");
    if (where->password_stdin && std::count(options->files.begin(), options->files.end(), "-") > 0)
      return outcome.misuse("standard input cannot give both the password and the message");
    auto sources = sources_of(*options, where->user);
    if (!sources.ok()) return outcome.fail(sources.error());
    auto opened = open_store(*where, outcome);
    if (!opened) return;
    client::Outcome<void> done;
    if (options->files.empty()) done = add_recipients(*opened->session, *options, (*sources)[0].content);
    if (done.ok()) done = put(*opened->store, *options, *sources);
    if (!done.ok()) outcome.fail(done.error().text);
  });
}

}  // namespace ropewalk::cli
