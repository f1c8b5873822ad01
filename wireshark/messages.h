// What is remembered of each message in the open capture file, so that it looks the same however often and in whatever
// order Wireshark shows its frames.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "dissect/address_book_names.h"
#include "dissect/message_collector.h"
#include "wireshark/epan.h"

namespace ropewalk::shark {

struct SessionState {
  u32 number = 0;  // from 1
  std::string id;  // context handle or cookie
  dissect::MapiSession mapi;
  dissect::AddressBookNames address_book;
  dissect::MessageCollector mail;
};

// One request or response: a call of EMSMDB, or the content of an HTTP message.
struct Message {
  std::string_view layer;  // "EMSMDB", "MAPIHTTP"
  std::string operation;   // "EcDoRpcExt2", "Execute"
  bool is_request = true;
  u32 frame = 0;
  nstime_t time{};
  std::size_t size = 0;
  u32 error = 0;                           // of the operation itself
  u64 index = 0;                           // in the order in which messages were seen first
  dissect::AddressBookNames::Asked asked;  // of a request to an address book
  std::vector<dissect::RopNote> rops;
  std::shared_ptr<const dissect::RopRequests> requests;  // its own, or those it answers; may be null
  // Of the session: what is known of the handles in this message as it begins, and once it is read.
  dissect::MapiSession before, after;
  std::vector<std::shared_ptr<dissect::CollectedMessage>> changed;  // mail that this response adds to
  std::vector<dissect::TransferredStream> streams;                  // that are complete with this response
  SessionState* session = nullptr;
  Message* peer = nullptr;  // the request of a response, and the other way round
};

// Messages of one frame are told apart by their bytes.
struct MessageKey {
  u32 frame;
  u64 hash;
  bool is_request;
  auto operator<=>(const MessageKey&) const = default;
};
MessageKey message_key(const packet_info* pinfo, ByteView bytes, bool is_request);

// Null where it was not seen yet.
Message* find_message(const MessageKey& key);
// A new one, at its first sight.
Message& add_message(const MessageKey& key, const packet_info* pinfo, std::size_t size);
SessionState& session_of(const std::string& key);
// Another name for a session: the handle that waits for its notifications.
void add_session_name(const std::string& name, SessionState& session);

// Requests in a conversation whose responses are to come, in order.
std::deque<Message*>& waiting(const conversation_t* conversation);

// Ties the two together.
void match(Message& request, Message& response);

// Takes in the ROPs of a request, and what a response says to those it answers (message.peer's). `payloads` are ROP
// buffers, opened.
void learn_request(Message& message, std::span<const ByteView> payloads);
void learn_response(Message& message, std::span<const ByteView> payloads);

// Takes in what the tree of a message to or from an address book tells, at its first sight; and writes into such a tree
// what was known then.
void learn_address_book(Message& message, wire::Node& tree);
void explain_address_book(const Message& message, wire::Node& tree);

// Forgets everything: the capture file is closed.
void forget_messages();

}  // namespace ropewalk::shark
