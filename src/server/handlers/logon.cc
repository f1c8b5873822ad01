// [MS-OXCSTOR]: logging on to a mailbox, its receive folders, its ids.
#include <algorithm>

#include "base/filetime.h"
#include "protocol/rop/oxcstor.h"
#include "server/handler_support.h"
#include "server/handlers/handlers.h"
#include "store/mailbox_stores.h"

namespace ropewalk::server {
namespace {

constexpr u8 kKnownLogonFlags =
    rop::kLogonPrivate | rop::kLogonUndercover | rop::kLogonGhosted | rop::kLogonSpoolerProcess;

rop::LogonTime logon_time(FileTime now) {
  auto seconds = static_cast<u64>(now.to_unix());
  auto day_number = static_cast<i64>(seconds / 86400);
  std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day_number}}};
  rop::LogonTime time;
  time.seconds = static_cast<u8>(seconds % 60);
  time.minutes = static_cast<u8>(seconds / 60 % 60);
  time.hour = static_cast<u8>(seconds / 3600 % 24);
  time.day_of_week = static_cast<u8>((day_number + 4) % 7);
  time.day = static_cast<u8>(static_cast<unsigned>(date.day()));
  time.month = static_cast<u8>(static_cast<unsigned>(date.month()));
  time.year = static_cast<u16>(static_cast<int>(date.year()));
  return time;
}

// Whose mailbox is asked for, or why it is not given. A user opens the own mailbox alone; others' need permissions.
Result<MailboxEntry, ErrorCode> mailbox_asked_for(RopContext& context, const rop::LogonRequest& request) {
  std::string_view dn = request.has_essdn ? request.essdn.text() : std::string_view{};
  auto refuse = [&](ErrorCode code, const std::string& why) {
    context.environment.refused(context.session.user.address + ": RopLogon to \"" + std::string(dn) + "\": " + why);
    return code;
  };
  if ((request.logon_flags & ~kKnownLogonFlags) != 0) return refuse(ErrorCode::error, "undefined LogonFlags");
  if ((request.logon_flags & rop::kLogonPrivate) == 0)
    return refuse(ErrorCode::login_failure, "there is no public folder store");
  auto entry = context.environment.find_mailbox(dn);
  if (!entry) return refuse(ErrorCode::unknown_user, "nobody has this legacy DN; see 'ropewalk user list'");
  if (entry->user_id != context.session.user.id) return refuse(ErrorCode::login_perm, "the mailbox is another user's");
  return *entry;
}

ErrorCode logon(RopContext& context, const rop::LogonRequest& request, rop::LogonResponse& response) {
  auto entry = mailbox_asked_for(context, request);
  if (!entry.ok()) return entry.error();
  auto opened = context.environment.mailboxes.open(entry->mailbox_guid);
  if (!opened.ok()) {
    context.environment.refused(context.session.user.address + ": RopLogon: " + opened.error().text);
    return ErrorCode::login_failure;
  }
  auto& mailbox = *opened;
  // A client that logs on again under the same number starts anew there.
  context.session.handles.release_logon(request.logon_id);
  auto object = std::make_unique<session::LogonObject>(request.logon_id, mailbox, request.logon_flags);
  if (ErrorCode code = context.open(request.output_handle_index, std::move(object)); code != ErrorCode::none)
    return code;

  response.logon_flags = request.logon_flags;
  static_assert(store::kLogonFolders == rop::kLogonFolders);
  auto folders = context.arena.make<mapi::FolderId>(rop::kLogonFolders);
  for (std::size_t i = 0; i < folders.size(); ++i) folders[i] = mailbox->special(static_cast<store::SpecialFolder>(i));
  response.folder_ids = folders;
  response.response_flags = (request.logon_flags & rop::kLogonSpoolerProcess) != 0
                                ? rop::kLogonReserved
                                : rop::kLogonReserved | rop::kLogonOwnerRight | rop::kLogonSendAsRight;
  response.mailbox_guid = mailbox->mailbox_guid();
  response.repl_id = 1;
  response.repl_guid = mailbox->database_guid();
  FileTime now = FileTime::now();
  response.logon_time = logon_time(now);
  response.gwart_time = now.value;
  return ErrorCode::none;
}

// [MS-OXCSTOR] 2.2.1.2.1 MessageClass: printable ASCII, at most 255 bytes with its terminator, no empty part between
// dots.
bool can_be_message_class(std::string_view text) {
  auto is_printable = [](char c) { return c >= 0x20 && c <= 0x7E; };
  return text.size() <= 254 && std::ranges::all_of(text, is_printable) && !text.starts_with('.') &&
         !text.ends_with('.') && text.find("..") == std::string_view::npos;
}

ErrorCode get_receive_folder(RopContext& context, const rop::GetReceiveFolderRequest& request,
                             rop::GetReceiveFolderResponse& response) {
  auto* logon = context.get<session::LogonObject>(request.input_handle_index);
  if (logon == nullptr) return context.missing(request.input_handle_index);
  if (!can_be_message_class(request.message_class.text())) return ErrorCode::invalid_param;
  auto found = logon->store->receive_folder(request.message_class.text());
  if (!found.ok()) return found.error().code;
  response.folder_id = found->folder;
  response.explicit_message_class.bytes = bytes_of(context.arena.copy(std::string_view(found->message_class)));
  return ErrorCode::none;
}

ErrorCode set_receive_folder(RopContext& context, const rop::SetReceiveFolderRequest& request,
                             rop::SetReceiveFolderResponse&) {
  auto* logon = context.get<session::LogonObject>(request.input_handle_index);
  if (logon == nullptr) return context.missing(request.input_handle_index);
  if (!can_be_message_class(request.message_class.text())) return ErrorCode::invalid_param;
  if (request.message_class.text().empty() && request.folder_id.is_null()) return ErrorCode::error;
  auto done = logon->store->set_receive_folder(request.message_class.text(), request.folder_id);
  return done.ok() ? ErrorCode::none : done.error().code;
}

ErrorCode long_term_id_from_id(RopContext& context, const rop::LongTermIdFromIdRequest& request,
                               rop::LongTermIdFromIdResponse& response) {
  auto* logon = context.get<session::LogonObject>(request.input_handle_index);
  if (logon == nullptr) return context.missing(request.input_handle_index);
  auto id = logon->store->long_term_id(request.object_id.value);
  if (!id.ok()) return id.error().code;
  response.long_term_id = *id;
  return ErrorCode::none;
}

ErrorCode id_from_long_term_id(RopContext& context, const rop::IdFromLongTermIdRequest& request,
                               rop::IdFromLongTermIdResponse& response) {
  auto* logon = context.get<session::LogonObject>(request.input_handle_index);
  if (logon == nullptr) return context.missing(request.input_handle_index);
  const mapi::LongTermId& given = request.long_term_id;
  if (given.database_guid == Guid{} || mapi::globcnt_number(given.global_counter) == 0) return ErrorCode::invalid_param;
  auto id = logon->store->short_term_id(request.long_term_id);
  if (!id.ok()) return id.error().code;
  response.object_id = {*id};
  return ErrorCode::none;
}

using rop::RopId;
constexpr HandlerRow kHandlers[] = {
    handler_row<RopId::logon, rop::LogonRequest, rop::LogonResponse, logon>(),
    brief(handler_row<RopId::get_receive_folder, rop::GetReceiveFolderRequest, rop::GetReceiveFolderResponse,
                      get_receive_folder>()),
    handler_row<RopId::set_receive_folder, rop::SetReceiveFolderRequest, rop::SetReceiveFolderResponse,
                set_receive_folder>(),
    brief(handler_row<RopId::long_term_id_from_id, rop::LongTermIdFromIdRequest, rop::LongTermIdFromIdResponse,
                      long_term_id_from_id>()),
    brief(handler_row<RopId::id_from_long_term_id, rop::IdFromLongTermIdRequest, rop::IdFromLongTermIdResponse,
                      id_from_long_term_id>()),
};

}  // namespace

std::span<const HandlerRow> logon_handlers() { return kHandlers; }

}  // namespace ropewalk::server
