#include "auth/kerberos.h"

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5.h>

#include <array>

namespace ropewalk::auth {
namespace {

const gss_OID_desc kMechanism = {9, const_cast<char*>("\x2A\x86\x48\x86\xF7\x12\x01\x02\x02")};
gss_OID mechanism_oid() { return const_cast<gss_OID>(&kMechanism); }

gss_buffer_desc view_of(ByteView bytes) { return {bytes.size(), const_cast<u8*>(bytes.data())}; }
gss_buffer_desc view_of(std::string_view text) { return view_of(bytes_of(text)); }

// A buffer that GSSAPI has filled.
struct Buffer {
  gss_buffer_desc value = GSS_C_EMPTY_BUFFER;
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  ~Buffer() {
    OM_uint32 minor = 0;
    gss_release_buffer(&minor, &value);
  }
  ByteView bytes() const { return {static_cast<const u8*>(value.value), value.length}; }
  std::vector<u8> copy() const { return {bytes().begin(), bytes().end()}; }
};

struct Name {
  gss_name_t value = GSS_C_NO_NAME;
  Name() = default;
  Name(const Name&) = delete;
  ~Name() {
    OM_uint32 minor = 0;
    gss_release_name(&minor, &value);
  }
};

std::string status_text(OM_uint32 code, int type) {
  std::string text;
  OM_uint32 more = 0;
  do {
    Buffer line;
    OM_uint32 minor = 0;
    if (gss_display_status(&minor, code, type, mechanism_oid(), &more, &line.value) != GSS_S_COMPLETE) break;
    if (!text.empty()) text += ", ";
    text += text_of(line.bytes());
  } while (more != 0);
  return text;
}

std::string status_text(OM_uint32 major, OM_uint32 minor) {
  return minor != 0 ? status_text(minor, GSS_C_MECH_CODE) : status_text(major, GSS_C_GSS_CODE);
}

struct Known {
  krb5_error_code code;
  Reason reason;
  std::string_view words;
};
constexpr Known kKnown[] = {
    {KRB5KRB_AP_ERR_SKEW, Reason::clock_skew, "the clocks of client, server and KDC differ too much"},
    {KRB5_KDCREP_SKEW, Reason::clock_skew, "the clocks of client and KDC differ too much"},
    {KRB5KRB_AP_ERR_TKT_EXPIRED, Reason::clock_skew, "the ticket is expired"},
    {KRB5KRB_AP_ERR_TKT_NYV, Reason::clock_skew, "the ticket is not valid yet: the clocks differ too much"},
    {KRB5KDC_ERR_S_PRINCIPAL_UNKNOWN, Reason::unknown_service, "the KDC does not know the service"},
    {KRB5KDC_ERR_C_PRINCIPAL_UNKNOWN, Reason::unknown_user, "the KDC does not know the user"},
    {KRB5KDC_ERR_PREAUTH_FAILED, Reason::wrong_password, "the password is wrong"},
    {KRB5KRB_AP_ERR_BAD_INTEGRITY, Reason::wrong_password,
     "the password is wrong, or the service has another key than the KDC knows"},
    {KRB5_KT_NOTFOUND, Reason::unknown_service, "the server's keytab has no key for the service of the ticket"},
    {KRB5_KT_KVNONOTFOUND, Reason::unknown_service, "the server's keytab has an older key than the KDC"},
    {KRB5KRB_AP_ERR_NOKEY, Reason::unknown_service, "the server's keytab has no key for the service of the ticket"},
    {KRB5KRB_AP_WRONG_PRINC, Reason::unknown_service, "the ticket is for another service than those of the keytab"},
    {KRB5KRB_AP_ERR_NOT_US, Reason::unknown_service, "the ticket is for another service than those of the keytab"},
    {KRB5KRB_AP_ERR_REPEAT, Reason::tampered, "the same message was sent before"},
    {KRB5KRB_AP_ERR_MODIFIED, Reason::tampered, "the message was changed, or the service has another key"},
    {KRB5_KDC_UNREACH, Reason::unavailable, "no KDC of the realm can be reached"},
    {KRB5_REALM_UNKNOWN, Reason::unavailable, "krb5.conf names no KDC for the realm"},
    {KRB5_FCC_NOFILE, Reason::no_credentials, "there is no ticket cache, and no password was given"},
    {KRB5_CC_NOTFOUND, Reason::no_credentials, "there is no ticket in the cache, and no password was given"},
};

// What went wrong, in words; `what` says what was tried.
Refusal refusal(std::string_view what, OM_uint32 major, OM_uint32 minor) {
  const std::string technical = status_text(major, minor);
  std::string begin("Kerberos: ");
  begin.append(what).append(": ");
  for (const Known& known : kKnown)
    if (static_cast<OM_uint32>(known.code) == minor)
      return {known.reason, begin.append(known.words).append(" (").append(technical).append(")")};
  switch (GSS_ROUTINE_ERROR(major)) {
    case GSS_S_BAD_BINDINGS:
      return {Reason::channel_bindings, begin + "the sign-in was bound to another TLS connection than this one"};
    case GSS_S_DEFECTIVE_TOKEN:
      return {Reason::bad_token, begin + "this is no message of Kerberos (" + technical + ")"};
    case GSS_S_BAD_SIG:
      return {Reason::tampered, begin + "the integrity check fails (" + technical + ")"};
    case GSS_S_NO_CRED:
    case GSS_S_CREDENTIALS_EXPIRED:
      return {Reason::no_credentials, begin + technical};
    default:
      return {Reason::unavailable, begin + technical};
  }
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

Result<void, Refusal> import_principal(const std::string& principal, Name& to) {
  gss_buffer_desc text = view_of(principal);
  OM_uint32 minor = 0;
  const OM_uint32 major = gss_import_name(&minor, &text, GSS_KRB5_NT_PRINCIPAL_NAME, &to.value);
  if (major == GSS_S_COMPLETE) return {};
  return refusal("the name " + principal, major, minor);
}

class KerberosContext : public SecurityContext {
 public:
  ~KerberosContext() override {
    OM_uint32 minor = 0;
    if (context_ != GSS_C_NO_CONTEXT) gss_delete_sec_context(&minor, &context_, GSS_C_NO_BUFFER);
    gss_release_cred(&minor, &credentials_);
    wipe(session_key_);
  }
  Result<Step, Refusal> step(ByteView token) final {
    if (failed_ || done_) return Refusal{Reason::bad_token, "Kerberos: a message came after the conversation was over"};
    auto next = answer(token);
    failed_ = !next.ok();
    return next;
  }
  bool done() const final { return done_; }
  Mechanism mechanism() const final { return Mechanism::kerberos; }
  const Identity& who() const final { return who_; }
  std::string peer() const final { return peer_; }
  ByteView session_key() const final { return session_key_; }
  Level strongest() const final {
    if ((flags_ & GSS_C_CONF_FLAG) != 0) return Level::privacy;
    return (flags_ & GSS_C_INTEG_FLAG) != 0 ? Level::integrity : Level::connect;
  }
  std::size_t signature_size(Level level, std::size_t body) const final;
  Status protect(Level level, const MessageParts& parts, std::span<u8> signature) final;
  Status unprotect(Level level, const MessageParts& parts, ByteView signature) final;
  std::vector<u8> make_mic(ByteView message) final;
  Status check_mic(ByteView message, ByteView mic) final;
  bool can_mic() const final { return done_ && (flags_ & GSS_C_INTEG_FLAG) != 0; }

 protected:
  virtual Result<Step, Refusal> answer(ByteView token) = 0;
  Result<void, Refusal> established();
  gss_channel_bindings_t bindings(gss_channel_bindings_struct& made, ByteView data) const {
    if (data.empty()) return GSS_C_NO_CHANNEL_BINDINGS;
    made = {};
    made.application_data = view_of(data);
    return &made;
  }

  gss_ctx_id_t context_ = GSS_C_NO_CONTEXT;
  gss_cred_id_t credentials_ = GSS_C_NO_CREDENTIAL;
  OM_uint32 flags_ = 0;
  Identity who_;
  std::string peer_;

 private:
  Status usable(Level level) const;
  bool done_ = false, failed_ = false;
  std::vector<u8> session_key_;
};

std::string display(gss_name_t name) {
  Buffer text;
  OM_uint32 minor = 0;
  if (name == GSS_C_NO_NAME || gss_display_name(&minor, name, &text.value, nullptr) != GSS_S_COMPLETE) return {};
  return std::string(text_of(text.bytes()));
}

// Reads off what the finished context says of both sides.
Result<void, Refusal> KerberosContext::established() {
  Name source, target;
  OM_uint32 minor = 0;
  OM_uint32 major =
      gss_inquire_context(&minor, context_, &source.value, &target.value, nullptr, nullptr, &flags_, nullptr, nullptr);
  if (major != GSS_S_COMPLETE) return refusal("reading the context", major, minor);
  const std::string client = display(source.value);
  peer_ = display(target.value);
  const auto at = client.rfind('@');
  who_ = {client.substr(0, at), at == client.npos ? "" : client.substr(at + 1)};
  gss_buffer_set_t set = GSS_C_NO_BUFFER_SET;
  major = gss_inquire_sec_context_by_oid(&minor, context_, GSS_C_INQ_SSPI_SESSION_KEY, &set);
  if (major == GSS_S_COMPLETE && set->count > 0) {
    const auto* key = static_cast<const u8*>(set->elements[0].value);
    session_key_.assign(key, key + set->elements[0].length);
  }
  gss_release_buffer_set(&minor, &set);
  done_ = true;
  return {};
}

Status KerberosContext::usable(Level level) const {
  if (!done_) return Error{"a message cannot be protected: Kerberos' messages have not all passed yet"};
  if (effective_level(level) <= strongest()) return {};
  return Error{"a message cannot be protected at level " + std::string(level_name(level)) +
               ": client and server agreed on no more than level " + std::string(level_name(strongest())) +
               " when they signed in"};
}

// The buffers of one message: SIGN_ONLY | DATA | SIGN_ONLY | signature.
struct Buffers {
  std::array<gss_iov_buffer_desc, 4> list{};
  int count = 0;

  Buffers(const MessageParts& parts, OM_uint32 kind_of_signature, ByteView signature) {
    if (parts.sign_header) add(GSS_IOV_BUFFER_TYPE_SIGN_ONLY, parts.header);
    add(GSS_IOV_BUFFER_TYPE_DATA, parts.body);
    if (parts.sign_header) add(GSS_IOV_BUFFER_TYPE_SIGN_ONLY, parts.trailer);
    add(kind_of_signature, signature);
  }
  const gss_buffer_desc& signature() const { return list[static_cast<std::size_t>(count) - 1].buffer; }

 private:
  void add(OM_uint32 type, ByteView bytes) { list[static_cast<std::size_t>(count++)] = {type, view_of(bytes)}; }
};

std::size_t KerberosContext::signature_size(Level level, std::size_t body) const {
  if (!usable(level).ok()) return 0;
  OM_uint32 minor = 0, major = GSS_S_FAILURE;
  const MessageParts parts{.body = std::span<u8>(static_cast<u8*>(nullptr), body)};  // only its length is looked at
  if (effective_level(level) == Level::privacy) {
    Buffers buffers(parts, GSS_IOV_BUFFER_TYPE_HEADER, {});
    int sealed = 0;
    major = gss_wrap_iov_length(&minor, context_, 1, GSS_C_QOP_DEFAULT, &sealed, buffers.list.data(), buffers.count);
    return major == GSS_S_COMPLETE ? buffers.signature().length : 0;
  }
  if (effective_level(level) != Level::integrity) return 0;
  Buffers buffers(parts, GSS_IOV_BUFFER_TYPE_MIC_TOKEN, {});
  major = gss_get_mic_iov_length(&minor, context_, GSS_C_QOP_DEFAULT, buffers.list.data(), buffers.count);
  return major == GSS_S_COMPLETE ? buffers.signature().length : 0;
}

Status KerberosContext::protect(Level level, const MessageParts& parts, std::span<u8> signature) {
  ROPEWALK_CHECK(usable(level));
  OM_uint32 minor = 0, major = GSS_S_COMPLETE;
  if (effective_level(level) == Level::privacy) {
    Buffers buffers(parts, GSS_IOV_BUFFER_TYPE_HEADER, signature);
    int sealed = 0;
    major = gss_wrap_iov(&minor, context_, 1, GSS_C_QOP_DEFAULT, &sealed, buffers.list.data(), buffers.count);
    if (major == GSS_S_COMPLETE && sealed == 0) return Error{"Kerberos did not encrypt a message"};
  } else if (effective_level(level) == Level::integrity) {
    Buffers buffers(parts, GSS_IOV_BUFFER_TYPE_MIC_TOKEN, signature);
    major = gss_get_mic_iov(&minor, context_, GSS_C_QOP_DEFAULT, buffers.list.data(), buffers.count);
  }
  if (major == GSS_S_COMPLETE) return {};
  return Error{refusal("protecting a message", major, minor).text};
}

Error broken(OM_uint32 major, OM_uint32 minor) {
  if ((major & GSS_S_DUPLICATE_TOKEN) != 0 || (major & GSS_S_OLD_TOKEN) != 0)
    return Error{"the Kerberos signature was there before: a message is repeated"};
  if ((major & (GSS_S_UNSEQ_TOKEN | GSS_S_GAP_TOKEN)) != 0 && GSS_ROUTINE_ERROR(major) == 0)
    return Error{"the Kerberos signature is out of order: a message is missing or late"};
  if (GSS_ROUTINE_ERROR(major) == GSS_S_BAD_SIG)
    return Error{
        "the Kerberos signature does not match: the message was changed on its way, or protected with another key"};
  return Error{refusal("a protected message", major, minor).text};
}

Status KerberosContext::unprotect(Level level, const MessageParts& parts, ByteView signature) {
  ROPEWALK_CHECK(usable(level));
  OM_uint32 minor = 0, major = GSS_S_COMPLETE;
  if (effective_level(level) == Level::privacy) {
    std::vector<u8> header(signature.begin(), signature.end());  // is decrypted in place
    Buffers buffers(parts, GSS_IOV_BUFFER_TYPE_HEADER, header);
    int sealed = 0;
    major = gss_unwrap_iov(&minor, context_, &sealed, nullptr, buffers.list.data(), buffers.count);
    if (major == GSS_S_COMPLETE && sealed == 0) return Error{"a message that should be encrypted is only signed"};
  } else if (effective_level(level) == Level::integrity) {
    Buffers buffers(parts, GSS_IOV_BUFFER_TYPE_MIC_TOKEN, signature);
    major = gss_verify_mic_iov(&minor, context_, nullptr, buffers.list.data(), buffers.count);
  }
  if (major == GSS_S_COMPLETE) return {};
  return broken(major, minor);
}

std::vector<u8> KerberosContext::make_mic(ByteView message) {
  gss_buffer_desc text = view_of(message);
  Buffer mic;
  OM_uint32 minor = 0;
  if (gss_get_mic(&minor, context_, GSS_C_QOP_DEFAULT, &text, &mic.value) != GSS_S_COMPLETE) return {};
  return mic.copy();
}

Status KerberosContext::check_mic(ByteView message, ByteView mic) {
  gss_buffer_desc text = view_of(message), token = view_of(mic);
  OM_uint32 minor = 0;
  const OM_uint32 major = gss_verify_mic(&minor, context_, &text, &token, nullptr);
  if (major == GSS_S_COMPLETE) return {};
  return broken(major, minor);
}

class KerberosClient final : public KerberosContext {
 public:
  explicit KerberosClient(const ClientOptions& options)
      : service_(options.service + "/" + options.host), bindings_(options.channel_bindings) {
    who_ = {options.account, options.domain};
    wanted_ = GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_INTEG_FLAG;
    if (effective_level(options.level) == Level::privacy) wanted_ |= GSS_C_CONF_FLAG;
    if (options.dce_style) wanted_ |= GSS_C_DCE_STYLE;
  }
  Result<void, Refusal> begin(const ClientOptions& options);

 private:
  Result<Step, Refusal> answer(ByteView token) override;

  std::string service_;
  Name target_;
  std::vector<u8> bindings_;
  OM_uint32 wanted_ = 0;
};

Result<void, Refusal> KerberosClient::begin(const ClientOptions& options) {
  const bool is_realm = options.domain.find('.') != options.domain.npos;
  const std::string realm = is_realm ? "@" + upper(options.domain) : "";
  ROPEWALK_CHECK(import_principal(service_ + realm, target_));
  OM_uint32 minor = 0, major = GSS_S_COMPLETE;
  gss_OID_set_desc mechanisms = {1, mechanism_oid()};
  if (!options.password.empty()) {
    Name client;
    auto at = options.account.rfind('@');
    const std::string account = at == options.account.npos
                                    ? options.account + realm
                                    : options.account.substr(0, at + 1) + upper(options.account.substr(at + 1));
    ROPEWALK_CHECK(import_principal(account, client));
    gss_buffer_desc password = view_of(options.password);
    major = gss_acquire_cred_with_password(&minor, client.value, &password, GSS_C_INDEFINITE, &mechanisms,
                                           GSS_C_INITIATE, &credentials_, nullptr, nullptr);
  } else {
    gss_key_value_element_desc cache = {"ccache", options.ticket_cache.c_str()};
    gss_key_value_set_desc store = {1, &cache};
    if (options.ticket_cache.empty()) store.count = 0;
    major = gss_acquire_cred_from(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &mechanisms, GSS_C_INITIATE,
                                  store.count == 0 ? GSS_C_NO_CRED_STORE : &store, &credentials_, nullptr, nullptr);
  }
  if (major != GSS_S_COMPLETE) return refusal("signing in as \"" + options.account + "\"", major, minor);
  return {};
}

Result<Step, Refusal> KerberosClient::answer(ByteView token) {
  gss_buffer_desc in = view_of(token);
  gss_channel_bindings_struct made;
  Buffer out;
  OM_uint32 minor = 0;
  const OM_uint32 major =
      gss_init_sec_context(&minor, credentials_, &context_, target_.value, mechanism_oid(), wanted_, 0,
                           bindings(made, bindings_), &in, nullptr, &out.value, &flags_, nullptr);
  if (GSS_ERROR(major)) return refusal("signing in as \"" + who_.text() + "\" to " + service_, major, minor);
  if (major == GSS_S_CONTINUE_NEEDED) return Step{false, out.copy()};
  ROPEWALK_CHECK(established());
  if ((flags_ & wanted_ & GSS_C_CONF_FLAG) != (wanted_ & GSS_C_CONF_FLAG))
    return Refusal{Reason::too_weak, "Kerberos: the server does not encrypt messages"};
  return Step{true, out.copy()};
}

class KerberosServer final : public KerberosContext {
 public:
  explicit KerberosServer(const ServerOptions& options)
      : keytab_(options.keytab),
        replay_cache_(options.replay_cache),
        bindings_(options.channel_bindings),
        require_bindings_(options.require_channel_bindings) {}
  Result<void, Refusal> begin();

 private:
  Result<Step, Refusal> answer(ByteView token) override;

  std::string keytab_, replay_cache_;
  std::vector<u8> bindings_;
  bool require_bindings_;
};

Result<void, Refusal> KerberosServer::begin() {
  std::array<gss_key_value_element_desc, 2> elements = {
      {{"keytab", keytab_.c_str()}, {"rcache", replay_cache_.c_str()}}};
  gss_key_value_set_desc store = {replay_cache_.empty() ? 1u : 2u, elements.data()};
  gss_OID_set_desc mechanisms = {1, mechanism_oid()};
  OM_uint32 minor = 0;
  const OM_uint32 major = gss_acquire_cred_from(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &mechanisms, GSS_C_ACCEPT,
                                                &store, &credentials_, nullptr, nullptr);
  if (major == GSS_S_COMPLETE) return {};
  Refusal refused = refusal("the keytab " + keytab_ + " cannot be used", major, minor);
  refused.reason = Reason::no_credentials;
  return refused;
}

Result<Step, Refusal> KerberosServer::answer(ByteView token) {
  gss_buffer_desc in = view_of(token);
  gss_channel_bindings_struct made;
  Buffer out;
  OM_uint32 minor = 0;
  const OM_uint32 major = gss_accept_sec_context(&minor, &context_, credentials_, &in, bindings(made, bindings_),
                                                 nullptr, nullptr, &out.value, &flags_, nullptr, nullptr);
  if (GSS_ERROR(major)) return refusal("a client's ticket", major, minor);
  if (major == GSS_S_CONTINUE_NEEDED) return Step{false, out.copy()};
  const bool bound = (flags_ & GSS_C_CHANNEL_BOUND_FLAG) != 0;
  ROPEWALK_CHECK(established());
  if (require_bindings_ && !bound)
    return Refusal{Reason::channel_bindings, "Kerberos: user \"" + who_.text() +
                                                 "\" did not bind the sign-in to the TLS connection, which the server "
                                                 "requires (extended protection)"};
  return Step{true, out.copy()};
}

}  // namespace

ContextResult make_kerberos_client(const ClientOptions& options) {
  if (options.service.empty() || options.host.empty())
    return Refusal{Reason::unknown_service, "Kerberos: the server's name is not known"};
  auto made = std::make_unique<KerberosClient>(options);
  ROPEWALK_CHECK(made->begin(options));
  return std::unique_ptr<SecurityContext>(std::move(made));
}

ContextResult make_kerberos_server(const ServerOptions& options) {
  if (options.keytab.empty())
    return Refusal{Reason::switched_off, "Kerberos is switched off on this server: no keytab is configured"};
  auto made = std::make_unique<KerberosServer>(options);
  ROPEWALK_CHECK(made->begin());
  return std::unique_ptr<SecurityContext>(std::move(made));
}

}  // namespace ropewalk::auth
