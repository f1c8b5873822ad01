// The steps of `ropewalk demo`: each does something through the client library and compares the result, value by value,
// with what was imported.
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <set>

#include "cli/client_command.h"
#include "cli/demo.h"
#include "cli/text_table.h"
#include "client/content.h"
#include "mapi/value_fields.h"
#include "mime/import.h"

namespace ropewalk::cli {

namespace fs = std::filesystem;
namespace tag = mapi::tag;
using client::Failure;
using client::MessageStore;
using client::PropTag;
using mapi::PropertyBag;
using Told = client::Outcome<std::string>;

namespace {

constexpr std::string_view kShownSample = "05-png-and-pdf.eml";
constexpr std::string_view kNestedSample = "09-nested-twice.eml";
constexpr std::string_view kWrittenSubject = "Written over MAPI/HTTP";

Failure wrong(const std::string& what) { return {mapi::ErrorCode::error, "not what was expected: " + what}; }

const Sample* find_sample(const std::vector<Sample>& samples, std::string_view name) {
  for (const Sample& sample : samples)
    if (sample.name == name) return &sample;
  return samples.empty() ? nullptr : &samples.front();
}

std::string subject_of(const Sample& sample) {
  return client::text_of(sample.content.properties.all(), tag::PidTagSubject);
}

client::Outcome<std::unique_ptr<client::Folder>> inbox_of(MessageStore& store) {
  ROPEWALK_TRY(client::FolderId id, store.special(client::SpecialFolder::inbox));
  return store.open_folder(id);
}

// ---- step 1: the folders ----

Told list_folders(MessageStore& store, std::size_t expected) {
  ROPEWALK_TRY(client::FolderId top_id, store.special(client::SpecialFolder::top));
  ROPEWALK_TRY(auto top, store.open_folder(top_id));
  ROPEWALK_TRY(auto table, top->folders(true));
  const PropTag columns[] = {PropTag(tag::PidTagDisplayName), PropTag(tag::PidTagContentCount),
                             PropTag(tag::PidTagContentUnreadCount), PropTag(tag::PidTagDepth)};
  ROPEWALK_CHECK(table->set_columns(columns));
  ROPEWALK_TRY(client::Rows rows, table->read_all());
  TextTable shown({{"Folder"}, {"Messages", true}, {"Unread", true}});
  bool found = false;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::string name = client::text_of(rows[i], columns[0]);
    u64 count = client::number_of(rows[i], columns[1]);
    if (name == "Inbox") {
      found = true;
      if (count != expected)
        return wrong(fmt::format("the Inbox counts {} messages, {} were imported", count, expected));
    }
    u64 depth = client::number_of(rows[i], columns[3], 1);
    shown.add({std::string(2 * (depth - std::min<u64>(depth, 1)), ' ') + name, std::to_string(count),
               std::to_string(client::number_of(rows[i], columns[2]))});
  }
  if (!found) return wrong("no folder is called Inbox");
  return shown.to_text(100);
}

// ---- step 2: the Inbox as a table ----

Told list_inbox(MessageStore& store, const std::vector<Sample>& samples) {
  ROPEWALK_TRY(auto inbox, inbox_of(store));
  ROPEWALK_TRY(auto table, inbox->messages());
  const PropTag columns[] = {PropTag(tag::PidTagMid), PropTag(tag::PidTagMessageDeliveryTime),
                             PropTag(tag::PidTagSentRepresentingName), PropTag(tag::PidTagSubject),
                             PropTag(tag::PidTagHasAttachments)};
  const client::SortOrder newest[] = {{columns[1], true}};
  ROPEWALK_CHECK(table->set_columns(columns));
  ROPEWALK_CHECK(table->sort(newest));
  ROPEWALK_TRY(client::Rows rows, table->read_all());
  std::multiset<std::string> there, imported;
  TextTable shown({{"Received"}, {"", false, 1, false}, {"From"}, {"Subject"}});
  constexpr std::size_t kShown = 10;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    there.insert(client::text_of(rows[i], columns[3]));
    u64 time = client::number_of(rows[i], columns[1]);
    if (i > 0 && time > client::number_of(rows[i - 1], columns[1])) return wrong("the rows are not sorted by time");
    if (i < kShown)
      shown.add({time_text({time}), client::number_of(rows[i], columns[4]) != 0 ? "@" : "",
                 client::text_of(rows[i], columns[2]), client::text_of(rows[i], columns[3])});
  }
  // Tables cut texts at 255 characters; so does the comparison.
  auto cut = [](const std::multiset<std::string>& subjects) {
    std::multiset<std::string> made;
    for (const std::string& subject : subjects) made.insert(subject.substr(0, 200));
    return made;
  };
  for (const Sample& sample : samples) imported.insert(subject_of(sample));
  if (cut(there) != cut(imported)) return wrong("the subjects in the table are not those that were imported");
  return shown.to_text(100) + fmt::format("… {} rows in all\n", rows.size());
}

// ---- step 3: a message with recipients and attachments ----

client::Outcome<client::MessageId> find_by_subject(client::Folder& folder, const std::string& subject) {
  ROPEWALK_TRY(auto table, folder.messages());
  const PropTag columns[] = {PropTag(tag::PidTagMid)};
  ROPEWALK_CHECK(table->set_columns(columns));
  Arena arena;
  mapi::TaggedPropertyValue value;
  value.tag = PropTag(tag::PidTagSubject);
  value.value = mapi::Value::of(mapi::utf16_in(arena, subject));
  mapi::Restriction same;
  same.type = mapi::RestrictType::property;
  same.relop = mapi::RelOp::eq;
  same.tag = value.tag;
  same.values = wire::List<mapi::TaggedPropertyValue>(std::span(&value, 1));
  ROPEWALK_TRY(client::Rows rows, table->find(same, client::Origin::beginning));
  if (rows.empty()) return wrong("no message has the subject \"" + subject + "\"");
  return client::MessageId{client::number_of(rows[0], columns[0])};
}

std::vector<std::string> addresses_of(const std::vector<PropertyBag>& recipients) {
  std::vector<std::string> addresses;
  for (const PropertyBag& one : recipients)
    addresses.push_back(client::text_of(one.all(), tag::PidTagSmtpAddress) + " " +
                        std::to_string(client::number_of(one.all(), tag::PidTagRecipientType)));
  std::sort(addresses.begin(), addresses.end());
  return addresses;
}

ByteView bytes_in(const PropertyBag& bag, u32 property) {
  const mapi::Property* found = client::find_value(bag.all(), property);
  return found == nullptr ? ByteView() : found->value.bytes;
}

// Compares what was read with what was written, level by level.
client::Outcome<void> compare(const mapi::MessageContent& read, const mapi::MessageContent& written) {
  for (u32 text : {tag::PidTagSubject, tag::PidTagBody, tag::PidTagMessageClass})
    if (client::text_of(read.properties.all(), text) != client::text_of(written.properties.all(), text))
      return wrong(PropTag(text).to_string() + " differs");
  if (!std::ranges::equal(bytes_in(read.properties, tag::PidTagHtml), bytes_in(written.properties, tag::PidTagHtml)))
    return wrong("PidTagHtml differs");
  if (addresses_of(read.recipients) != addresses_of(written.recipients)) return wrong("the recipients differ");
  if (read.attachments.size() != written.attachments.size())
    return wrong(fmt::format("{} attachments, not {}", read.attachments.size(), written.attachments.size()));
  for (std::size_t i = 0; i < read.attachments.size(); ++i) {
    const auto& a = read.attachments[i];
    const auto& b = written.attachments[i];
    if (client::text_of(a.properties.all(), tag::PidTagAttachLongFilename) !=
        client::text_of(b.properties.all(), tag::PidTagAttachLongFilename))
      return wrong(fmt::format("the name of attachment {} differs", i));
    if ((a.embedded != nullptr) != (b.embedded != nullptr))
      return wrong(fmt::format("attachment {} is not of the same kind", i));
    if (a.embedded != nullptr) {
      ROPEWALK_CHECK(compare(*a.embedded, *b.embedded));
    } else if (!std::ranges::equal(bytes_in(a.properties, tag::PidTagAttachDataBinary),
                                   bytes_in(b.properties, tag::PidTagAttachDataBinary))) {
      return wrong(fmt::format("the bytes of attachment {} differ", i));
    }
  }
  return {};
}

std::string told(const mapi::MessageContent& content, int depth = 0) {
  std::string indent(static_cast<std::size_t>(2 * depth), ' ');
  auto all = content.properties.all();
  std::string text = indent + "Subject:    " + fitted(client::text_of(all, tag::PidTagSubject), 80) + "\n";
  text += indent + "From:       " + printable(client::text_of(all, tag::PidTagSentRepresentingName)) + "\n";
  for (const PropertyBag& one : content.recipients)
    text += indent + "Recipient:  " + printable(client::text_of(one.all(), tag::PidTagDisplayName)) + " <" +
            printable(client::text_of(one.all(), tag::PidTagSmtpAddress)) + ">\n";
  for (const auto& one : content.attachments) {
    std::string name = client::text_of(one.properties.all(), tag::PidTagAttachLongFilename);
    text += indent + "Attachment: " + printable(name) +
            (one.embedded != nullptr
                 ? " (a message)"
                 : fmt::format(" ({} bytes)", bytes_in(one.properties, tag::PidTagAttachDataBinary).size())) +
            "\n";
    if (one.embedded != nullptr) text += told(*one.embedded, depth + 1);
  }
  return text;
}

Told open_sample(MessageStore& store, const Sample& sample) {
  ROPEWALK_TRY(auto inbox, inbox_of(store));
  ROPEWALK_TRY(client::MessageId id, find_by_subject(*inbox, subject_of(sample)));
  ROPEWALK_TRY(auto message, store.open_message(inbox->id(), id, client::Access::read));
  ROPEWALK_TRY(mapi::MessageContent content, client::read_content(store, *message));
  ROPEWALK_CHECK(compare(content, sample.content));
  return told(content);
}

// ---- steps 4 to 6: write, read back, be told ----

mapi::MessageContent new_message() {
  mapi::MessageContent content;
  PropertyBag& bag = content.properties;
  bag.set_text(PropTag(tag::PidTagMessageClass), "IPM.Note");
  bag.set_text(PropTag(tag::PidTagSubject), kWrittenSubject);
  std::string body = "Ropes are laid in a ropewalk.\r\n";
  for (int i = 1; i <= 2000; ++i) body += fmt::format("Yarn {} goes round strand {}.\r\n", i, i % 3 + 1);
  bag.set_text(PropTag(tag::PidTagBody), body);
  bag.set(PropTag(tag::PidTagMessageDeliveryTime), mapi::Value::of(FileTime::now()));
  bag.set_text(PropTag(tag::PidTagSentRepresentingName), "user1");
  bag.set_text(PropTag(tag::PidTagSentRepresentingSmtpAddress), "user1@ropewalk.test");
  for (u32 kind : {1u, 2u}) {
    PropertyBag one;
    std::string address = kind == 1 ? "user2@ropewalk.test" : "user1@ropewalk.test";
    one.set(PropTag(tag::PidTagRecipientType), mapi::Value::of(kind));
    one.set_text(PropTag(tag::PidTagAddressType), "SMTP");
    for (u32 text : {tag::PidTagEmailAddress, tag::PidTagSmtpAddress, tag::PidTagDisplayName})
      one.set_text(PropTag(text), address);
    content.recipients.push_back(std::move(one));
  }
  mapi::AttachmentContent file;
  std::vector<u8> bytes(150'000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<u8>(i * i >> 7);
  file.properties.set(PropTag(tag::PidTagAttachMethod), mapi::Value::of(u32{1}));  // afByValue
  file.properties.set_text(PropTag(tag::PidTagAttachLongFilename), "yarn.bin");
  file.properties.set_bytes(PropTag(tag::PidTagAttachDataBinary), bytes);
  content.attachments.push_back(std::move(file));
  return content;
}

// Events that came, for a step to wait for.
class Events {
 public:
  void push(const client::Event& event) {
    std::lock_guard lock(mutex_);
    events_.push_back(event);
    arrived_.notify_all();
  }
  std::optional<client::Event> wait_for(client::MessageId message, std::chrono::seconds time) {
    std::unique_lock lock(mutex_);
    std::optional<client::Event> found;
    arrived_.wait_for(lock, time, [&] {
      for (const auto& event : events_)
        if (event.message == message) found = event;
      return found.has_value();
    });
    return found;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<client::Event> events_;
};

struct Written {
  Events events;
  std::unique_ptr<client::Subscription> subscription;
  mapi::MessageContent content = new_message();
  client::FolderId folder;
  client::MessageId id;
};

client::Outcome<void> watch_inbox(MessageStore& store, Written& written) {
  ROPEWALK_TRY(auto inbox, inbox_of(store));
  written.folder = inbox->id();
  ROPEWALK_TRY(written.subscription,
               store.subscribe(client::kAllEvents, written.folder,
                               [&written](const client::Event& event) { written.events.push(event); }));
  return {};
}

client::Outcome<void> write_into_inbox(MessageStore& store, Written& written) {
  ROPEWALK_TRY(auto inbox, inbox_of(store));
  ROPEWALK_TRY(auto message, inbox->create_message());
  ROPEWALK_CHECK(client::write_content(store, *message, written.content));
  ROPEWALK_CHECK(message->save());
  written.id = message->id();
  if (written.id.is_null()) return wrong("the saved message has no id");
  return {};
}

Told write_message(MessageStore& store, Written& written) {
  ROPEWALK_CHECK(watch_inbox(store, written));
  ROPEWALK_CHECK(write_into_inbox(store, written));
  return "Saved as message " + short_id(written.id.value) + " of the Inbox, with a body of " +
         size_text(client::text_of(written.content.properties.all(), tag::PidTagBody).size()) +
         " and an attachment of 150,000 bytes\n";
}

Told read_back(MessageStore& store, Written& written) {
  ROPEWALK_TRY(auto message, store.open_message(written.folder, written.id, client::Access::read));
  ROPEWALK_TRY(mapi::MessageContent content, client::read_content(store, *message));
  ROPEWALK_CHECK(compare(content, written.content));
  return told(content);
}

Told receive_notification(Written& written) {
  auto event = written.events.wait_for(written.id, std::chrono::seconds(20));
  written.subscription.reset();
  if (!event) return wrong("no notification of the new message came within 20 seconds");
  if (event->folder != written.folder) return wrong("the notification names another folder");
  return fmt::format("{}: message {} in folder {}\n", client::name(event->kind), short_id(event->message->value),
                     event->folder.to_string());
}

}  // namespace

std::string sample_mail_folder() {
  std::error_code error;
  fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& candidate : {program / "../share/ropewalk/examples/mail", program / "../../examples/mail",
                                    fs::path(ROPEWALK_EXAMPLES_DIR) / "mail"})
    if (fs::is_directory(candidate, error)) return fs::canonical(candidate, error).string();
  return {};
}

Result<std::vector<Sample>> load_samples(const std::string& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".eml") files.push_back(at->path());
  if (error) return Error{"cannot read the sample mail in " + folder + ": " + error.message()};
  std::sort(files.begin(), files.end());
  std::vector<Sample> samples;
  for (const fs::path& file : files) {
    ROPEWALK_TRY(auto bytes, read_input(file.string()));
    auto imported = mime::import_message(bytes);
    if (!imported.ok()) return Error{file.string() + ": " + imported.error().text};
    samples.push_back({file.filename().string(), std::move(imported->message)});
  }
  if (samples.empty()) return Error{"there is no .eml file in " + folder};
  return samples;
}

client::Outcome<std::string> write_and_be_told(client::MessageStore& store, const std::string& subject,
                                               const std::function<bool()>& is_waiting) {
  Written written;
  written.content = {};
  written.content.properties.set_text(PropTag(tag::PidTagMessageClass), "IPM.Note");
  written.content.properties.set_text(PropTag(tag::PidTagSubject), subject);
  ROPEWALK_CHECK(watch_inbox(store, written));
  if (!is_waiting()) return wrong("the client does not wait for events");
  ROPEWALK_CHECK(write_into_inbox(store, written));
  return receive_notification(written);
}

std::vector<DemoStep> demo_steps(const std::vector<Sample>& samples) {
  auto written = std::make_shared<Written>();
  const Sample* shown = find_sample(samples, kShownSample);
  const Sample* nested = find_sample(samples, kNestedSample);
  return {
      {"The folders of the mailbox", [&samples](MessageStore& store) { return list_folders(store, samples.size()); }},
      {"The Inbox as a table, newest first", [&samples](MessageStore& store) { return list_inbox(store, samples); }},
      {"A message with its recipients and attachments",
       [shown](MessageStore& store) { return open_sample(store, *shown); }},
      {"Messages within a message", [nested](MessageStore& store) { return open_sample(store, *nested); }},
      {"Writing a message, while watching the folder",
       [written](MessageStore& store) { return write_message(store, *written); }},
      {"Reading it back", [written](MessageStore& store) { return read_back(store, *written); }},
      {"The notification of it", [written](MessageStore&) { return receive_notification(*written); }},
  };
}

}  // namespace ropewalk::cli
