#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <mutex>

#include "base/types.h"

namespace ropewalk::net {

namespace {

// What tells one version of a file from another without reading it.
struct FileMark {
  i64 seconds = 0, nanoseconds = 0, size = -1;
  u64 inode = 0;
  bool operator==(const FileMark&) const = default;
};

FileMark mark_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {};
  return {info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_size, info.st_ino};
}

Error trouble(const std::string& what, const std::string& path) {
  return Error{"cannot " + what + " " + path + ": " + tls_error_text()};
}

}  // namespace

std::string tls_error_text() {
  std::string text;
  for (unsigned long code = ERR_get_error(); code != 0; code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    if (ERR_SYSTEM_ERROR(code)) reason = std::strerror(ERR_GET_REASON(code));
    if (!text.empty()) text += "; ";
    text += reason == nullptr ? "TLS error " + std::to_string(code) : std::string(reason);
    if (text.size() > 200) break;
  }
  ERR_clear_error();
  return text.empty() ? "unknown TLS error" : text;
}

struct TlsContext::State {
  std::string certificate_path, key_path;
  std::function<void(const std::string&)> log;
  std::array<unsigned char, 80> ticket_keys{};  // kept over a reload, so that sessions can still be resumed

  std::mutex lock;
  std::shared_ptr<SSL_CTX> context;
  FileMark certificate_mark, key_mark;
  std::atomic<i64> next_check{0};  // steady seconds

  Result<std::shared_ptr<SSL_CTX>> build();
  Status read_files();
};

Result<std::shared_ptr<SSL_CTX>> TlsContext::State::build() {
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> made(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (made == nullptr) return Error{"cannot set TLS up: " + tls_error_text()};
  SSL_CTX* tls = made.get();
  SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
  SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                               SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_verify(tls, SSL_VERIFY_NONE, nullptr);
  // Sessions live in the client's ticket alone: no memory here for any number of clients.
  SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(tls, 1);
  SSL_CTX_set_tlsext_ticket_keys(tls, ticket_keys.data(), ticket_keys.size());
  SSL_CTX_set_session_id_context(tls, reinterpret_cast<const unsigned char*>("ropewalk"), 8);
  SSL_CTX_set_default_passwd_cb(tls, [](char*, int, int, void*) { return -1; });  // never ask on a terminal
  if (SSL_CTX_use_certificate_chain_file(tls, certificate_path.c_str()) != 1) {
    return trouble("use certificate", certificate_path);
  }
  if (SSL_CTX_use_PrivateKey_file(tls, key_path.c_str(), SSL_FILETYPE_PEM) != 1) {
    return trouble("use private key", key_path);
  }
  if (SSL_CTX_check_private_key(tls) != 1) return trouble("use certificate and key", certificate_path);
  return made;
}

Status TlsContext::State::read_files() {  // under the lock
  certificate_mark = mark_of(certificate_path);
  key_mark = mark_of(key_path);
  ROPEWALK_TRY(context, build());
  return {};
}

TlsContext::TlsContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<TlsContext>> TlsContext::load(const std::string& certificate_path, const std::string& key_path,
                                                     std::function<void(const std::string&)> log) {
  auto state = std::make_unique<State>();
  state->certificate_path = certificate_path;
  state->key_path = key_path;
  state->log = std::move(log);
  if (RAND_bytes(state->ticket_keys.data(), static_cast<int>(state->ticket_keys.size())) != 1) {
    return Error{"cannot make TLS ticket keys: " + tls_error_text()};
  }
  ROPEWALK_CHECK(state->read_files());
  return std::shared_ptr<TlsContext>(new TlsContext(std::move(state)));
}

std::shared_ptr<ssl_ctx_st> TlsContext::current() {
  const i64 now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
  i64 due = state_->next_check.load(std::memory_order_relaxed);
  const bool check = now >= due && state_->next_check.compare_exchange_strong(due, now + 1);
  std::unique_lock guard(state_->lock);
  if (check && (mark_of(state_->certificate_path) != state_->certificate_mark ||
                mark_of(state_->key_path) != state_->key_mark)) {
    const Status read = state_->read_files();
    if (state_->log) {
      state_->log(read.ok() ? "certificate " + state_->certificate_path + " read again"
                            : "certificate not changed: " + read.error().text);
    }
  }
  return state_->context;
}

Status TlsContext::reload() {
  std::lock_guard guard(state_->lock);
  return state_->read_files();
}

}  // namespace ropewalk::net
