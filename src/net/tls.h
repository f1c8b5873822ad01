// TLS: a server's certificate and key from PEM files, and a self-signed pair for the first start.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

struct ssl_ctx_st;

namespace ropewalk::net {

// A server's certificate. TLS 1.2 and later, session tickets, never a client certificate request. Files that change on
// disk are read again for new connections, at most once a second; if they do not fit together the old pair stays.
class TlsContext {
 public:
  // `log` gets a line when the files were read again or could not be; may be empty.
  static Result<std::shared_ptr<TlsContext>> load(const std::string& certificate_path, const std::string& key_path,
                                                  std::function<void(const std::string&)> log = {});
  ~TlsContext();

  // The context for a new connection. Any thread.
  std::shared_ptr<ssl_ctx_st> current();
  // Reads the files again now, changed or not (SIGHUP).
  Status reload();

 private:
  struct State;
  explicit TlsContext(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Makes an ECDSA P-256 key (file mode 0600) and a certificate for `names` (host names and IP addresses; the first is
// the subject), valid for ten years. Existing files are replaced.
Status make_self_signed(const std::string& certificate_path, const std::string& key_path,
                        const std::vector<std::string>& names);

// The newest error of OpenSSL's queue in words; empties the queue.
std::string tls_error_text();

}  // namespace ropewalk::net
