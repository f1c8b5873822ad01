#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/types.h"
#include "net/tls.h"

namespace ropewalk::net {

namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* it) const {
    Free(it);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES_free>>;
using Memory = std::unique_ptr<BIO, Deleter<BIO_free_all>>;

constexpr long kTenYears = 3650L * 24 * 60 * 60;

bool add_name(GENERAL_NAMES* names, const std::string& name) {
  u8 address[16];
  const int size = inet_pton(AF_INET, name.c_str(), address) == 1    ? 4
                   : inet_pton(AF_INET6, name.c_str(), address) == 1 ? 16
                                                                     : 0;
  ASN1_STRING* value = size > 0 ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
  GENERAL_NAME* entry = GENERAL_NAME_new();
  if (value == nullptr || entry == nullptr) return false;
  ASN1_STRING_set(value, size > 0 ? static_cast<const void*>(address) : name.data(),
                  size > 0 ? size : static_cast<int>(name.size()));
  GENERAL_NAME_set0_value(entry, size > 0 ? GEN_IPADD : GEN_DNS, value);
  return sk_GENERAL_NAME_push(names, entry) > 0;
}

bool add_extension(X509* certificate, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  const bool added = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

bool set_serial(X509* certificate) {
  u8 random[16];
  if (RAND_bytes(random, sizeof random) != 1) return false;
  random[0] &= 0x7f;  // positive, [RFC 5280] 4.1.2.2
  BIGNUM* number = BN_bin2bn(random, sizeof random, nullptr);
  const bool set = number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return set;
}

bool fill(X509* certificate, EVP_PKEY* key, const std::vector<std::string>& names) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  Names alternatives(GENERAL_NAMES_new());
  for (const std::string& name : names) {
    if (!add_name(alternatives.get(), name)) return false;
  }
  return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), kTenYears) != nullptr &&
         X509_set_pubkey(certificate, key) == 1 &&
         X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(names.front().substr(0, 64).c_str()), -1, -1,
                                    0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1 &&
         X509_add1_ext_i2d(certificate, NID_subject_alt_name, alternatives.get(), 0, 0) == 1 &&
         // A client can take this very certificate as its trust anchor.
         add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
         add_extension(certificate, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
         add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
         add_extension(certificate, NID_subject_key_identifier, "hash") &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

// Into a new file that then takes the old one's place: no reader ever sees half of it.
Status write_file(const std::string& path, std::string_view content, mode_t mode) {
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  bool good = file >= 0 && ::write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
              ::fsync(file) == 0;
  if (file >= 0) good = ::close(file) == 0 && good;
  if (!good || ::rename(fresh.c_str(), path.c_str()) != 0) {
    return Error{"cannot write " + path + ": " + std::strerror(errno)};
  }
  return {};
}

std::string_view content_of(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

Status make_self_signed(const std::string& certificate_path, const std::string& key_path,
                        const std::vector<std::string>& names) {
  if (names.empty()) return Error{"cannot make a certificate: no host name given"};
  Key key(EVP_EC_gen("P-256"));
  Certificate certificate(X509_new());
  Memory key_text(BIO_new(BIO_s_mem())), certificate_text(BIO_new(BIO_s_mem()));
  if (key == nullptr || certificate == nullptr || !fill(certificate.get(), key.get(), names) ||
      PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1) {
    return Error{"cannot make a certificate for " + names.front() + ": " + tls_error_text()};
  }
  ROPEWALK_CHECK(write_file(key_path, content_of(key_text.get()), 0600));
  return write_file(certificate_path, content_of(certificate_text.get()), 0644);
}

}  // namespace ropewalk::net
