#include "directory/ldap_connection.h"

#include <openssl/x509v3.h>

#include "mapi/ascii_case.h"

namespace ropewalk::directory {

namespace {

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

std::string doing(const LdapSettings& settings) { return "cannot reach the LDAP server " + settings.url; }

bool starts_tls(const LdapSettings& settings) {
  return !settings.in_the_clear && mapi::equal_ignoring_ascii_case(settings.url.substr(0, 7), "ldap://");
}

// "dc1.ropewalk.test" of "ldaps://dc1.ropewalk.test:636/".
std::string host_of(const std::string& url) {
  std::string host = url.substr(std::min(url.find("://") + 3, url.size()));
  host = host.substr(0, host.find('/'));
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

// `demand`: LDAP_OPT_X_TLS_DEMAND, or NEVER to look at a bad certificate.
Result<LdapConnection> open(const LdapSettings& settings, int demand) {
  LDAP* raw = nullptr;
  const int made = ldap_initialize(&raw, settings.url.c_str());
  LdapConnection ldap(raw);
  if (made != LDAP_SUCCESS) return ldap_failure(doing(settings), nullptr, made);
  const int version = LDAP_VERSION3, client = 0;
  const timeval patience{static_cast<time_t>(settings.timeout.count()), 0};
  ldap_set_option(raw, LDAP_OPT_PROTOCOL_VERSION, &version);
  ldap_set_option(raw, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
  ldap_set_option(raw, LDAP_OPT_NETWORK_TIMEOUT, &patience);
  ldap_set_option(raw, LDAP_OPT_TIMEOUT, &patience);
  ldap_set_option(raw, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
  if (!settings.certificate.empty()) {
    ldap_set_option(raw, LDAP_OPT_X_TLS_CACERTFILE, settings.certificate.c_str());
  }
  if (ldap_set_option(raw, LDAP_OPT_X_TLS_NEWCTX, &client) != LDAP_SUCCESS) {
    return Error{doing(settings) + ": the certificate " + settings.certificate + " cannot be used"};
  }
  return ldap;
}

// The server's certificate, good or not; null: it has none to show. Nothing is asked or told on that connection.
std::unique_ptr<X509, FreeCertificate> certificate_of(const LdapSettings& settings) {
  auto ldap = open(settings, LDAP_OPT_X_TLS_NEVER);
  if (!ldap.ok()) return nullptr;
  const int code = starts_tls(settings) ? ldap_start_tls_s(ldap->get(), nullptr, nullptr) : ldap_connect(ldap->get());
  berval encoded{0, nullptr};
  if (code != LDAP_SUCCESS || ldap_get_option(ldap->get(), LDAP_OPT_X_TLS_PEERCERT, &encoded) != LDAP_SUCCESS) {
    return nullptr;
  }
  const auto* at = reinterpret_cast<const unsigned char*>(encoded.bv_val);
  std::unique_ptr<X509, FreeCertificate> certificate(d2i_X509(nullptr, &at, static_cast<long>(encoded.bv_len)));
  ber_memfree(encoded.bv_val);
  return certificate;
}

// The library says only that there is something: what?
std::string objection_to_certificate(const LdapSettings& settings) {
  if (!starts_tls(settings) && !mapi::equal_ignoring_ascii_case(settings.url.substr(0, 8), "ldaps://")) return {};
  const auto certificate = certificate_of(settings);
  if (certificate == nullptr) return {};
  const std::string host = host_of(settings.url);
  if (X509_check_host(certificate.get(), host.c_str(), host.size(), 0, nullptr) != 1 &&
      X509_check_ip_asc(certificate.get(), host.c_str(), 0) != 1) {
    return "its certificate is not for " + host;
  }
  if (X509_cmp_current_time(X509_get0_notBefore(certificate.get())) > 0) return "its certificate is not valid yet";
  if (X509_cmp_current_time(X509_get0_notAfter(certificate.get())) < 0) return "its certificate has expired";
  return "nobody who is trusted has signed its certificate (ldap.certificate names who does)";
}

}  // namespace

Error ldap_failure(const std::string& doing, LDAP* ldap, int code) {
  std::string text = doing + ": " + ldap_err2string(code);
  char* more = nullptr;
  if (ldap != nullptr && ldap_get_option(ldap, LDAP_OPT_DIAGNOSTIC_MESSAGE, &more) == LDAP_SUCCESS && more != nullptr) {
    if (*more != '\0') text += std::string(" (") + more + ")";
    ldap_memfree(more);
  }
  return Error{text};
}

// ldaps:// is connected to when first something is asked.
bool is_ldap_unreachable(int code) {
  return code == LDAP_SERVER_DOWN || code == LDAP_CONNECT_ERROR || code == LDAP_TIMEOUT;
}

int bind_to_ldap(LDAP* ldap, const std::string& dn, std::string_view password) {
  berval secret{static_cast<ber_len_t>(password.size()), const_cast<char*>(password.data())};
  return ldap_sasl_bind_s(ldap, dn.c_str(), LDAP_SASL_SIMPLE, &secret, nullptr, nullptr, nullptr);
}

Error ldap_unreachable(const LdapSettings& settings, LDAP* ldap, int code) {
  const Error plain = ldap_failure(doing(settings), ldap, code);
  const std::string why = objection_to_certificate(settings);
  return why.empty() ? plain : Error{doing(settings) + ": " + why};
}

Result<LdapConnection> connect_to_ldap(const LdapSettings& settings) {
  ROPEWALK_TRY(LdapConnection ldap, open(settings, LDAP_OPT_X_TLS_DEMAND));
  if (!starts_tls(settings)) return ldap;
  const int code = ldap_start_tls_s(ldap.get(), nullptr, nullptr);
  if (code == LDAP_SUCCESS) return ldap;
  if (is_ldap_unreachable(code)) return ldap_unreachable(settings, ldap.get(), code);
  return ldap_failure(doing(settings) + " with TLS, without which nothing is told (ldap.in_the_clear)", ldap.get(),
                      code);
}

}  // namespace ropewalk::directory
