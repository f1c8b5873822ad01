#include "mime/calendar.h"

#include <libical/ical.h>

#include <algorithm>
#include <memory>
#include <mutex>

#include "base/hex.h"
#include "base/utf16.h"
#include "mapi/property_tags.h"
#include "mime/addresses.h"
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
using Component = std::unique_ptr<icalcomponent, FreeComponent>;

// libical shares its time zones between threads.
std::mutex& calendar_lock() {
  static std::mutex lock;
  return lock;
}

// libical frees components by recursion: nesting is bounded before it sees the text.
bool is_reasonable(std::string_view text) {
  constexpr std::size_t kLargest = 8u << 20;
  constexpr int kDeepest = 8;
  if (text.size() > kLargest) return false;
  int depth = 0;
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view line = trim(take_line(rest));
    if (starts_ignoring_case(line, "begin:") && ++depth > kDeepest) return false;
    if (starts_ignoring_case(line, "end:") && --depth < 0) return false;
  }
  return true;
}

std::string text_of_property(icalproperty* property) {
  if (property == nullptr) return {};
  const char* text = icalproperty_get_value_as_string(property);
  return text == nullptr ? "" : text;
}

// Text values come escaped from icalproperty_get_value_as_string; these have getters of their own.
std::string plain_text(const char* text) { return text == nullptr ? std::string() : std::string(text); }

std::string x_property(icalcomponent* event, std::string_view name) {
  for (auto* at = icalcomponent_get_first_property(event, ICAL_X_PROPERTY); at != nullptr;
       at = icalcomponent_get_next_property(event, ICAL_X_PROPERTY)) {
    const char* found = icalproperty_get_x_name(at);
    if (found != nullptr && equal_ignoring_ascii_case(found, name)) return text_of_property(at);
  }
  return {};
}

struct Setter {
  MessageContent& content;
  void operator()(const NamedProperty& name, Value value) { content.properties.set(named_tag(content, name), value); }
  void text(const NamedProperty& name, std::string_view value) {
    content.properties.set_text(named_tag(content, name), value);
  }
  void time(const NamedProperty& name, FileTime value) { (*this)(name, Value::of(value)); }
  void bytes(const NamedProperty& name, ByteView value) { (*this)(name, Value::of(value)); }
};

std::optional<FileTime> file_time(icaltimetype time) {
  if (icaltime_is_null_time(time) || !icaltime_is_valid_time(time) || time.year < 1601 || time.year > 9999)
    return std::nullopt;
  icaltimetype utc = time;
  utc.is_date = 0;
  return FileTime::from_unix(icaltime_as_timet_with_zone(utc, time.zone));
}

// [MS-OXOCAL] 2.2.1.27: an Outlook UID is the object id in hexadecimal; any other UID is wrapped in one.
std::vector<u8> global_object_id(const std::string& uid) {
  constexpr u8 kArrayId[16] = {0x04, 0x00, 0x00, 0x00, 0x82, 0x00, 0xE0, 0x00,
                               0x74, 0xC5, 0xB7, 0x10, 0x1A, 0x82, 0xE0, 0x08};
  if (starts_ignoring_case(uid, "040000008200E00074C5B7101A82E008")) {
    auto bytes = from_hex(uid);
    if (bytes && bytes->size() >= 40) return *bytes;
  }
  std::vector<u8> out(std::begin(kArrayId), std::end(kArrayId));
  out.resize(36);  // no exception, no creation time
  std::string data = "vCal-Uid";
  data.append({1, 0, 0, 0});
  data += uid;
  data += '\0';
  out.resize(40);
  store_le(out.data() + 36, static_cast<u32>(data.size()));
  out.insert(out.end(), data.begin(), data.end());
  return out;
}

void map_ids(icalcomponent* event, Setter& set) {
  std::string uid = plain_text(icalcomponent_get_uid(event));
  if (uid.empty()) return;
  std::vector<u8> id = global_object_id(uid);
  std::vector<u8> clean = id;
  std::fill(clean.begin() + 16, clean.begin() + 20, u8{0});
  icaltimetype instance = icalcomponent_get_recurrenceid(event);
  if (!icaltime_is_null_time(instance)) {
    id[16] = static_cast<u8>(instance.year >> 8);
    id[17] = static_cast<u8>(instance.year);
    id[18] = static_cast<u8>(instance.month);
    id[19] = static_cast<u8>(instance.day);
    set(named::PidLidIsException, Value::of(true));
  }
  set.bytes(named::PidLidGlobalObjectId, id);
  set.bytes(named::PidLidCleanGlobalObjectId, clean);
}

bool map_times(icalcomponent* event, Setter& set) {
  icaltimetype begin = icalcomponent_get_dtstart(event);
  icaltimetype end = icalcomponent_get_dtend(event);
  auto start = file_time(begin);
  if (!start) return false;
  bool all_day =
      begin.is_date != 0 || equal_ignoring_ascii_case(x_property(event, "X-MICROSOFT-CDO-ALLDAYEVENT"), "true");
  auto finish = file_time(end);
  constexpr u64 kDay = 864'000'000'000, kMinute = 600'000'000;
  if (!finish || *finish < *start) finish = FileTime{start->value + (begin.is_date != 0 ? kDay : 0)};
  for (const auto& name : {named::PidLidAppointmentStartWhole, named::PidLidCommonStart, named::PidLidClipStart})
    set.time(name, *start);
  for (const auto& name : {named::PidLidAppointmentEndWhole, named::PidLidCommonEnd, named::PidLidClipEnd})
    set.time(name, *finish);
  set.content.properties.set(PropTag(tag::PidTagStartDate), Value::of(*start));
  set.content.properties.set(PropTag(tag::PidTagEndDate), Value::of(*finish));
  set(named::PidLidAppointmentDuration, Value::of(static_cast<u32>((finish->value - start->value) / kMinute)));
  set(named::PidLidAppointmentSubType, Value::of(all_day));
  if (begin.zone != nullptr && !icaltime_is_utc(begin)) {
    const char* zone = icaltimezone_get_display_name(const_cast<icaltimezone*>(begin.zone));
    if (zone != nullptr) set.text(named::PidLidTimeZoneDescription, zone);
  }
  return true;
}

u32 busy_status(std::string_view text, u32 otherwise) {
  if (equal_ignoring_ascii_case(text, "free")) return 0;
  if (equal_ignoring_ascii_case(text, "tentative")) return 1;
  if (equal_ignoring_ascii_case(text, "busy")) return 2;
  if (equal_ignoring_ascii_case(text, "oof")) return 3;
  return otherwise;
}

// [MS-OXCICAL] 2.1.3.1.1.20: TRANSP, then STATUS, then X-MICROSOFT-CDO-BUSYSTATUS has the last word.
void map_busy(icalcomponent* event, icalproperty_method method, Setter& set) {
  u32 busy = 2;
  if (auto* transparency = icalcomponent_get_first_property(event, ICAL_TRANSP_PROPERTY))
    busy = equal_ignoring_ascii_case(text_of_property(transparency), "transparent") ? 0 : 2;
  else if (icalcomponent_get_status(event) == ICAL_STATUS_TENTATIVE)
    busy = 1;
  busy = busy_status(x_property(event, "X-MICROSOFT-CDO-BUSYSTATUS"), busy);
  if (method == ICAL_METHOD_REQUEST) {
    set(named::PidLidIntendedBusyStatus,
        Value::of(busy_status(x_property(event, "X-MICROSOFT-CDO-INTENDEDSTATUS"), busy)));
    busy = 1;  // until the invitation is answered
  } else if (method == ICAL_METHOD_CANCEL) {
    busy = 0;
  }
  set(named::PidLidBusyStatus, Value::of(busy));
}

void map_reminder(icalcomponent* event, Setter& set) {
  icalcomponent* alarm = icalcomponent_get_first_component(event, ICAL_VALARM_COMPONENT);
  set(named::PidLidReminderSet, Value::of(alarm != nullptr));
  if (alarm == nullptr) return;
  icalproperty* property = icalcomponent_get_first_property(alarm, ICAL_TRIGGER_PROPERTY);
  if (property == nullptr) return;
  icaltriggertype trigger = icalproperty_get_trigger(property);
  i64 seconds = icaltime_is_null_time(trigger.time) ? -i64{icaldurationtype_as_int(trigger.duration)} : 0;
  const Value* start = set.content.properties.find(named_tag(set.content, named::PidLidAppointmentStartWhole));
  u64 begins = start == nullptr ? 0 : start->number;
  if (auto at = file_time(trigger.time); at && at->value < begins)
    seconds = static_cast<i64>((begins - at->value) / 10'000'000);
  seconds = std::clamp<i64>(seconds, 0, 86'400 * 366);
  set(named::PidLidReminderDelta, Value::of(static_cast<u32>(seconds / 60)));
  set.time(named::PidLidReminderTime, {begins});
  set.time(named::PidLidReminderSignalTime, {begins - static_cast<u64>(seconds) * 10'000'000});
}

std::string attendee_address(icalproperty* property) {
  std::string text = plain_text(icalproperty_get_attendee(property));
  if (starts_ignoring_case(text, "mailto:")) text.erase(0, 7);
  return std::string(trim(text));
}

icalparameter_partstat participation(icalproperty* attendee) {
  auto* parameter = icalproperty_get_first_parameter(attendee, ICAL_PARTSTAT_PARAMETER);
  return parameter == nullptr ? ICAL_PARTSTAT_NONE : icalparameter_get_partstat(parameter);
}

// PidTagRecipientTrackStatus and PidLidResponseStatus, [MS-OXOCAL] 2.2.1.11
u32 response_of(icalparameter_partstat status) {
  switch (status) {
    case ICAL_PARTSTAT_TENTATIVE:
      return 2;
    case ICAL_PARTSTAT_ACCEPTED:
      return 3;
    case ICAL_PARTSTAT_DECLINED:
      return 4;
    case ICAL_PARTSTAT_NEEDSACTION:
      return 5;
    default:
      return 0;
  }
}

void map_attendees(icalcomponent* event, Setter& set) {
  std::string all, required, optional;
  bool wants_answer = false;
  auto add = [](std::string& list, const std::string& name) { list += (list.empty() ? "" : "; ") + name; };
  for (auto* at = icalcomponent_get_first_property(event, ICAL_ATTENDEE_PROPERTY); at != nullptr;
       at = icalcomponent_get_next_property(event, ICAL_ATTENDEE_PROPERTY)) {
    std::string address = attendee_address(at);
    auto* cn = icalproperty_get_first_parameter(at, ICAL_CN_PARAMETER);
    std::string name = cn == nullptr ? address : plain_text(icalparameter_get_cn(cn));
    auto* role = icalproperty_get_first_parameter(at, ICAL_ROLE_PARAMETER);
    bool is_optional = role != nullptr && icalparameter_get_role(role) == ICAL_ROLE_OPTPARTICIPANT;
    auto* rsvp = icalproperty_get_first_parameter(at, ICAL_RSVP_PARAMETER);
    wants_answer |= rsvp != nullptr && icalparameter_get_rsvp(rsvp) == ICAL_RSVP_TRUE;
    add(all, name);
    add(is_optional ? optional : required, name);
    for (mapi::PropertyBag& recipient : set.content.recipients) {
      if (!equal_ignoring_ascii_case(recipient_address(recipient).address, address)) continue;
      recipient.set(PropTag(tag::PidTagRecipientTrackStatus), Value::of(response_of(participation(at))));
    }
  }
  if (all.empty()) return;
  set.text(named::PidLidAllAttendeesString, all);
  set.text(named::PidLidToAttendeesString, required);
  set.text(named::PidLidCcAttendeesString, optional);
  set.content.properties.set(PropTag(tag::PidTagResponseRequested), Value::of(wants_answer));
}

struct Kind {
  std::string_view message_class;
  u32 icon, state, response;  // PidTagIconIndex, PidLidAppointmentStateFlags, PidLidResponseStatus
};

Kind kind_of(icalcomponent* event, icalproperty_method method) {
  constexpr u32 kMeeting = 1, kReceived = 2, kCanceled = 4;  // [MS-OXOCAL] 2.2.1.10
  if (method == ICAL_METHOD_REQUEST) return {"IPM.Schedule.Meeting.Request", 0x404, kMeeting | kReceived, 5};
  if (method == ICAL_METHOD_CANCEL)
    return {"IPM.Schedule.Meeting.Canceled", 0x408, kMeeting | kReceived | kCanceled, 5};
  auto* attendee = icalcomponent_get_first_property(event, ICAL_ATTENDEE_PROPERTY);
  auto status = attendee == nullptr ? ICAL_PARTSTAT_NONE : participation(attendee);
  if (status == ICAL_PARTSTAT_ACCEPTED) return {"IPM.Schedule.Meeting.Resp.Pos", 0x405, kMeeting, 3};
  if (status == ICAL_PARTSTAT_DECLINED) return {"IPM.Schedule.Meeting.Resp.Neg", 0x406, kMeeting, 4};
  return {"IPM.Schedule.Meeting.Resp.Tent", 0x407, kMeeting, 2};
}

void map_texts(icalcomponent* event, Setter& set) {
  mapi::PropertyBag& bag = set.content.properties;
  std::string location = plain_text(icalcomponent_get_location(event));
  set.text(named::PidLidLocation, location);
  set.text(named::PidLidWhere, location);
  if (bag.text(PropTag(tag::PidTagSubject)).empty()) {
    std::string summary = plain_text(icalcomponent_get_summary(event));
    bag.set_text(PropTag(tag::PidTagSubject), summary);
    bag.set_text(PropTag(tag::PidTagNormalizedSubject), summary);
  }
  bool has_body = bag.find_id(PropTag(tag::PidTagBody).id()) || bag.find_id(PropTag(tag::PidTagHtml).id());
  set(named::PidLidSingleBodyICal, Value::of(!has_body));
  std::string description = plain_text(icalcomponent_get_description(event));
  if (has_body || description.empty()) return;
  std::string crlf;
  for (char c : description) {
    if (c == '\n' && !crlf.ends_with('\r')) crlf += '\r';
    crlf += c;
  }
  bag.set_text(PropTag(tag::PidTagBody), crlf);
  bag.set(PropTag(tag::PidTagNativeBody), Value::of(u32{1}));
}

void map_rest(icalcomponent* event, icalproperty_method method, Setter& set, std::vector<std::string>& unmapped) {
  mapi::PropertyBag& bag = set.content.properties;
  set(named::PidLidAppointmentSequence, Value::of(static_cast<u32>(std::max(0, icalcomponent_get_sequence(event)))));
  if (auto stamp = file_time(icalcomponent_get_dtstamp(event))) {
    bool reply = method == ICAL_METHOD_REPLY || method == ICAL_METHOD_COUNTER;
    set.time(reply ? named::PidLidAttendeeCriticalChange : named::PidLidOwnerCriticalChange, *stamp);
  }
  if (method == ICAL_METHOD_REQUEST) set(named::PidLidMeetingType, Value::of(u32{1}));
  std::string owner = x_property(event, "X-MICROSOFT-CDO-OWNERAPPTID");
  if (!owner.empty())
    bag.set(PropTag(tag::PidTagOwnerAppointmentId),
            Value::of(static_cast<i32>(std::strtol(owner.c_str(), nullptr, 10))));
  bool recurs = icalcomponent_get_first_property(event, ICAL_RRULE_PROPERTY) != nullptr ||
                icalcomponent_get_first_property(event, ICAL_RDATE_PROPERTY) != nullptr;
  set(named::PidLidIsRecurring, Value::of(recurs));
  set(named::PidLidRecurring, Value::of(false));  // true only with PidLidAppointmentRecur beside it
  if (recurs) unmapped.push_back("the recurrence");
  if (method == ICAL_METHOD_COUNTER) unmapped.push_back("the proposed time of a counter-proposal");
}

}  // namespace

Status map_calendar(std::string_view utf8, MessageContent& content, std::vector<std::string>& unmapped) {
  if (!is_reasonable(utf8)) return Error{"a calendar that is too large, or whose components do not nest"};
  std::scoped_lock lock(calendar_lock());
  icalerror_set_errors_are_fatal(false);
  std::string text(utf8);
  Component root(icalparser_parse_string(text.c_str()));
  if (!root) return Error{"a calendar that cannot be read"};
  icalcomponent* calendar = icalcomponent_isa(root.get()) == ICAL_VCALENDAR_COMPONENT
                                ? root.get()
                                : icalcomponent_get_first_component(root.get(), ICAL_VCALENDAR_COMPONENT);
  icalcomponent* event =
      calendar == nullptr ? nullptr : icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT);
  if (event == nullptr) return Error{"a calendar without an event"};
  icalproperty_method method = icalcomponent_get_method(calendar);
  if (method != ICAL_METHOD_REQUEST && method != ICAL_METHOD_REPLY && method != ICAL_METHOD_CANCEL &&
      method != ICAL_METHOD_COUNTER)
    return Error{"a calendar whose method is no meeting message's"};
  Setter set{content};
  if (!file_time(icalcomponent_get_dtstart(event))) return Error{"an event without a readable start"};
  map_times(event, set);
  map_ids(event, set);
  map_busy(event, method, set);
  map_reminder(event, set);
  map_attendees(event, set);
  map_texts(event, set);
  map_rest(event, method, set, unmapped);
  Kind kind = kind_of(event, method);
  content.properties.set_text(PropTag(tag::PidTagMessageClass), kind.message_class);
  content.properties.set(PropTag(tag::PidTagIconIndex), Value::of(kind.icon));
  set(named::PidLidAppointmentStateFlags, Value::of(kind.state));
  set(named::PidLidResponseStatus, Value::of(kind.response));
  if (icalcomponent_get_next_component(calendar, ICAL_VEVENT_COMPONENT) != nullptr)
    unmapped.push_back("every event after the first one");
  return {};
}

}  // namespace ropewalk::mime
