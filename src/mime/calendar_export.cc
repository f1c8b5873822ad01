// Meeting messages to iCalendar: [MS-OXCICAL] 2.1.3, in UTC.
#include <libical/ical.h>

#include <memory>

#include "base/hex.h"
#include "base/utf16.h"
#include "mapi/property_tags.h"
#include "mime/addresses.h"
#include "mime/calendar.h"
#include "mime/export_context.h"
#include "mime/import_context.h"
#include "mime/text.h"

namespace ropewalk::mime {
namespace {

namespace tag = mapi::tag;
namespace named = mapi::named;
using mapi::MessageContent;
using mapi::NamedProperty;
using mapi::PropTag;
using mapi::Value;

struct FreeComponent {
  void operator()(icalcomponent* component) const { icalcomponent_free(component); }
};
struct FreeText {
  void operator()(char* text) const { icalmemory_free_buffer(text); }
};

const Value* find(const MessageContent& message, const NamedProperty& name) {
  return find_named(message, property_name(name), static_cast<mapi::PropType>(name.type));
}

std::string text_of_named(const MessageContent& message, const NamedProperty& name) {
  const Value* value = find(message, name);
  return value == nullptr ? std::string() : utf16_to_utf8(value->bytes);
}

icaltimetype utc_time(const Value& value, bool date) {
  auto time = icaltime_from_timet_with_zone(value.time().to_unix(), date ? 1 : 0, icaltimezone_get_utc_timezone());
  return time;
}

std::string uid_of(ByteView object_id) {
  constexpr std::string_view kForeign("vCal-Uid\x01\0\0\0", 12);
  constexpr std::size_t kData = 40;
  if (object_id.size() > kData && text_of(object_id.subspan(kData)).starts_with(kForeign)) {
    std::string_view uid = text_of(object_id.subspan(kData + kForeign.size()));
    return std::string(uid.substr(0, uid.find('\0')));
  }
  return to_hex(object_id);
}

struct MeetingKind {
  icalproperty_method method = ICAL_METHOD_NONE;
  icalparameter_partstat status = ICAL_PARTSTAT_NONE;  // of the one who answers
};

MeetingKind kind_of(const MessageContent& message) {
  std::string name = ascii_lowered(message.properties.text(PropTag(tag::PidTagMessageClass)));
  if (name == "ipm.schedule.meeting.request") return {ICAL_METHOD_REQUEST, ICAL_PARTSTAT_NEEDSACTION};
  if (name == "ipm.schedule.meeting.canceled") return {ICAL_METHOD_CANCEL, ICAL_PARTSTAT_NEEDSACTION};
  if (name == "ipm.schedule.meeting.resp.pos") return {ICAL_METHOD_REPLY, ICAL_PARTSTAT_ACCEPTED};
  if (name == "ipm.schedule.meeting.resp.neg") return {ICAL_METHOD_REPLY, ICAL_PARTSTAT_DECLINED};
  if (name == "ipm.schedule.meeting.resp.tent") return {ICAL_METHOD_REPLY, ICAL_PARTSTAT_TENTATIVE};
  return {};
}

void add_person(icalcomponent* event, icalproperty* property, const Mailbox& mailbox) {
  if (!mailbox.name.empty()) icalproperty_add_parameter(property, icalparameter_new_cn(mailbox.name.c_str()));
  icalcomponent_add_property(event, property);
}

// A reply names the one who answers as its attendee and the one it goes to as the organizer.
void add_people(icalcomponent* event, const MessageContent& message, const MeetingKind& kind) {
  auto from = get_address(message.properties, kSentRepresentingTags);
  bool reply = kind.method == ICAL_METHOD_REPLY;
  auto uri = [](const Mailbox& mailbox) { return "mailto:" + mailbox.address; };
  if (reply && from) {
    auto* attendee = icalproperty_new_attendee(uri(*from).c_str());
    icalproperty_add_parameter(attendee, icalparameter_new_partstat(kind.status));
    add_person(event, attendee, *from);
  } else if (from) {
    add_person(event, icalproperty_new_organizer(uri(*from).c_str()), *from);
  }
  for (const mapi::PropertyBag& recipient : message.recipients) {
    Mailbox mailbox = recipient_address(recipient);
    if (mailbox.address.empty()) continue;
    if (reply) {
      add_person(event, icalproperty_new_organizer(uri(mailbox).c_str()), mailbox);
      return;
    }
    auto* attendee = icalproperty_new_attendee(uri(mailbox).c_str());
    const Value* type = recipient.find(PropTag(tag::PidTagRecipientType));
    bool optional = type != nullptr && (type->number & 0xF) == 2;
    icalproperty_add_parameter(attendee,
                               icalparameter_new_role(optional ? ICAL_ROLE_OPTPARTICIPANT : ICAL_ROLE_REQPARTICIPANT));
    icalproperty_add_parameter(attendee, icalparameter_new_partstat(kind.status));
    icalproperty_add_parameter(attendee, icalparameter_new_rsvp(ICAL_RSVP_TRUE));
    add_person(event, attendee, mailbox);
  }
}

void add_x(icalcomponent* event, const char* name, std::string_view value) {
  auto* property = icalproperty_new_x(std::string(value).c_str());
  icalproperty_set_x_name(property, name);
  icalcomponent_add_property(event, property);
}

void add_busy(icalcomponent* event, const MessageContent& message) {
  static constexpr std::string_view kWords[] = {"FREE", "TENTATIVE", "BUSY", "OOF"};
  const Value* busy = find(message, named::PidLidBusyStatus);
  if (busy != nullptr && busy->number < 4) add_x(event, "X-MICROSOFT-CDO-BUSYSTATUS", kWords[busy->number]);
  const Value* intended = find(message, named::PidLidIntendedBusyStatus);
  if (intended != nullptr && intended->number < 4)
    add_x(event, "X-MICROSOFT-CDO-INTENDEDSTATUS", kWords[intended->number]);
}

void add_reminder(icalcomponent* event, const MessageContent& message) {
  const Value* set = find(message, named::PidLidReminderSet);
  const Value* minutes = find(message, named::PidLidReminderDelta);
  if (set == nullptr || !set->boolean() || minutes == nullptr) return;
  icalcomponent* alarm = icalcomponent_new_valarm();
  icalcomponent_add_property(alarm, icalproperty_new_action(ICAL_ACTION_DISPLAY));
  icalcomponent_add_property(alarm, icalproperty_new_description("Reminder"));
  icaltriggertype trigger = icaltriggertype_from_int(-static_cast<int>(minutes->number) * 60);
  icalcomponent_add_property(alarm, icalproperty_new_trigger(trigger));
  icalcomponent_add_component(event, alarm);
}

icalcomponent* make_event(const MessageContent& message, const MeetingKind& kind) {
  icalcomponent* event = icalcomponent_new_vevent();
  const Value* all_day = find(message, named::PidLidAppointmentSubType);
  bool date = all_day != nullptr && all_day->boolean();
  const Value* start = find(message, named::PidLidAppointmentStartWhole);
  const Value* end = find(message, named::PidLidAppointmentEndWhole);
  if (start != nullptr) icalcomponent_set_dtstart(event, utc_time(*start, date));
  if (end != nullptr) icalcomponent_set_dtend(event, utc_time(*end, date));
  const Value* id = find(message, named::PidLidCleanGlobalObjectId);
  if (id == nullptr) id = find(message, named::PidLidGlobalObjectId);
  if (id != nullptr) icalcomponent_set_uid(event, uid_of(id->bytes).c_str());
  icalcomponent_set_summary(event, message.properties.text(PropTag(tag::PidTagSubject)).c_str());
  std::string location = text_of_named(message, named::PidLidLocation);
  if (!location.empty()) icalcomponent_set_location(event, location.c_str());
  std::string body = message.properties.text(PropTag(tag::PidTagBody));
  std::erase(body, '\r');
  if (!body.empty()) icalcomponent_set_description(event, body.c_str());
  const Value* sequence = find(message, named::PidLidAppointmentSequence);
  if (sequence != nullptr) icalcomponent_set_sequence(event, sequence->integer32());
  const Value* stamp = find(message, kind.method == ICAL_METHOD_REPLY ? named::PidLidAttendeeCriticalChange
                                                                      : named::PidLidOwnerCriticalChange);
  if (stamp != nullptr) icalcomponent_set_dtstamp(event, utc_time(*stamp, false));
  add_people(event, message, kind);
  add_busy(event, message);
  add_reminder(event, message);
  return event;
}

bool equal_named(const MessageContent& a, const MessageContent& b, const NamedProperty& name) {
  const Value* left = find(a, name);
  const Value* right = find(b, name);
  if (left == nullptr || right == nullptr) return left == right;
  return mapi::equal_values(static_cast<mapi::PropType>(name.type), *left, *right);
}

}  // namespace

std::string calendar_of(const MessageContent& message) {
  MeetingKind kind = kind_of(message);
  if (kind.method == ICAL_METHOD_NONE) return {};
  std::unique_ptr<icalcomponent, FreeComponent> calendar(icalcomponent_new_vcalendar());
  icalcomponent_add_property(calendar.get(), icalproperty_new_version("2.0"));
  icalcomponent_add_property(calendar.get(), icalproperty_new_prodid("-//Ropewalk//EN"));
  icalcomponent_set_method(calendar.get(), kind.method);
  icalcomponent_add_component(calendar.get(), make_event(message, kind));
  std::unique_ptr<char, FreeText> text(icalcomponent_as_ical_string_r(calendar.get()));
  return text ? text.get() : "";
}

bool same_calendar(const MessageContent& a, const MessageContent& b) {
  for (const NamedProperty& name :
       {named::PidLidAppointmentStartWhole, named::PidLidAppointmentEndWhole, named::PidLidLocation,
        named::PidLidAppointmentSubType, named::PidLidAppointmentSequence, named::PidLidGlobalObjectId,
        named::PidLidBusyStatus, named::PidLidIntendedBusyStatus, named::PidLidReminderSet, named::PidLidReminderDelta})
    if (!equal_named(a, b, name)) return false;
  PropTag tag(tag::PidTagMessageClass);
  return equal_ignoring_ascii_case(a.properties.text(tag), b.properties.text(tag));
}

}  // namespace ropewalk::mime
