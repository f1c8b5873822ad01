#include "wireshark/messages.h"

#include <map>
#include <unordered_map>

#include "protocol/rop/rop_buffer.h"

namespace ropewalk::shark {

namespace {

struct File {
  std::map<MessageKey, std::unique_ptr<Message>> messages;
  std::deque<SessionState> sessions;
  std::unordered_map<std::string, SessionState*> by_key;
  std::unordered_map<u32, std::deque<Message*>> waiting;  // by the conversation's index
};

File& file() {
  static File open;
  return open;
}

// Every handle that a message may speak of.
std::vector<u32> handles_in(const Message& message, std::span<const ByteView> payloads) {
  std::vector<u32> handles;
  if (message.requests != nullptr) handles = message.requests->handles;
  for (ByteView payload : payloads)
    if (auto parts = rop::split_rop_buffer(payload))
      for (std::size_t i = 0; i < parts->handle_count(); ++i) handles.push_back(parts->handle(i));
  return handles;
}

}  // namespace

MessageKey message_key(const packet_info* pinfo, ByteView bytes, bool is_request) {
  u64 hash = 0xcbf29ce484222325;  // FNV-1a
  for (u8 byte : bytes) hash = (hash ^ byte) * 0x100000001b3;
  return {pinfo->num, hash, is_request};
}

Message* find_message(const MessageKey& key) {
  auto found = file().messages.find(key);
  return found == file().messages.end() ? nullptr : found->second.get();
}

Message& add_message(const MessageKey& key, const packet_info* pinfo, std::size_t size) {
  auto& made = file().messages[key];
  made = std::make_unique<Message>();
  made->index = file().messages.size();
  made->is_request = key.is_request;
  made->frame = pinfo->num;
  made->time = pinfo->abs_ts;
  made->size = size;
  return *made;
}

SessionState& session_of(const std::string& key) {
  auto [found, is_new] = file().by_key.try_emplace(key, nullptr);
  if (is_new) {
    SessionState& made = file().sessions.emplace_back();
    made.number = static_cast<u32>(file().sessions.size());
    made.id = key;
    made.mapi.set_observer([&made](const dissect::MapiSession::Done& done) { made.mail.take(done); });
    found->second = &made;
  }
  return *found->second;
}

void add_session_name(const std::string& name, SessionState& session) { file().by_key[name] = &session; }

std::deque<Message*>& waiting(const conversation_t* conversation) {
  return file().waiting[conversation == nullptr ? ~u32{0} : conversation->conv_index];
}

void match(Message& request, Message& response) {
  request.peer = &response;
  response.peer = &request;
  if (response.session == nullptr) response.session = request.session;
  if (request.session == nullptr) request.session = response.session;
  response.requests = request.requests;
}

void learn_request(Message& message, std::span<const ByteView> payloads) {
  auto requests = std::make_shared<dissect::RopRequests>(payloads);
  message.requests = requests;
  if (message.session == nullptr) return;
  const dissect::MapiSession& mapi = message.session->mapi;
  message.rops = mapi.notes(*requests);
  message.before = message.after = mapi.excerpt(requests->handles);
}

void learn_response(Message& message, std::span<const ByteView> payloads) {
  if (message.session == nullptr) return;
  std::vector<u32> handles = handles_in(message, payloads);
  dissect::MapiSession& mapi = message.session->mapi;
  message.before = mapi.excerpt(handles);
  u32 request_frame = message.peer == nullptr ? 0 : message.peer->frame;
  message.rops = mapi.learn(message.requests.get(), payloads, request_frame);
  message.after = mapi.excerpt(handles);
  message.streams = mapi.take_streams();
  message.changed = message.session->mail.take_changed();
}

void learn_address_book(Message& message, wire::Node& tree) {
  dissect::name_properties(tree);
  if (message.is_request) message.asked = dissect::AddressBookNames::asked_by(tree);
  if (message.is_request || message.session == nullptr) return;
  static const dissect::AddressBookNames::Asked nothing;
  message.session->address_book.learn(tree, message.peer == nullptr ? nothing : message.peer->asked, message.index);
}

void explain_address_book(const Message& message, wire::Node& tree) {
  static const dissect::AddressBookNames nameless;
  dissect::name_properties(tree);
  const bool is_known = message.session != nullptr;
  (is_known ? message.session->address_book : nameless).explain(tree, message.index);
}

void forget_messages() { file() = {}; }

}  // namespace ropewalk::shark
