// `ropewalk watch`: what happens in a mailbox, a line per event.
#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "cli/client_command.h"
#include "cli/commands.h"
#include "cli/text_table.h"

namespace ropewalk::cli {
namespace {

using client::Event;
namespace tag = mapi::tag;

struct Options {
  std::string folder;
  u64 count = 0;
  bool json = false;
};

// Events from the store's thread to this one.
class Queue {
 public:
  void push(const Event& event) {
    std::lock_guard lock(mutex_);
    events_.push_back(event);
    arrived_.notify_one();
  }
  std::optional<Event> pop(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, time, [&] { return !events_.empty(); })) return std::nullopt;
    Event event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Event> events_;
};

volatile sig_atomic_t interrupted = 0;

boost::json::value json_of(const Event& event) {
  boost::json::object made{{"event", client::name(event.kind)}, {"folder", event.folder.to_string()}};
  if (event.message) made["message"] = short_id(event.message->value);
  if (event.parent) made["parent"] = event.parent->to_string();
  if (event.old_folder) made["old_folder"] = event.old_folder->to_string();
  if (event.old_message) made["old_message"] = short_id(event.old_message->value);
  if (event.total_count) made["total"] = *event.total_count;
  if (event.unread_count) made["unread"] = *event.unread_count;
  if (!event.message_class.empty()) made["class"] = event.message_class;
  return made;
}

// Names of folders and messages are looked up when asked for; what is gone meanwhile has none.
std::string text_of_event(client::MessageStore& store, const Event& event) {
  std::string line = fmt::format("{:<9} ", client::name(event.kind));
  const client::PropTag name[] = {client::PropTag(tag::PidTagDisplayName)};
  if (auto folder = store.open_folder(event.folder); folder.ok())
    if (auto bag = (*folder)->get(name); bag.ok()) line += printable(client::text_of(bag->all(), name[0]));
  if (event.message) {
    line += "  " + short_id(event.message->value);
    const client::PropTag subject[] = {client::PropTag(tag::PidTagSubject)};
    if (auto message = store.open_message(event.folder, *event.message, client::Access::read); message.ok())
      if (auto bag = (*message)->get(subject); bag.ok())
        line += "  " + printable(client::text_of(bag->all(), subject[0]));
  }
  if (event.unread_count) line += fmt::format("  ({} unread", *event.unread_count);
  if (event.unread_count && event.total_count) line += fmt::format(" of {}", *event.total_count);
  if (event.unread_count) line += ")";
  return line;
}

client::Outcome<void> watch(client::MessageStore& store, const Options& options) {
  std::optional<client::FolderId> folder;
  if (!options.folder.empty()) {
    ROPEWALK_TRY(folder, store.find_folder(options.folder));
  }
  Queue queue;
  ROPEWALK_TRY(auto subscription,
               store.subscribe(client::kAllEvents, folder, [&](const Event& event) { queue.push(event); }));
  if (!options.json) std::fputs("ropewalk: watching; interrupt to end\n", stderr);
  for (u64 seen = 0; interrupted == 0 && (options.count == 0 || seen < options.count);) {
    auto event = queue.pop(std::chrono::milliseconds(200));
    if (!event) continue;
    ++seen;
    std::string line = options.json ? boost::json::serialize(json_of(*event)) : text_of_event(store, *event);
    if (!write_output(line + "\n")) break;
  }
  return {};
}

}  // namespace

void add_watch_command(CLI::App& root, Outcome& outcome) {
  CLI::App* command = root.add_subcommand("watch", "Print a line for everything that happens in a mailbox");
  auto where = add_client_options(*command);
  auto options = std::make_shared<Options>();
  command->add_option("FOLDER", options->folder, "Watch this folder alone; without it, the whole mailbox");
  command->add_option("--count", options->count, "End after so many events");
  command->add_flag("--json", options->json, "A JSON object per line");
  command->callback([where, options, &outcome] {
    struct sigaction action {};
    action.sa_handler = [](int) { interrupted = 1; };
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    with_store(*where, outcome, [&](client::MessageStore& store) { return watch(store, *options); });
  });
}

}  // namespace ropewalk::cli
