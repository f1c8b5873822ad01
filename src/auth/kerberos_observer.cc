#include "auth/kerberos_observer.h"

#include <krb5.h>

#include <algorithm>

namespace ropewalk::auth {
namespace {

// [RFC4120] 7.5.1 key usages, [RFC4121] 2.
constexpr krb5_keyusage kTicket = 2, kAuthenticator = 11, kApRep = 12, kAcceptorSeal = 22, kAcceptorSign = 23,
                        kInitiatorSeal = 24, kInitiatorSign = 25;
// [RFC4121] 4.2.2
constexpr u8 kSentByAcceptor = 0x01, kSealed = 0x02, kAcceptorSubkey = 0x04;
constexpr std::size_t kTokenHeader = 16;

// ---- DER, as far as tickets need it ----

struct Element {
  u8 tag;
  ByteView content;
};
// Takes the first element off `bytes`; std::nullopt where there is none.
std::optional<Element> take(ByteView& bytes) {
  if (bytes.size() < 2) return std::nullopt;
  std::size_t length = bytes[1], header = 2;
  if (length > 0x80) {
    std::size_t digits = length & 0x7F;
    if (digits > 4 || bytes.size() < 2 + digits) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < digits; ++i) length = length << 8 | bytes[2 + i];
    header += digits;
  }
  if (length > bytes.size() - header) return std::nullopt;
  Element element{bytes[0], bytes.subspan(header, length)};
  bytes = bytes.subspan(header + length);
  return element;
}
// The content below a path of tags, each the first of its kind in the one before; empty where it is not there.
ByteView find(ByteView bytes, std::initializer_list<u8> path) {
  for (u8 tag : path) {
    std::optional<Element> element;
    do {
      element = take(bytes);
    } while (element && element->tag != tag);
    if (!element) return {};
    bytes = element->content;
  }
  return bytes;
}
i64 number(ByteView bytes) {
  i64 value = 0;
  for (u8 byte : bytes.first(std::min<std::size_t>(bytes.size(), 7))) value = value << 8 | byte;
  return value;
}
constexpr u8 field(int n) { return static_cast<u8>(0xA0 + n); }
constexpr u8 kSequence = 0x30, kInteger = 0x02, kOctets = 0x04, kGeneralString = 0x1B;

struct Encrypted {  // EncryptedData
  krb5_enctype type;
  ByteView cipher;
};
Encrypted encrypted(ByteView data) {
  return {static_cast<krb5_enctype>(number(find(data, {kSequence, field(0), kInteger}))),
          find(data, {kSequence, field(2), kOctets})};
}

// A key of its own.
struct Key {
  krb5_enctype type = 0;
  std::vector<u8> bytes;
  bool present() const { return !bytes.empty(); }
  krb5_keyblock block() const {
    krb5_keyblock block{};
    block.magic = KV5M_KEYBLOCK;
    block.enctype = type;
    block.length = static_cast<unsigned>(bytes.size());
    block.contents = const_cast<krb5_octet*>(bytes.data());
    return block;
  }
};
Key key_in(ByteView encryption_key) {
  ByteView value = find(encryption_key, {kSequence, field(1), kOctets});
  return {static_cast<krb5_enctype>(number(find(encryption_key, {kSequence, field(0), kInteger}))),
          {value.begin(), value.end()}};
}

bool is_aes(krb5_enctype type) {
  return type == ENCTYPE_AES128_CTS_HMAC_SHA1_96 || type == ENCTYPE_AES256_CTS_HMAC_SHA1_96 ||
         type == ENCTYPE_AES128_CTS_HMAC_SHA256_128 || type == ENCTYPE_AES256_CTS_HMAC_SHA384_192;
}

// The AP-REQ or AP-REP in a token, without [RFC2743]'s framing.
ByteView unframed(ByteView token) {
  constexpr u8 kApplication0 = 0x60, kOid = 0x06;
  if (token.empty() || token[0] != kApplication0) return token;
  ByteView inside = find(token, {kApplication0});
  auto oid = take(inside);
  if (!oid || oid->tag != kOid || inside.size() < 2) return {};
  return inside.subspan(2);  // TOK_ID
}

class Observer final : public KerberosObserver {
 public:
  Observer(krb5_context context, std::vector<Key> keys) : context_(context), keys_(std::move(keys)) {}
  ~Observer() override { krb5_free_context(context_); }

  Status token(ByteView bytes) override {
    ByteView message = unframed(bytes);
    if (message.empty()) return {};
    if (message[0] == 0x6E) return request(message);
    if (message[0] == 0x6F) return reply(message);
    return {};
  }
  const std::string& who() const override { return who_; }
  bool has_keys() const override { return session_.present(); }

  Status unseal(const MessageParts& parts, ByteView signature) override {
    if (signature.size() < kTokenHeader || signature[0] != 5 || signature[1] != 4 || (signature[2] & kSealed) == 0)
      return Error{"the signature is no sealing token of Kerberos"};
    std::vector<u8> original(parts.body.begin(), parts.body.end());
    for (bool sign_header : {true, false}) {
      if (decrypt(parts, signature, sign_header)) return {};
      std::copy(original.begin(), original.end(), parts.body.begin());
    }
    return Error{"the message is not one of these keys"};
  }

  Status verify(const MessageParts& parts, ByteView signature) override {
    if (signature.size() <= kTokenHeader || signature[0] != 4 || signature[1] != 4)
      return Error{"the signature is no MIC of Kerberos"};
    for (bool sign_header : {true, false})
      if (check(parts, signature, sign_header)) return {};
    return Error{"the signature does not match"};
  }

 private:
  std::optional<std::vector<u8>> opened(const Key& key, krb5_keyusage usage, const Encrypted& data) const {
    if (data.cipher.empty() || key.type != data.type) return std::nullopt;
    krb5_enc_data input{};
    input.magic = KV5M_ENC_DATA;
    input.enctype = data.type;
    input.ciphertext = as_data(data.cipher);
    std::vector<u8> plain(data.cipher.size());
    krb5_data output = as_data(plain);
    krb5_keyblock block = key.block();
    if (krb5_c_decrypt(context_, &block, usage, nullptr, &input, &output) != 0) return std::nullopt;
    plain.resize(output.length);
    return plain;
  }
  static krb5_data as_data(ByteView bytes) {
    krb5_data data{};
    data.magic = KV5M_DATA;
    data.length = static_cast<unsigned>(bytes.size());
    data.data = reinterpret_cast<char*>(const_cast<u8*>(bytes.data()));
    return data;
  }

  // AP-REQ, [RFC4120] 5.5.1
  Status request(ByteView message) {
    ByteView body = find(message, {0x6E, kSequence});
    Encrypted ticket = encrypted(find(body, {field(3), 0x61, kSequence, field(3)}));
    std::optional<std::vector<u8>> plain;
    for (const Key& key : keys_) {
      plain = opened(key, kTicket, ticket);
      if (plain) break;
    }
    if (!plain) return Error{"no key of the keytab opens the ticket"};
    ByteView part = find(*plain, {0x63, kSequence});
    session_ = key_in(find(part, {field(1)}));
    initiator_ = acceptor_ = {};
    who_.clear();
    ByteView names = find(part, {field(3), kSequence, field(1), kSequence});
    while (auto name = take(names))
      if (name->tag == kGeneralString) who_.append(who_.empty() ? "" : "/").append(text_of(name->content));
    who_.append("@").append(text_of(find(part, {field(2), kGeneralString})));
    auto authenticator = opened(session_, kAuthenticator, encrypted(find(body, {field(4)})));
    if (authenticator) initiator_ = key_in(find(*authenticator, {0x62, kSequence, field(6)}));
    return {};
  }
  // AP-REP, [RFC4120] 5.5.2: the server's; the client's in DCE style has no subkey to take.
  Status reply(ByteView message) {
    if (acceptor_.present() || !session_.present()) return {};
    auto plain = opened(session_, kApRep, encrypted(find(message, {0x6F, kSequence, field(2)})));
    if (!plain) return Error{"the server's AP-REP is not of the ticket's session"};
    acceptor_ = key_in(find(*plain, {0x7B, kSequence, field(2)}));
    return {};
  }

  const Key& key_for(u8 flags) const {
    if ((flags & kAcceptorSubkey) != 0 && acceptor_.present()) return acceptor_;
    return initiator_.present() ? initiator_ : session_;
  }

  bool decrypt(const MessageParts& parts, ByteView signature, bool sign_header) const {
    const Key& key = key_for(signature[2]);
    if (!is_aes(key.type)) return false;
    std::size_t extra = static_cast<std::size_t>(signature[4]) << 8 | signature[5];
    unsigned confounder = 0, trailer = 0;
    if (krb5_c_crypto_length(context_, key.type, KRB5_CRYPTO_TYPE_HEADER, &confounder) != 0 ||
        krb5_c_crypto_length(context_, key.type, KRB5_CRYPTO_TYPE_TRAILER, &trailer) != 0)
      return false;
    if (signature.size() != kTokenHeader + extra + kTokenHeader + trailer + confounder) return false;
    std::vector<u8> token(signature.begin(), signature.end());
    auto part = [&](krb5_cryptotype type, ByteView bytes) {
      krb5_crypto_iov iov{};
      iov.flags = type;
      iov.data = as_data(bytes);
      return iov;
    };
    ByteView view(token);
    std::vector<krb5_crypto_iov> iov;
    iov.push_back(part(KRB5_CRYPTO_TYPE_HEADER, view.last(confounder)));
    if (sign_header) iov.push_back(part(KRB5_CRYPTO_TYPE_SIGN_ONLY, parts.header));
    iov.push_back(part(KRB5_CRYPTO_TYPE_DATA, parts.body));
    if (sign_header) iov.push_back(part(KRB5_CRYPTO_TYPE_SIGN_ONLY, parts.trailer));
    iov.push_back(part(KRB5_CRYPTO_TYPE_DATA, view.subspan(kTokenHeader, extra + kTokenHeader)));
    iov.push_back(part(KRB5_CRYPTO_TYPE_TRAILER, view.subspan(kTokenHeader + extra + kTokenHeader, trailer)));
    krb5_keyblock block = key.block();
    krb5_keyusage usage = (signature[2] & kSentByAcceptor) != 0 ? kAcceptorSeal : kInitiatorSeal;
    return krb5_c_decrypt_iov(context_, &block, usage, nullptr, iov.data(), iov.size()) == 0;
  }

  bool check(const MessageParts& parts, ByteView signature, bool sign_header) const {
    const Key& key = key_for(signature[2]);
    if (!is_aes(key.type)) return false;
    std::vector<u8> all;
    auto add = [&](ByteView bytes) { all.insert(all.end(), bytes.begin(), bytes.end()); };
    if (sign_header) add(parts.header);
    add(parts.body);
    if (sign_header) add(parts.trailer);
    add(signature.first(kTokenHeader));
    krb5_crypto_iov iov[2] = {};
    iov[0].flags = KRB5_CRYPTO_TYPE_SIGN_ONLY;
    iov[0].data = as_data(all);
    iov[1].flags = KRB5_CRYPTO_TYPE_CHECKSUM;
    iov[1].data = as_data(signature.subspan(kTokenHeader));
    krb5_keyblock block = key.block();
    krb5_keyusage usage = (signature[2] & kSentByAcceptor) != 0 ? kAcceptorSign : kInitiatorSign;
    krb5_boolean valid = 0;
    return krb5_c_verify_checksum_iov(context_, 0, &block, usage, iov, 2, &valid) == 0 && valid != 0;
  }

  krb5_context context_;
  std::vector<Key> keys_;
  std::string who_;
  Key session_, initiator_, acceptor_;
};

std::string reason(krb5_context context, krb5_error_code code) {
  const char* text = krb5_get_error_message(context, code);
  std::string copy = text == nullptr ? "unknown" : text;
  krb5_free_error_message(context, text);
  return copy;
}

Result<std::vector<Key>> keys_of(krb5_context context, const std::string& file) {
  krb5_keytab table = nullptr;
  krb5_kt_cursor cursor{};
  krb5_error_code failed = krb5_kt_resolve(context, ("FILE:" + file).c_str(), &table);
  if (failed == 0) failed = krb5_kt_start_seq_get(context, table, &cursor);
  if (failed != 0) {
    std::string why = reason(context, failed);
    if (table != nullptr) krb5_kt_close(context, table);
    return Error{"cannot read the keytab " + file + ": " + why};
  }
  std::vector<Key> keys;
  krb5_keytab_entry entry{};
  while (krb5_kt_next_entry(context, table, &entry, &cursor) == 0) {
    keys.push_back({entry.key.enctype, {entry.key.contents, entry.key.contents + entry.key.length}});
    krb5_free_keytab_entry_contents(context, &entry);
  }
  krb5_kt_end_seq_get(context, table, &cursor);
  krb5_kt_close(context, table);
  if (keys.empty()) return Error{"the keytab " + file + " has no keys"};
  return keys;
}

}  // namespace

Result<std::unique_ptr<KerberosObserver>> KerberosObserver::open(const std::string& keytab) {
  krb5_context context = nullptr;
  if (krb5_error_code failed = krb5_init_context(&context); failed != 0)
    return Error{"Kerberos does not start: " + reason(nullptr, failed)};
  auto keys = keys_of(context, keytab);
  if (!keys.ok()) {
    krb5_free_context(context);
    return std::move(keys).error();
  }
  return std::unique_ptr<KerberosObserver>(std::make_unique<Observer>(context, *std::move(keys)));
}

}  // namespace ropewalk::auth
