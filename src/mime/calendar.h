// Meeting messages between iCalendar and properties, [MS-OXCICAL], through libical.
#pragma once

#include "base/result.h"
#include "mapi/property_bag.h"

namespace ropewalk::mime {

// Maps a VCALENDAR with one of the methods REQUEST, REPLY, CANCEL and COUNTER and a VEVENT onto the message, its class
// included. Fails, with `content` as it was, where there is no such event. `unmapped` gets what properties do not say.
Status map_calendar(std::string_view utf8, mapi::MessageContent& content, std::vector<std::string>& unmapped);

// The inverse for a message of class IPM.Schedule.Meeting.*; empty for other classes.
std::string calendar_of(const mapi::MessageContent& content);

// The named properties that map_calendar sets and calendar_of reads, by which a kept calendar is seen to be current.
bool same_calendar(const mapi::MessageContent& a, const mapi::MessageContent& b);

}  // namespace ropewalk::mime
