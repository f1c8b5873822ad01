#include "dissect/mapi_session.h"

#include <fmt/format.h>

#include "mapi/property_tags.h"
#include "protocol/rop/control.h"
#include "protocol/rop/fast_transfer.h"
#include "protocol/rop/oxcfold.h"
#include "protocol/rop/oxcmsg.h"
#include "protocol/rop/oxcprpt.h"
#include "protocol/rop/oxcstor.h"
#include "protocol/rop/oxctabl.h"
#include "protocol/rop/rop_buffer.h"

namespace ropewalk::dissect {

using rop::RopId;

namespace {

// [MS-OXCSTOR] 2.2.1.1.3 and 2.2.1.1.4: FolderIds, in their order.
constexpr std::string_view kPrivateFolders[] = {
    "Root",         "Deferred Action", "Spooler Queue", "Top of Information Store",
    "Inbox",        "Outbox",          "Sent Items",    "Deleted Items",
    "Common Views", "Schedule",        "Search",        "Views",
    "Shortcuts"};
constexpr std::string_view kPublicFolders[] = {"Root",
                                               "IPM_SUBTREE",
                                               "NON_IPM_SUBTREE",
                                               "EFORMS REGISTRY",
                                               "SCHEDULE+ FREE BUSY",
                                               "OFFLINE ADDRESS BOOK",
                                               "EFORMS REGISTRY (local)",
                                               "SCHEDULE+ FREE BUSY (local)",
                                               "OFFLINE ADDRESS BOOK (local)",
                                               "NNTP Article Index",
                                               "",
                                               "",
                                               ""};
static_assert(std::size(kPrivateFolders) == rop::kLogonFolders && std::size(kPublicFolders) == rop::kLogonFolders);

// What the ROPs that open something open.
std::string_view kind_opened_by(RopId id) {
  switch (id) {
    case RopId::logon:
      return "Logon";
    case RopId::open_folder:
    case RopId::create_folder:
      return "Folder";
    case RopId::open_message:
    case RopId::create_message:
    case RopId::open_embedded_message:
    case RopId::synchronization_import_message_change:
      return "Message";
    case RopId::open_attachment:
    case RopId::create_attachment:
      return "Attachment";
    case RopId::get_hierarchy_table:
      return "HierarchyTable";
    case RopId::get_contents_table:
      return "ContentsTable";
    case RopId::get_attachment_table:
      return "AttachmentTable";
    case RopId::get_permissions_table:
      return "PermissionsTable";
    case RopId::get_rules_table:
      return "RulesTable";
    case RopId::open_stream:
    case RopId::clone_stream:
      return "Stream";
    case RopId::register_notification:
      return "NotificationSubscription";
    case RopId::synchronization_configure:
    case RopId::fast_transfer_source_copy_folder:
    case RopId::fast_transfer_source_copy_messages:
    case RopId::fast_transfer_source_copy_to:
    case RopId::fast_transfer_source_copy_properties:
    case RopId::synchronization_get_transfer_state:
      return "FastTransferSource";
    case RopId::fast_transfer_destination_configure:
      return "FastTransferDestination";
    case RopId::synchronization_open_collector:
      return "SynchronizationUpload";
    default:
      return {};
  }
}

// Where in the handle table the new object of an opening request goes.
u8 output_index(const rop::AnyRopRequest& request) {
  const rop::RopRow* row = rop::find_row(request.id);
  return row == nullptr || row->response_index == nullptr ? 0 : row->response_index(request.body);
}

bool answers(RopId response, RopId request) {
  return response == request || (response == RopId::set_message_status && request == RopId::get_message_status);
}

std::string text_of(const mapi::PropertyCell& cell) {
  return cell.flag == mapi::CellFlag::value ? mapi::text_of_value(cell.type, cell.value) : std::string();
}

const mapi::PropertyCell* cell_of(const mapi::PropertyRow& row, u16 id) {
  for (const mapi::PropertyCell& cell : row.cells)
    if (cell.column.id() == id && cell.flag == mapi::CellFlag::value) return &cell;
  return nullptr;
}

std::string table_name(const ServerObject* parent) { return parent == nullptr ? std::string() : parent->name; }

}  // namespace

// One response that was read, and the request it answers (null where none is known).
struct MapiSession::Answer {
  const rop::AnyRopResponse& response;
  const RopRequests* requests;
  std::size_t request;                // its place, where `requests` is not null
  const rop::RopBufferParts& output;  // the response's handles
  u64 operation;
  bool succeeded;
  const rop::AnyRopRequest* asked() const { return requests == nullptr ? nullptr : &requests->list[request]; }
  u32 output_handle(u8 index) const { return index < output.handle_count() ? output.handle(index) : rop::kNoHandle; }
  // What the request acts on. Where that was opened by the same buffer, only the response's table has the handle.
  u32 handle() const {
    u32 known = requests->input_handle(request);
    return known != rop::kNoHandle ? known : output_handle(requests->input_index(request));
  }
};

RopRequests::RopRequests(std::span<const ByteView> payloads) : arena(8u << 20, 1024) {
  std::size_t size = 0;
  for (ByteView payload : payloads) size += payload.size();
  bytes.reserve(size);
  for (ByteView payload : payloads) {
    std::size_t at = bytes.size();
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    auto parts = rop::split_rop_buffer(ByteView(bytes).subspan(at));
    if (!parts) continue;
    rop::RopReader reader(parts->rops, arena);
    while (!reader.at_end() && reader.rest().size() >= 3) {
      const u8* begin = reader.rest().data();
      RopId id = reader.id();
      const void* body = reader.read_any();
      if (body == nullptr) break;
      list.push_back({id, const_cast<void*>(body)});
      begins.push_back(begin);
    }
    if (handles.empty())
      for (std::size_t i = 0; i < parts->handle_count(); ++i) handles.push_back(parts->handle(i));
  }
}

u8 RopRequests::input_index(std::size_t i) const {
  switch (list[i].id) {
    case RopId::save_changes_message:
    case RopId::save_changes_attachment:
    case RopId::set_message_read_flag:
      return begins[i][3];  // the first one says where the answer goes
    default:
      return begins[i][2];
  }
}

u32 RopRequests::handle(std::size_t index) const { return index < handles.size() ? handles[index] : rop::kNoHandle; }

std::string ServerObject::text() const { return name.empty() ? kind : fmt::format("{} \"{}\"", kind, name); }

std::span<const mapi::PropTag> MapiSession::columns(u32 handle) const {
  auto found = objects_.find(handle);
  if (found == objects_.end()) return {};
  return found->second.columns;
}

const ServerObject* MapiSession::object(u32 handle) const {
  auto found = objects_.find(handle);
  return found == objects_.end() ? nullptr : &found->second;
}

MapiSession MapiSession::excerpt(std::span<const u32> handles) const {
  MapiSession part;
  for (u32 handle : handles) {
    const ServerObject* known = object(handle);
    if (known == nullptr) continue;
    part.objects_.try_emplace(
        handle,
        ServerObject{known->kind, known->name, known->rop, known->operation, known->folder_id, known->columns, {}, 0});
  }
  part.public_logons_ = public_logons_;
  return part;
}

// What the ROP acts on, or opens, in words.
std::string MapiSession::described(const RopRequests& requests, std::size_t i) const {
  const rop::AnyRopRequest& request = requests.list[i];
  auto folder = [&](u64 id) {
    auto found = folders_.find(id);
    return found == folders_.end() ? std::string() : fmt::format("Folder \"{}\"", found->second);
  };
  if (const auto* open = request.as<rop::OpenFolderRequest>())
    if (std::string text = folder(open->folder_id.value); !text.empty()) return text;
  if (request.id == RopId::logon) return {};
  const ServerObject* known = object(requests.input_handle(i));
  return known == nullptr ? std::string() : known->text();
}

std::vector<RopNote> MapiSession::notes(const RopRequests& requests) const {
  std::vector<RopNote> notes;
  for (std::size_t i = 0; i < requests.list.size(); ++i)
    notes.push_back({rop::name(requests.list[i].id), std::nullopt, described(requests, i)});
  return notes;
}

std::vector<RopNote> MapiSession::learn(const RopRequests* requests, std::span<const ByteView> payloads,
                                        u64 operation) {
  std::vector<RopNote> notes;
  std::size_t next = 0;  // of the requests
  rop::AnsweredRequests answered;
  if (requests != nullptr) answered = {requests->list, requests->handles, this};
  rop::ResponseMatcher matcher(requests == nullptr ? nullptr : &answered);
  for (ByteView payload : payloads) {
    auto parts = rop::split_rop_buffer(payload);
    if (!parts) continue;
    Arena arena(rop::arena_limit(payload.size()));
    wire::Context publics = wire::add_context(public_logons_, nullptr);
    wire::Context chain = wire::add_context(matcher, &publics);
    wire::Decoder decoder(parts->rops, arena, &chain);
    while (decoder.ok() && decoder.remaining() != 0) {
      ByteView rest = decoder.rest_of_input();
      rop::AnyRopResponse response;
      rop::AnyRopResponse::choose("", response, decoder);
      RopNote note{rop::name(response.id), std::nullopt, ""};
      const rop::RopRow* row = rop::find_row(response.id);
      if (row != nullptr && row->make_failure != nullptr && rest.size() >= 6)
        note.error = load_le<u32>(rest.data() + 2);
      const RopRequests* matched = nullptr;
      std::size_t at = next;
      for (; requests != nullptr && at < requests->list.size(); ++at) {
        if (!answers(response.id, requests->list[at].id)) continue;
        matched = requests;
        break;
      }
      // Further buffers hold more answers to the last request: [MS-OXCRPC] 3.1.4.2.1.2.2.
      bool is_more = matched == nullptr && requests != nullptr && !requests->list.empty() &&
                     answers(response.id, requests->list.back().id);
      if (is_more) {
        matched = requests;
        at = requests->list.size() - 1;
      }
      if (matched != nullptr)
        for (; next <= at; ++next)
          if (requests->list[next].id == RopId::release) release(*requests, next);
      if (matched != nullptr) note.object = described(*requests, at);
      bool succeeded = decoder.ok() && (!note.error || *note.error == 0);
      if (decoder.ok()) take({response, matched, at, *parts, operation, succeeded});
      notes.push_back(std::move(note));
    }
  }
  if (requests != nullptr)
    for (; next < requests->list.size(); ++next)
      if (requests->list[next].id == RopId::release) release(*requests, next);
  return notes;
}

void MapiSession::release(const RopRequests& requests, std::size_t i) {
  auto found = objects_.find(requests.input_handle(i));
  if (found == objects_.end()) return;
  end_stream(found->second, "RopFastTransferDestinationPutBuffer");
  objects_.erase(found);
}

void MapiSession::add_piece(u32 handle, ByteView bytes) {
  auto found = objects_.find(handle);
  if (found == objects_.end() || stream_bytes_ + bytes.size() > kMaxStreams) return;
  found->second.stream.insert(found->second.stream.end(), bytes.begin(), bytes.end());
  ++found->second.pieces;
  stream_bytes_ += bytes.size();
}

void MapiSession::end_stream(ServerObject& object, std::string_view rop) {
  if (object.pieces == 0) return;
  stream_bytes_ -= object.stream.size();
  streams_.push_back({fmt::format("from {} buffers of {}", object.pieces, rop), std::move(object.stream)});
  object.stream.clear();
  object.pieces = 0;
}

// What fast transfers carry, up and down; [MS-OXCFXICS] 3.2.5.8.1.5, 3.2.5.8.2.
void MapiSession::transfer(const Answer& answer) {
  u32 handle = answer.handle();
  const rop::AnyRopRequest& asked = *answer.asked();
  if (const auto* got = answer.response.as<rop::FastTransferSourceGetBufferResponse>()) {
    add_piece(handle, got->transfer_buffer);
    auto found = objects_.find(handle);
    if (found != objects_.end() && got->transfer_status == rop::TransferStatus::done)
      end_stream(found->second, "RopFastTransferSourceGetBuffer");
  } else if (const auto* put = asked.as<rop::FastTransferDestinationPutBufferRequest>()) {
    add_piece(handle, put->transfer_data);
  } else if (const auto* extended = asked.as<rop::FastTransferDestinationPutBufferExtendedRequest>()) {
    add_piece(handle, extended->transfer_data);
  }
}

void MapiSession::take(const Answer& answer) {
  if (!answer.succeeded || answer.asked() == nullptr) return;
  const rop::AnyRopRequest& asked = *answer.asked();
  if (!kind_opened_by(asked.id).empty()) opened(answer);
  if (const auto* set = asked.as<rop::SetColumnsRequest>()) {
    u32 handle = answer.handle();
    auto found = objects_.find(handle);
    if (found == objects_.end() && handle != rop::kNoHandle && objects_.size() < kMaxObjects)
      found = objects_.try_emplace(handle, ServerObject{"Table", "", "", 0, 0, {}, {}, 0}).first;
    if (found != objects_.end()) {
      auto tags = set->property_tags.span();
      found->second.columns.assign(tags.begin(), tags.end());
    }
  }
  learn_rows(answer);
  transfer(answer);
  if (observer_) tell(answer);
}

void MapiSession::tell(const Answer& answer) const {
  const rop::AnyRopRequest& asked = *answer.asked();
  u32 opened = kind_opened_by(asked.id).empty() ? rop::kNoHandle : answer.output_handle(output_index(asked));
  observer_({asked, answer.response, answer.handle(), opened});
}

void MapiSession::opened(const Answer& answer) {
  const rop::AnyRopRequest& asked = *answer.asked();
  u32 handle = answer.output_handle(output_index(asked));
  if (handle == rop::kNoHandle) return;
  ServerObject made{std::string(kind_opened_by(asked.id)), "", rop::name(asked.id), answer.operation, 0, {}, {}, 0};
  const ServerObject* parent = object(answer.handle());
  if (const auto* open = asked.as<rop::OpenFolderRequest>()) {
    made.folder_id = open->folder_id.value;
    auto name = folders_.find(made.folder_id);
    if (name != folders_.end()) made.name = name->second;
  } else if (const auto* create = asked.as<rop::CreateFolderRequest>()) {
    if (const auto* created = answer.response.as<rop::CreateFolderResponse>())
      made.folder_id = created->folder_id.value;
    auto type = create->use_unicode_strings != 0 ? mapi::PropType::string : mapi::PropType::string8;
    made.name = mapi::text_of_value(type, mapi::Value::of(create->display_name));
    name_folder(made.folder_id, made.name);
  } else if (asked.id == RopId::logon) {
    const auto* logon = answer.response.as<rop::LogonResponse>();
    bool is_private = logon != nullptr && (logon->logon_flags & rop::kLogonPrivate) != 0;
    public_logons_.ids[asked.as<rop::LogonRequest>()->logon_id] = !is_private;
    made.name = std::string(asked.as<rop::LogonRequest>()->essdn.text());
    if (logon != nullptr)
      for (std::size_t i = 0; i < logon->folder_ids.size(); ++i)
        name_folder(logon->folder_ids[i].value, std::string((is_private ? kPrivateFolders : kPublicFolders)[i]));
  } else if (const auto* message = answer.response.as<rop::OpenMessageResponse>()) {
    (void)message;
  } else if (asked.id != RopId::create_message) {
    made.name = table_name(parent);
  }
  if (objects_.size() < kMaxObjects || objects_.contains(handle)) objects_[handle] = std::move(made);
}

void MapiSession::name_folder(u64 folder_id, std::string name) {
  if (folder_id == 0 || name.empty() || folders_.size() >= kMaxNames) return;
  folders_[folder_id] = std::move(name);
}

// Names that rows and properties tell.
void MapiSession::learn_rows(const Answer& answer) {
  constexpr u16 kFolderId = mapi::tag::PidTagFolderId >> 16, kDisplayName = mapi::tag::PidTagDisplayName >> 16,
                kSubject = mapi::tag::PidTagSubject >> 16;
  auto row_names = [&](const mapi::PropertyRow& row) {
    const mapi::PropertyCell* id = cell_of(row, kFolderId);
    const mapi::PropertyCell* name = cell_of(row, kDisplayName);
    if (id != nullptr && name != nullptr && id->type == mapi::PropType::integer64)
      name_folder(id->value.number, text_of(*name));
  };
  if (const auto* rows = answer.response.as<rop::QueryRowsResponse>()) {
    for (const auto& row : rows->rows) row_names(row);
  } else if (const auto* specific = answer.response.as<rop::GetPropertiesSpecificResponse>()) {
    auto found = objects_.find(answer.handle());
    if (found == objects_.end() || !found->second.name.empty()) return;
    u16 id = found->second.kind == "Folder" ? kDisplayName : found->second.kind == "Message" ? kSubject : u16{0};
    if (const mapi::PropertyCell* name = id == 0 ? nullptr : cell_of(specific->row, id)) {
      found->second.name = text_of(*name);
      if (found->second.kind == "Folder") name_folder(found->second.folder_id, found->second.name);
    }
  }
}

void MapiSession::annotate(wire::Node& tree, const RopRequests* requests) const {
  if (tree.type == "RopInputBuffer" || tree.type == "RopOutputBuffer") return annotate_rops(tree, requests);
  for (wire::Node& field : tree.fields)
    if (field.has_fields) annotate(field, requests);
}

void MapiSession::annotate_rops(wire::Node& buffer, const RopRequests* requests) const {
  std::vector<u32> handles;
  for (const wire::Node& field : buffer.fields) {
    if (field.name != "ServerObjectHandleTable") continue;
    for (const wire::Node& handle : field.fields)
      if (handle.value.is_number()) handles.push_back(static_cast<u32>(handle.value.to_number<u64>()));
  }
  auto handle_at = [&](u64 index) -> u32 {
    if (index < handles.size() && handles[index] != rop::kNoHandle) return handles[index];
    return requests == nullptr ? rop::kNoHandle : requests->handle(index);
  };
  for (wire::Node& list : buffer.fields) {
    if (list.name != "RopsList") continue;
    for (wire::Node& rop : list.fields) {
      for (wire::Node& field : rop.fields) {
        if (!field.name.ends_with("HandleIndex") || !field.value.is_number()) continue;
        u32 handle = handle_at(field.value.to_number<u64>());
        if (handle == rop::kNoHandle) continue;
        field.text = fmt::format("handle 0x{:08X}", handle);
        const ServerObject* known = object(handle);
        if (known == nullptr) continue;
        field.text += ": " + known->text();
        if (known->operation != 0) field.text += fmt::format(", opened by {} in {}", known->rop, known->operation);
      }
    }
  }
}

}  // namespace ropewalk::dissect
