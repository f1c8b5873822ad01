// A calendar part of a message: mapped by calendar.h, and kept as it came.
#include "base/utf16.h"
#include "mime/body_text.h"
#include "mime/calendar.h"
#include "mime/charset.h"
#include "mime/import_context.h"

namespace ropewalk::mime {

bool import_calendar(const Part& calendar, const ImportContext& context, mapi::MessageContent& content) {
  PartBytes decoded = decode_part(calendar);
  if (!decoded.clean) return false;
  TextCharset charset = text_charset(decoded.bytes, calendar.charset(), {});
  Decoded text = decode_charset(bytes_of(decoded.bytes), charset.name);
  std::vector<std::string> unmapped;
  auto mapped = map_calendar(utf16_to_utf8(text.utf16), content, unmapped);
  if (!mapped) {
    context.remark(calendar, mapped.error().text + "; the calendar is an attachment");
    return false;
  }
  // [MS-OXOCAL] 2.2.5.x PidLidInboundICalStream: the bytes of the part, whatever of them is mapped.
  content.properties.set_bytes(named_tag(content, mapi::named::PidLidInboundICalStream), bytes_of(decoded.bytes));
  for (const std::string& what : unmapped) context.remark(calendar, what + " is kept in PidLidInboundICalStream");
  return true;
}

}  // namespace ropewalk::mime
