#include "inspect/admin_page.h"

#include <fmt/format.h>
#include <unistd.h>

#include "inspect/live_feed.h"
#include "inspect/page_server.h"

namespace ropewalk::inspect {
namespace {

constexpr u64 kMostMemory = 64u << 20, kMostDisk = 512u << 20;  // bytes

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "";
}

// As it is now: the command that sets it works while the server runs.
std::function<std::string()> password_source(const server::Config& config) {
  if (!config.admin_password_hash.empty()) return [hash = config.admin_password_hash] { return hash; };
  return [data = config.data] {
    auto hash = read_admin_password(data);
    return hash ? *hash : std::string();
  };
}

}  // namespace

struct AdminPage::Parts {
  Parts(server::Server& server, const server::Config& config)
      : store({config.admin_operations, kMostMemory, kMostDisk}),
        feed(server.tap(), store, progress, !config.admin_shows_contents) {}

  OperationStore store;
  Progress progress;
  LiveFeed feed;
  Api api{store, progress};
  LiveApi live{api, feed};
  std::unique_ptr<PageServer> page;
};

AdminPage::AdminPage(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
AdminPage::~AdminPage() { parts_->page.reset(); }
const std::string& AdminPage::url() const { return parts_->page->url(); }

Result<std::unique_ptr<AdminPage>> AdminPage::start(server::Server& server, const server::Config& config) {
  auto password = password_source(config);
  if (password().empty())
    return Error{
        fmt::format("no administrator's password is set, which the admin port needs: ropewalk admin password "
                    "--data {} --password-stdin",
                    config.data)};
  auto parts = std::make_unique<Parts>(server, config);
  parts->progress.set([&](Progress::Facts& facts) {
    facts.title = host_name();
    facts.is_live = facts.has_sign_out = true;
    facts.is_masked = !config.admin_shows_contents;
  });
  PageServerOptions options;
  options.endpoints = {{config.listen, *config.admin_port, server.tls()}};
  options.gate = std::make_shared<AdminGate>(std::move(password));
  options.host_names = config.host_names;
  options.host_names.push_back(host_name());
  options.log = [&log = server.log()](const std::string& line) { log.info("admin page: " + line); };
  ROPEWALK_TRY(parts->page, PageServer::start(std::move(options), parts->live));
  return std::unique_ptr<AdminPage>(new AdminPage(std::move(parts)));
}

}  // namespace ropewalk::inspect
