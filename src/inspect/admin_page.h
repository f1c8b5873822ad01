// A running server's page: live operations behind the administrator's password, on a port of its own.
#pragma once

#include <memory>

#include "server/server.h"

namespace ropewalk::inspect {

class AdminPage {
 public:
  // Where config.admin_port says so; the server outlives it. An error says what is missing.
  static Result<std::unique_ptr<AdminPage>> start(server::Server& server, const server::Config& config);
  ~AdminPage();

  const std::string& url() const;

 private:
  struct Parts;
  explicit AdminPage(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace ropewalk::inspect
