// SPNEGO's tokens: [RFC4178] 4.2, with [MS-SPNG] 2.2.1.
#pragma once

#include <span>

#include "protocol/spnego/der.h"

namespace ropewalk::spnego {

// OBJECT IDENTIFIERs' bytes, without tag and length.
namespace oid {
inline constexpr u8 kSpnego[] = {0x2B, 6, 1, 5, 5, 2};                               // 1.3.6.1.5.5.2
inline constexpr u8 kKerberos[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 1, 2, 2};     // 1.2.840.113554.1.2.2
inline constexpr u8 kKerberosOld[] = {0x2A, 0x86, 0x48, 0x82, 0xF7, 0x12, 1, 2, 2};  // 1.2.840.48018.1.2.2
inline constexpr u8 kNtlm[] = {0x2B, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 10};              // 1.3.6.1.4.1.311.2.2.10
inline constexpr u8 kNegoEx[] = {0x2B, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 30};            // 1.3.6.1.4.1.311.2.2.30
}  // namespace oid
// "NTLM" for one of these, else the dotted form.
std::string mechanism_text(ByteView oid);
inline bool same_oid(ByteView a, ByteView b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

inline constexpr std::size_t kMostMechanisms = 32;
inline constexpr std::string_view kHintName = "not_defined_in_RFC4178@please_ignore";

// An OCTET STRING (or another primitive) inside [number].
void octets(auto& v, std::string_view name, u8 number, std::optional<ByteView>& bytes, u8 tag = kOctetString) {
  bool present = bytes.has_value();
  v.option(name, number, present, [&] {
    ByteView view = bytes.value_or(ByteView());
    v.primitive(name, tag, view);
    bytes = view;
  });
}

// [RFC4178] 4.1 MechTypeList: what a mechListMIC covers.
struct MechTypeList {
  std::vector<ByteView> mech_types;
  static void fields(auto& m, auto& v) {
    v.element("mechTypes", kSequence,
              [&] { v.elements("mechType", kObjectIdentifier, m.mech_types, kMostMechanisms); });
  }
};

// [RFC4178] 4.2.1 NegTokenInit and [MS-SPNG] 2.2.1 NegTokenInit2, which has its negHints where the other has its MIC.
struct NegTokenInit {
  MechTypeList mechanisms;
  std::optional<ByteView> req_flags, mech_token;
  bool has_hints = false;
  std::optional<ByteView> hint_name, hint_address, mech_list_mic;

  static void fields(auto& m, auto& v) {
    v.element("NegTokenInit", kSequence, [&] {
      bool has_list = !m.mechanisms.mech_types.empty();
      v.option("mechTypes", 0, has_list, [&] { MechTypeList::fields(m.mechanisms, v); });
      octets(v, "reqFlags", 1, m.req_flags, kBitString);
      octets(v, "mechToken", 2, m.mech_token);
      v.holds(3, kSequence, m.has_hints);
      auto hints = [&] {
        octets(v, "hintName", 0, m.hint_name, kGeneralString);
        octets(v, "hintAddress", 1, m.hint_address);
      };
      if (m.has_hints) v.element("negHints", kContext | 3, [&] { v.element("NegHints", kSequence, hints); });
      octets(v, "mechListMIC", m.has_hints ? 4 : 3, m.mech_list_mic);
    });
  }
};

enum class NegState : u8 { accept_completed = 0, accept_incomplete = 1, reject = 2, request_mic = 3 };
std::string_view state_name(NegState state);

// [RFC4178] 4.2.2 NegTokenResp
struct NegTokenResp {
  std::optional<NegState> neg_state;
  std::optional<ByteView> supported_mech, response_token, mech_list_mic;

  static void fields(auto& m, auto& v) {
    v.element("NegTokenResp", kSequence, [&] {
      bool has_state = m.neg_state.has_value();
      v.option("negState", 0, has_state, [&] {
        u8 raw = static_cast<u8>(m.neg_state.value_or(NegState::accept_completed));
        ByteView bytes(&raw, 1);
        v.primitive("negState", kEnumerated, bytes);
        if (bytes.size() != 1 || bytes[0] > 3) return v.fail("negState", "none of the four states");
        m.neg_state = NegState{bytes[0]};
        v.describe(std::string(state_name(*m.neg_state)));
      });
      octets(v, "supportedMech", 1, m.supported_mech, kObjectIdentifier);
      octets(v, "responseToken", 2, m.response_token);
      octets(v, "mechListMIC", 3, m.mech_list_mic);
    });
  }
};

// [RFC4178] 4.2 NegotiationToken; the first of a conversation is framed as [RFC2743] 3.1 says.
struct NegotiationToken {
  bool is_init = false;
  NegTokenInit init;
  NegTokenResp resp;

  static void fields(auto& m, auto& v) {
    if (m.is_init) {
      v.element("InitialContextToken", kApplication0, [&] {
        ByteView mechanism(oid::kSpnego);
        v.primitive("thisMech", kObjectIdentifier, mechanism);
        if (!same_oid(mechanism, oid::kSpnego)) return v.fail("thisMech", "not SPNEGO");
        v.element("negTokenInit", kContext | 0, [&] { NegTokenInit::fields(m.init, v); });
      });
    } else {
      v.element("negTokenResp", kContext | 1, [&] { NegTokenResp::fields(m.resp, v); });
    }
  }
};

// Views in the token point into `bytes`. The error names the field at fault.
Result<NegotiationToken> read_token(ByteView bytes, wire::Node* tree = nullptr);
std::vector<u8> write_token(NegotiationToken token);
std::vector<u8> write_mech_list(MechTypeList list);
// The mechanism that an initial token of GSS-API names ([RFC2743] 3.1); std::nullopt where it is no such token.
std::optional<ByteView> token_mechanism(ByteView bytes);

}  // namespace ropewalk::spnego
