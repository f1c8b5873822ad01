// For tests alone: OpenLDAP's slapd on the loopback, with TLS.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "directory/ldap_settings.h"
#include "net/tls.h"

namespace ropewalk::directory {

// Ends with the test, whatever becomes of that.
class Slapd {
 public:
  // Two people with passwords and a group under dc=example.
  static constexpr const char* kEntries = R"(dn: dc=example
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: uid=user1,dc=example
objectClass: inetOrgPerson
uid: user1
cn: Üser One
sn: One
givenName: User
mail: user1@ropewalk.test
mail: one@ropewalk.test
departmentNumber: Sales
employeeType: Tower 7
manager: uid=user2,dc=example
jpegPhoto:: /9j/
userPassword: first secret

dn: uid=user2,dc=example
objectClass: inetOrgPerson
uid: user2
cn: User Two
sn: Two
mail: user2@ropewalk.test
userPassword: second secret

dn: cn=all,dc=example
objectClass: groupOfNames
cn: all
member: uid=user1,dc=example
member: uid=user2,dc=example
)";

  static bool is_there() { return access(kSlapd, X_OK) == 0; }

  // Has kEntries, and does not run yet.
  explicit Slapd(std::filesystem::path folder)
      : folder_(std::move(folder)), port_(free_port()), tls_port_(free_port()) {
    std::filesystem::create_directory(folder_);
    EXPECT_TRUE(net::make_self_signed(path("certificate.pem"), path("key.pem"), {"127.0.0.1"}).ok());
    write_settings();
    load(kEntries);
  }
  ~Slapd() { stop(); }
  Slapd(const Slapd&) = delete;
  Slapd& operator=(const Slapd&) = delete;

  std::string path(const std::string& name) const { return folder_ / name; }
  int port() const { return port_; }
  LdapSettings settings() const {
    LdapSettings settings;
    settings.url = "ldaps://127.0.0.1:" + std::to_string(tls_port_);
    settings.certificate = path("certificate.pem");
    settings.bind_dn = "cn=reader,dc=example";
    settings.password = "reading";
    settings.base = "dc=example";
    settings.timeout = std::chrono::seconds(5);
    return settings;
  }

  // From the next start() on.
  void without_tls() {
    has_tls_ = false;
    write_settings();
  }
  // The most entries that one answer has.
  void limit(int entries) {
    limit_ = entries;
    write_settings();
  }
  // Kinds of entries beside those of inetOrgPerson.
  void with_schema(const std::string& definitions) {
    std::ofstream(path("extra.schema")) << definitions;
    write_settings();
  }
  // All that it has from now on; while it does not run.
  void load(const std::string& ldif) {
    for (const char* name : {"data.mdb", "lock.mdb"}) std::filesystem::remove(path(name));
    std::ofstream(path("entries.ldif")) << ldif;
    const std::string command = "/usr/sbin/slapadd -f " + path("slapd.conf") + " -l " + path("entries.ldif") + " >" +
                                path("slapadd.log") + " 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }
  bool start() {
    std::string urls = "ldap://127.0.0.1:" + std::to_string(port_);
    if (has_tls_) urls += " ldaps://127.0.0.1:" + std::to_string(tls_port_);
    process_ = fork();
    if (process_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      (void)!freopen("/dev/null", "w", stdout);
      (void)!freopen(path("slapd.log").c_str(), "w", stderr);
      execl(kSlapd, kSlapd, "-f", path("slapd.conf").c_str(), "-h", urls.c_str(), "-d", "0", nullptr);
      _exit(127);
    }
    for (int i = 0; i < 500 && !answers(port_); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return answers(port_);
  }
  void stop() {
    if (process_ <= 0) return;
    kill(process_, SIGTERM);
    waitpid(process_, nullptr, 0);
    process_ = 0;
  }

 private:
  static constexpr const char* kSlapd = "/usr/sbin/slapd";

  void write_settings() const {
    std::ofstream out(path("slapd.conf"));
    for (const char* schema : {"core", "cosine", "inetorgperson"})
      out << "include /etc/ldap/schema/" << schema << ".schema\n";
    if (std::filesystem::exists(path("extra.schema"))) out << "include " << path("extra.schema") << "\n";
    out << "modulepath /usr/lib/ldap\nmoduleload back_mdb\npidfile " << path("pid") << "\n";
    if (has_tls_) {
      out << "TLSCertificateFile " << path("certificate.pem") << "\nTLSCertificateKeyFile " << path("key.pem")
          << "\nsecurity simple_bind=1\n";
    }
    out << "sizelimit size.soft=" << limit_ << " size.hard=" << limit_ << " size.prtotal=unlimited\n"
        << "database mdb\nmaxsize 67108864\nsuffix \"dc=example\"\n"
           "rootdn \"cn=reader,dc=example\"\nrootpw reading\ndirectory "
        << folder_.string() << "\n";
  }
  static sockaddr_in loopback(int port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(static_cast<u16>(port));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
  }
  static int free_port() {
    const int s = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at = loopback(0);
    socklen_t size = sizeof at;
    bind(s, reinterpret_cast<sockaddr*>(&at), size);
    getsockname(s, reinterpret_cast<sockaddr*>(&at), &size);
    close(s);
    return ntohs(at.sin_port);
  }
  static bool answers(int port) {
    const int s = socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in at = loopback(port);
    const bool is_open = connect(s, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
    close(s);
    return is_open;
  }

  std::filesystem::path folder_;
  int port_, tls_port_;
  bool has_tls_ = true;
  int limit_ = 100'000;
  pid_t process_ = 0;
};

}  // namespace ropewalk::directory
