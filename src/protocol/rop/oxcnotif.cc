#include "protocol/rop/oxcnotif.h"

#include "wire/flag_text.h"

namespace ropewalk::rop {
namespace {

constexpr wire::NamedValue kTypes[] = {{kNotifyNewMail, "NewMail"},
                                       {kNotifyObjectCreated, "ObjectCreated"},
                                       {kNotifyObjectDeleted, "ObjectDeleted"},
                                       {kNotifyObjectModified, "ObjectModified"},
                                       {kNotifyObjectMoved, "ObjectMoved"},
                                       {kNotifyObjectCopied, "ObjectCopied"},
                                       {kNotifySearchComplete, "SearchCompleted"},
                                       {kNotifyTableModified, "TableModified"},
                                       {kNotifyExtended, "Extended"}};
constexpr wire::NamedValue kBits[] = {{0x1000, "T"}, {0x2000, "U"}, {0x4000, "S"}, {0x8000, "M"}};

}  // namespace

const wire::TypeInfo& wire_type(std::type_identity<NotificationTypes>) {
  static constexpr wire::TypeInfo info{"NotificationTypes", 2, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) { wire::append_flag_names(raw, kTypes, out); }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<NotificationFlags>) {
  static constexpr wire::TypeInfo info{"NotificationFlags", 2, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) {
                                         wire::append_value_name(raw & 0x0FFF, kTypes, out);
                                         if ((raw & 0xF000) == 0) return;
                                         out += ' ';
                                         wire::append_flag_names(raw & 0xF000, kBits, out);
                                       },
                                       [](wire::Random& random) -> u64 {
                                         return kTypes[random.below(std::size(kTypes))].value | random.below(16) << 12;
                                       }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<TableEventType>) {
  static constexpr wire::NamedValue kNames[] = {{1, "TableChanged"},
                                                {3, "TableRowAdded"},
                                                {4, "TableRowDeleted"},
                                                {5, "TableRowModified"},
                                                {7, "TableRestrictionChanged"}};
  static constexpr wire::TypeInfo info{
      "TableEventType", 2, wire::Form::unsigned_number,
      [](u64 raw, std::string& out) { wire::append_value_name(raw, kNames, out); },
      [](wire::Random& random) { return kNames[random.below(std::size(kNames))].value; }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<NotificationTagCount>) {
  static constexpr wire::TypeInfo info{
      "TagCount", 2, wire::Form::unsigned_number, nullptr,
      [](wire::Random& random) -> u64 { return random.chance(30) ? NotificationTagCount::kNotTold : random.below(4); }};
  return info;
}

std::span<const RopRow> oxcnotif_rops() {
  static constexpr RopRow rows[] = {
      rop_row<RopId::register_notification, RegisterNotificationRequest, RegisterNotificationResponse>(),
      rop_row<RopId::notify, NoRequest, NotifyResponse>(),
      rop_row<RopId::pending, NoRequest, PendingResponse>(),
  };
  return rows;
}

}  // namespace ropewalk::rop
