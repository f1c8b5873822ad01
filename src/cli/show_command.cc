// `ropewalk show`: one message, as a person reads it, as its properties, or as the file it came from.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>

#include "base/hex.h"
#include "base/utf16.h"
#include "cli/client_command.h"
#include "cli/commands.h"
#include "cli/html_text.h"
#include "cli/property_text.h"
#include "cli/text_table.h"
#include "client/content.h"
#include "mapi/code_page.h"
#include "mime/export.h"

namespace ropewalk::cli {
namespace {

using client::PropTag;
using mapi::Property;
using mapi::PropertyBag;
namespace tag = mapi::tag;

struct Options {
  std::string message, folder = "inbox";
  bool html = false, properties = false, eml = false, json = false;
};

struct AttachmentRow {
  u32 number = 0;
  std::string name, type;
  u64 size = 0, method = 0;
  bool is_inline = false;
};

const PropTag kAttachmentColumns[] = {PropTag(tag::PidTagAttachNumber),   PropTag(tag::PidTagAttachLongFilename),
                                      PropTag(tag::PidTagAttachFilename), PropTag(tag::PidTagDisplayName),
                                      PropTag(tag::PidTagAttachMimeTag),  PropTag(tag::PidTagAttachSize),
                                      PropTag(tag::PidTagAttachMethod),   PropTag(tag::PidTagAttachContentId)};

client::Outcome<std::vector<AttachmentRow>> attachments_of(client::Message& message) {
  ROPEWALK_TRY(auto table, message.attachments());
  ROPEWALK_CHECK(table->set_columns(kAttachmentColumns));
  ROPEWALK_TRY(client::Rows rows, table->read_all());
  std::vector<AttachmentRow> list;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto row = rows[i];
    AttachmentRow one;
    one.number = static_cast<u32>(client::number_of(row, kAttachmentColumns[0]));
    for (std::size_t c = 1; c <= 3 && one.name.empty(); ++c) one.name = client::text_of(row, kAttachmentColumns[c]);
    one.type = client::text_of(row, kAttachmentColumns[4]);
    one.size = client::number_of(row, kAttachmentColumns[5]);
    one.method = client::number_of(row, kAttachmentColumns[6]);
    one.is_inline = !client::text_of(row, kAttachmentColumns[7]).empty();
    list.push_back(std::move(one));
  }
  return list;
}

std::string address_of(const PropertyBag& recipient) {
  auto all = recipient.all();
  std::string name = client::text_of(all, tag::PidTagDisplayName);
  std::string address = client::text_of(all, tag::PidTagSmtpAddress);
  if (address.empty()) address = client::text_of(all, tag::PidTagEmailAddress);
  if (name.empty() || name == address) return address;
  return address.empty() ? name : name + " <" + address + ">";
}

constexpr std::string_view kRecipientKinds[] = {"", "To", "Cc", "Bcc"};  // [MS-OXCMSG] 2.2.3.1.2 PidTagRecipientType

std::string recipients_of(const std::vector<PropertyBag>& recipients, u64 kind) {
  std::string text;
  for (const PropertyBag& recipient : recipients)
    if ((client::number_of(recipient.all(), tag::PidTagRecipientType) & 0xF) == kind)
      text += (text.empty() ? "" : ", ") + address_of(recipient);
  return text;
}

std::string sender_of(std::span<const Property> all) {
  std::string name = client::text_of(all, tag::PidTagSentRepresentingName);
  std::string address = client::text_of(all, tag::PidTagSentRepresentingSmtpAddress);
  if (address.empty()) address = client::text_of(all, tag::PidTagSentRepresentingEmailAddress);
  if (name.empty() && address.empty()) {
    name = client::text_of(all, tag::PidTagSenderName);
    address = client::text_of(all, tag::PidTagSenderSmtpAddress);
    if (address.empty()) address = client::text_of(all, tag::PidTagSenderEmailAddress);
  }
  if (name.empty() || name == address) return address;
  return address.empty() ? name : name + " <" + address + ">";
}

std::string html_of(std::span<const Property> all) {
  const Property* html = client::find_value(all, tag::PidTagHtml);
  if (html == nullptr) return {};
  auto code_page = static_cast<u32>(client::number_of(all, tag::PidTagInternetCodepage, 65001));
  return mapi::string8_to_utf8(html->value.bytes, code_page);
}

std::string body_of(std::span<const Property> all) {
  std::string text = client::text_of(all, tag::PidTagBody);
  if (!text.empty()) return text;
  std::string html = html_of(all);
  if (!html.empty()) return html_to_text(html);
  return client::find_value(all, tag::PidTagRtfCompressed) != nullptr ? "(the body is in RTF alone)" : "";
}

void print_message(const PropertyBag& bag, const std::vector<PropertyBag>& recipients,
                   const std::vector<AttachmentRow>& attachments) {
  auto all = bag.all();
  auto header = [](std::string_view name, const std::string& value) {
    if (!value.empty()) write_output(fmt::format("{:<12} {}\n", std::string(name) + ":", printable(value)));
  };
  header("From", sender_of(all));
  for (u64 kind = 1; kind <= 3; ++kind) header(kRecipientKinds[kind], recipients_of(recipients, kind));
  header("Subject", client::text_of(all, tag::PidTagSubject));
  header("Sent", time_text({client::number_of(all, tag::PidTagClientSubmitTime)}));
  header("Received", time_text({client::number_of(all, tag::PidTagMessageDeliveryTime)}));
  header("Class", client::text_of(all, tag::PidTagMessageClass));
  for (const AttachmentRow& attachment : attachments)
    header("Attachment",
           fmt::format("{} {} ({}{}{})", attachment.number, attachment.name.empty() ? "(no name)" : attachment.name,
                       attachment.type.empty() ? "" : attachment.type + ", ", size_text(attachment.size),
                       attachment.is_inline ? ", inline" : ""));
  std::string body = printable(body_of(all), true);
  write_output("\n" + body + (body.empty() || body.back() != '\n' ? "\n" : ""));
}

boost::json::value json_of(const PropertyBag& bag, const std::vector<PropertyBag>& recipients,
                           const std::vector<AttachmentRow>& attachments) {
  auto all = bag.all();
  boost::json::object made;
  made["subject"] = client::text_of(all, tag::PidTagSubject);
  made["from"] = sender_of(all);
  boost::json::array people;
  for (const PropertyBag& recipient : recipients) {
    u64 kind = client::number_of(recipient.all(), tag::PidTagRecipientType) & 0xF;
    people.push_back({{"kind", kind >= 1 && kind <= 3 ? kRecipientKinds[kind] : "?"},
                      {"name", client::text_of(recipient.all(), tag::PidTagDisplayName)},
                      {"address", client::text_of(recipient.all(), tag::PidTagSmtpAddress).empty()
                                      ? client::text_of(recipient.all(), tag::PidTagEmailAddress)
                                      : client::text_of(recipient.all(), tag::PidTagSmtpAddress)}});
  }
  made["recipients"] = std::move(people);
  boost::json::array files;
  for (const AttachmentRow& one : attachments)
    files.push_back({{"number", one.number},
                     {"name", one.name},
                     {"type", one.type},
                     {"size", one.size},
                     {"method", one.method},
                     {"inline", one.is_inline}});
  made["attachments"] = std::move(files);
  if (u64 received = client::number_of(all, tag::PidTagMessageDeliveryTime); received != 0)
    made["received"] = FileTime{received}.to_string();
  made["class"] = client::text_of(all, tag::PidTagMessageClass);
  made["body"] = client::text_of(all, tag::PidTagBody);
  made["html"] = html_of(all);
  return made;
}

std::string display_name(const mapi::PropertyName& name) {
  const mapi::PropertyInfo* known =
      name.lid ? mapi::find_property_lid(name.set, *name.lid) : mapi::find_property_string_name(name.set, name.name);
  if (known != nullptr) return std::string(known->name);
  return name.set.to_string() + "/" + (name.lid ? hex_number(*name.lid, 4) : name.name);
}

// The value as property_text.h says it; ids of objects as everybody writes them.
std::string shown_value(const Property& property) {
  for (u32 id : {tag::PidTagMid, tag::PidTagFolderId, tag::PidTagParentFolderId, tag::PidTagInstID})
    if (property.tag == PropTag(id)) return client::MessageId{property.value.number}.to_string();
  return value_text(property.tag.type(), property.value);
}

client::Outcome<void> print_properties(client::MessageStore& store, client::Message& message, bool json) {
  ROPEWALK_TRY(PropertyBag bag, message.get_all_whole());
  // What had to be read through streams comes last in the bag.
  std::vector<Property> properties(bag.all().begin(), bag.all().end());
  std::ranges::sort(properties, {}, [](const Property& property) { return property.tag.value; });
  std::vector<u16> ids;
  for (const Property& property : properties)
    if (property.tag.is_named()) ids.push_back(property.tag.id());
  std::map<u16, std::string> names;
  if (!ids.empty()) {
    ROPEWALK_TRY(auto found, store.names_of_ids(ids));
    for (std::size_t i = 0; i < ids.size() && i < found.size(); ++i)
      if (found[i]) names[ids[i]] = display_name(*found[i]);
  }
  boost::json::array list;
  TextTable table({{"Tag", false, 10, false}, {"Property", false, 16}, {"Value", false, 16}});
  for (const Property& property : properties) {
    auto named = names.find(property.tag.id());
    std::string name = named == names.end() ? "" : named->second;
    list.push_back(property_json(property, name));
    table.add(
        {hex_number(property.tag.value, 8), name.empty() ? property.tag.to_string() : name, shown_value(property)});
  }
  write_output(json ? boost::json::serialize(list) + "\n" : table.to_text(terminal_width()));
  return {};
}

client::Outcome<void> print_eml(client::MessageStore& store, client::Message& message) {
  ROPEWALK_TRY(mapi::MessageContent content, client::read_content(store, message));
  write_output(mime::export_message(content));
  return {};
}

client::Outcome<void> show(client::MessageStore& store, const Options& options) {
  ROPEWALK_TRY(MessageRef ref, find_message(store, options.folder, options.message));
  ROPEWALK_TRY(auto message, store.open_message(ref.folder, ref.message, client::Access::read));
  if (options.properties) return print_properties(store, *message, options.json);
  if (options.eml) return print_eml(store, *message);
  const PropTag wanted[] = {PropTag(tag::PidTagSubject),
                            PropTag(tag::PidTagSentRepresentingName),
                            PropTag(tag::PidTagSentRepresentingEmailAddress),
                            PropTag(tag::PidTagSentRepresentingSmtpAddress),
                            PropTag(tag::PidTagSenderName),
                            PropTag(tag::PidTagSenderEmailAddress),
                            PropTag(tag::PidTagSenderSmtpAddress),
                            PropTag(tag::PidTagClientSubmitTime),
                            PropTag(tag::PidTagMessageDeliveryTime),
                            PropTag(tag::PidTagMessageClass),
                            PropTag(tag::PidTagInternetCodepage),
                            PropTag(tag::PidTagBody),
                            PropTag(tag::PidTagHtml)};
  ROPEWALK_TRY(PropertyBag bag, message->get_whole(wanted));
  if (options.html) {
    std::string html = html_of(bag.all());
    if (html.empty()) return client::Failure{mapi::ErrorCode::not_found, "the message has no HTML body"};
    write_output(html);
    return {};
  }
  ROPEWALK_TRY(auto recipients, message->recipients());
  ROPEWALK_TRY(auto attachments, attachments_of(*message));
  if (options.json)
    write_output(boost::json::serialize(json_of(bag, recipients, attachments)) + "\n");
  else
    print_message(bag, recipients, attachments);
  return {};
}

}  // namespace

void add_show_command(CLI::App& root, Outcome& outcome) {
  CLI::App* command = root.add_subcommand("show", "Show a message: headers, recipients, attachments and body");
  auto where = add_client_options(*command);
  auto options = std::make_shared<Options>();
  command
      ->add_option("MESSAGE", options->message, "Its id (1-2A), or its place in the folder, newest first (1, 2, ...)")
      ->required();
  command->add_option("--folder", options->folder, "The folder it is in")->capture_default_str();
  auto* html = command->add_flag("--html", options->html, "The HTML body alone, as UTF-8");
  auto* all = command->add_flag("--properties", options->properties, "Every property by name");
  auto* eml = command->add_flag("--eml", options->eml, "As an .eml file");
  html->excludes(all, eml);
  all->excludes(eml);
  command->add_flag("--json", options->json, "A JSON object; with --properties a JSON array");
  command->callback([where, options, &outcome] {
    with_store(*where, outcome, [&](client::MessageStore& store) { return show(store, *options); });
  });
}

}  // namespace ropewalk::cli
