// The three messages of NTLM: [MS-NLMP] 2.2.1. What varies in length stands in their Payload, at offsets that count
// from the start of the message.
#pragma once

#include <initializer_list>

#include "protocol/ntlmssp/structures.h"

namespace ropewalk::ntlmssp {

inline constexpr std::array<u8, 8> kSignature = {'N', 'T', 'L', 'M', 'S', 'S', 'P', 0};

enum class MessageType : u32 { negotiate = 1, challenge = 2, authenticate = 3 };
const wire::TypeInfo& wire_type(std::type_identity<MessageType>);

// Where a part of the payload is, e.g. DomainNameFields. MaxLen says nothing.
struct PayloadField {
  static constexpr std::string_view kName = "PayloadField";
  u16 length{}, max_length{};
  u32 offset{};
  static void fields(auto& m, auto& v) {
    v("Len", m.length);
    v("MaxLen", m.max_length);
    v("BufferOffset", m.offset);
  }

  // The part itself; std::nullopt where it is not wholly inside the message.
  std::optional<ByteView> in(ByteView message) const {
    if (length == 0) return ByteView();
    if (offset > message.size() || length > message.size() - offset) return std::nullopt;
    return message.subspan(offset, length);
  }
};

// Where the first part that is not empty begins: what fixed fields a message has, depending on the sender's age, shows
// in nothing else.
inline u64 payload_start(std::initializer_list<const PayloadField*> all) {
  u64 start = ~u64{0};
  for (const PayloadField* field : all)
    if (field->length != 0) start = std::min<u64>(start, field->offset);
  return start;
}

// For trees: the parts of a payload that begins at `fixed` of the message.
struct PayloadView {
  ByteView payload;
  std::size_t fixed;

  std::optional<ByteView> part(const PayloadField& field) const {
    if (field.length == 0 || field.offset < fixed) return std::nullopt;
    PayloadField moved = field;
    moved.offset -= static_cast<u32>(fixed);
    return moved.in(payload);
  }
  void text(std::string_view name, const PayloadField& field, bool unicode, auto& v) const {
    auto bytes = [&](Arena& arena) -> std::optional<ByteView> {
      auto found = part(field);
      return found ? with_terminator(*found, arena) : std::nullopt;
    };
    if (unicode)
      v.template inside<PlainText16>(name, bytes);
    else
      v.template inside<PlainText8>(name, bytes);
  }
  template <class T>
  void structure(std::string_view name, const PayloadField& field, auto& v) const {
    v.template inside<T>(name, [&](Arena&) { return part(field); });
  }
};

// [MS-NLMP] 2.2.1.1
struct NegotiateMessage {
  static constexpr std::string_view kName = "NEGOTIATE_MESSAGE";
  static constexpr std::string_view kSource = "[MS-NLMP] 2.2.1.1";
  static constexpr MessageType kType = MessageType::negotiate;
  static constexpr std::size_t kFixed = 40;
  std::array<u8, 8> signature = kSignature;
  MessageType message_type = kType;
  NegotiateFlags negotiate_flags;
  PayloadField domain_name, workstation;
  bool has_version = true;
  Version version;
  ByteView payload;

  static void fields(auto& m, auto& v) {
    v("Signature", m.signature);
    v("MessageType", m.message_type);
    v("NegotiateFlags", m.negotiate_flags);
    v("DomainNameFields", m.domain_name);
    v("WorkstationFields", m.workstation);
    v.set(m.has_version, false);
    if (payload_start({&m.domain_name, &m.workstation}) >= kFixed) {
      v.tail(m.has_version, [&] {
        v("Version", m.version);
        v.rest("Payload", m.payload);
      });
    } else {
      v.rest("Payload", m.payload);
    }
    PayloadView parts{m.payload, m.has_version ? kFixed : kFixed - 8};
    parts.text("DomainName", m.domain_name, false, v);
    parts.text("WorkstationName", m.workstation, false, v);
  }
};

// [MS-NLMP] 2.2.1.2
struct ChallengeMessage {
  static constexpr std::string_view kName = "CHALLENGE_MESSAGE";
  static constexpr std::string_view kSource = "[MS-NLMP] 2.2.1.2";
  static constexpr MessageType kType = MessageType::challenge;
  static constexpr std::size_t kFixed = 56;
  std::array<u8, 8> signature = kSignature;
  MessageType message_type = kType;
  PayloadField target_name;
  NegotiateFlags negotiate_flags;
  std::array<u8, 8> server_challenge{};
  std::array<u8, 8> reserved{};
  PayloadField target_info;
  bool has_target_info = true;  // the field; senders of before 2000 end at ServerChallenge
  bool has_version = true;
  Version version;
  ByteView payload;

  static void fields(auto& m, auto& v) {
    v("Signature", m.signature);
    v("MessageType", m.message_type);
    v("TargetNameFields", m.target_name);
    v("NegotiateFlags", m.negotiate_flags);
    v("ServerChallenge", m.server_challenge);
    v.set(m.has_target_info, false);
    v.set(m.has_version, false);
    if (payload_start({&m.target_name}) < kFixed - 8) return v.rest("Payload", m.payload);
    v.tail(m.has_target_info, [&] {
      v("Reserved", m.reserved);
      v("TargetInfoFields", m.target_info);
      if (payload_start({&m.target_name, &m.target_info}) < kFixed) return v.rest("Payload", m.payload);
      v.tail(m.has_version, [&] {
        v("Version", m.version);
        v.rest("Payload", m.payload);
      });
    });
    PayloadView parts{m.payload, m.has_version ? kFixed : kFixed - 8};
    parts.text("TargetName", m.target_name, m.negotiate_flags.has(NegotiateFlags::kUnicode), v);
    parts.template structure<AvPairs>("TargetInfo", m.target_info, v);
  }
};

// [MS-NLMP] 2.2.1.3
struct AuthenticateMessage {
  static constexpr std::string_view kName = "AUTHENTICATE_MESSAGE";
  static constexpr std::string_view kSource = "[MS-NLMP] 2.2.1.3";
  static constexpr MessageType kType = MessageType::authenticate;
  static constexpr std::size_t kFixed = 88;
  static constexpr std::size_t kMicOffset = 72;
  std::array<u8, 8> signature = kSignature;
  MessageType message_type = kType;
  PayloadField lm_challenge_response, nt_challenge_response, domain_name, user_name, workstation;
  PayloadField encrypted_random_session_key;
  NegotiateFlags negotiate_flags;
  bool has_version = true, has_mic = true;
  Version version;
  std::array<u8, 16> mic{};
  ByteView payload;

  u64 start() const {
    return payload_start({&lm_challenge_response, &nt_challenge_response, &domain_name, &user_name, &workstation,
                          &encrypted_random_session_key});
  }

  static void fields(auto& m, auto& v) {
    v("Signature", m.signature);
    v("MessageType", m.message_type);
    v("LmChallengeResponseFields", m.lm_challenge_response);
    v("NtChallengeResponseFields", m.nt_challenge_response);
    v("DomainNameFields", m.domain_name);
    v("UserNameFields", m.user_name);
    v("WorkstationFields", m.workstation);
    v("EncryptedRandomSessionKeyFields", m.encrypted_random_session_key);
    v("NegotiateFlags", m.negotiate_flags);
    v.set(m.has_version, m.start() >= kMicOffset);
    v.set(m.has_mic, m.start() >= kFixed);
    if (m.has_version) v("Version", m.version);
    if (m.has_mic) v("MIC", m.mic);
    v.rest("Payload", m.payload);
    show_parts(m, v);
  }

 private:
  static void show_parts(auto& m, auto& v) {
    PayloadView parts{m.payload, m.has_mic ? kFixed : m.has_version ? kMicOffset : kMicOffset - 8};
    const bool unicode = m.negotiate_flags.has(NegotiateFlags::kUnicode);
    parts.text("DomainName", m.domain_name, unicode, v);
    parts.text("UserName", m.user_name, unicode, v);
    parts.text("Workstation", m.workstation, unicode, v);
    const bool v2 = m.nt_challenge_response.length > 24;
    if (v2) {
      parts.template structure<Lmv2Response>("LmChallengeResponse", m.lm_challenge_response, v);
      parts.template structure<Ntlmv2Response>("NtChallengeResponse", m.nt_challenge_response, v);
    } else {
      parts.template structure<LmResponse>("LmChallengeResponse", m.lm_challenge_response, v);
      parts.template structure<NtlmResponse>("NtChallengeResponse", m.nt_challenge_response, v);
    }
  }
};

// Any of the three, for dissection and for fuzzing: told apart by MessageType. Null where the bytes are none of them.
const wire::StructInfo* message_info(ByteView bytes);

// Reads one message; checks Signature and MessageType too.
template <class M>
Result<M, wire::WireError> read_message(ByteView bytes, Arena& arena);
extern template Result<NegotiateMessage, wire::WireError> read_message(ByteView, Arena&);
extern template Result<ChallengeMessage, wire::WireError> read_message(ByteView, Arena&);
extern template Result<AuthenticateMessage, wire::WireError> read_message(ByteView, Arena&);

// One part of a payload to be written.
template <class M>
struct Part {
  PayloadField M::*field;
  ByteView bytes;
};

// The message with its payload: the parts back to back in that order, their fields filled in. Parts of a message, all
// together, stay under 64 KiB: lengths are 16 bits.
template <class M>
std::vector<u8> write_message(M message, std::initializer_list<Part<M>> parts);
extern template std::vector<u8> write_message(NegotiateMessage, std::initializer_list<Part<NegotiateMessage>>);
extern template std::vector<u8> write_message(ChallengeMessage, std::initializer_list<Part<ChallengeMessage>>);
extern template std::vector<u8> write_message(AuthenticateMessage, std::initializer_list<Part<AuthenticateMessage>>);

}  // namespace ropewalk::ntlmssp
