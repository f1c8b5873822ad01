// For tests alone: a Kerberos realm on loopback, in a temporary folder, with its own configuration. Nothing of the
// system is touched; the environment of this process points to it while it lives.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace ropewalk::auth {

class TestRealm {
 public:
  static constexpr const char* kName = "ROPEWALK.TEST";

  // Why there can be no realm here; empty where there can.
  static std::string missing() {
    for (const char* program : {"krb5kdc", "kdb5_util", "kadmin.local"})
      if (!std::filesystem::exists(std::string("/usr/sbin/") + program))
        return std::string(program) + " is not installed (Debian's krb5-kdc and krb5-admin-server)";
    return {};
  }

  // Starts the KDC; good() tells whether it answers.
  TestRealm() {
    std::string name = (std::filesystem::temp_directory_path() / "ropewalk-realm-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) return;
    folder_ = name;
    port_ = free_port();
    write_configuration("krb5.conf", "");
    write("kdc.conf", "[kdcdefaults]\n kdc_listen = 127.0.0.1:" + port() + "\n kdc_tcp_listen = 127.0.0.1:" + port() +
                          "\n[realms]\n " + kName + " = {\n  database_name = " + file("principal") +
                          "\n  key_stash_file = " + file("stash") + "\n  acl_file = " + file("acl") +
                          "\n }\n[logging]\n kdc = FILE:" + file("kdc.log") +
                          "\n admin_server = FILE:" + file("admin.log") + "\n");
    setenv("KRB5_CONFIG", file("krb5.conf").c_str(), 1);
    setenv("KRB5_KDC_PROFILE", file("kdc.conf").c_str(), 1);
    setenv("KRB5CCNAME", ("FILE:" + file("no-tickets")).c_str(), 1);
    setenv("KRB5RCACHENAME", ("file2:" + file("replay")).c_str(), 1);
    if (!run({"/usr/sbin/kdb5_util", "create", "-s", "-W", "-r", kName, "-P", "master"})) return;
    kdc_ = spawn({"/usr/sbin/krb5kdc", "-n", "-r", kName});
    good_ = kdc_ > 0 && answers();
  }
  TestRealm(const TestRealm&) = delete;
  ~TestRealm() {
    if (kdc_ > 0) {
      kill(kdc_, SIGTERM);
      waitpid(kdc_, nullptr, 0);
    }
    for (const char* name : {"KRB5_CONFIG", "KRB5_KDC_PROFILE", "KRB5CCNAME", "KRB5RCACHENAME"}) unsetenv(name);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  bool good() const { return good_; }
  std::string file(const std::string& name) const { return (folder_ / name).string(); }

  bool add_user(const std::string& name, const std::string& password) {
    return admin("addprinc -pw " + password + " " + name);
  }
  // A service with a random key in that keytab; "aes256-cts-hmac-sha1-96", "arcfour-hmac", ...
  bool add_service(const std::string& name, const std::string& keytab, const std::string& enctype) {
    return admin("addprinc -randkey -e " + enctype + ":normal " + name) &&
           admin("ktadd -k " + file(keytab) + " -norandkey " + name);
  }
  bool admin(const std::string& command) { return run({"/usr/sbin/kadmin.local", "-r", kName, "-q", command}); }

  // Another krb5.conf of this realm, with more lines in its [libdefaults].
  void write_configuration(const std::string& name, const std::string& more) {
    write(name, std::string("[libdefaults]\n default_realm = ") + kName +
                    "\n dns_lookup_kdc = false\n dns_lookup_realm = false\n dns_canonicalize_hostname = false\n"
                    " rdns = false\n allow_weak_crypto = true\n" +
                    more + "[realms]\n " + kName + " = {\n  kdc = 127.0.0.1:" + port() +
                    "\n }\n[domain_realm]\n .ropewalk.test = " + kName + "\n");
  }
  bool run(const std::vector<std::string>& arguments, const std::string& input = "") {
    const pid_t child = spawn(arguments, input);
    int status = 0;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

 private:
  std::string port() const { return std::to_string(port_); }
  void write(const std::string& name, const std::string& text) { std::ofstream(file(name)) << text; }

  static int free_port() {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    (void)bind(fd, reinterpret_cast<sockaddr*>(&address), size);
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    close(fd);
    return ntohs(address.sin_port);
  }

  // Standard output and errors go to a file of the folder; `input` is what the program reads.
  pid_t spawn(const std::vector<std::string>& arguments, const std::string& input = "") {
    write("input", input);
    const std::string in = file("input"), out = file("output");
    std::vector<char*> list;
    for (const std::string& argument : arguments) list.push_back(const_cast<char*>(argument.c_str()));
    list.push_back(nullptr);
    const pid_t child = fork();
    if (child != 0) return child;
    const int from = open(in.c_str(), O_RDONLY);
    const int to = open(out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(from, 0);
    dup2(to, 1);
    dup2(to, 2);
    execv(list[0], list.data());
    _exit(127);
  }

  bool answers() const {
    for (int i = 0; i < 200; ++i, std::this_thread::sleep_for(std::chrono::milliseconds(25))) {
      const int fd = socket(AF_INET, SOCK_STREAM, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(static_cast<std::uint16_t>(port_));
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      const bool there = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
      close(fd);
      if (there) return true;
    }
    return false;
  }

  std::filesystem::path folder_;
  int port_ = 0;
  pid_t kdc_ = -1;
  bool good_ = false;
};

}  // namespace ropewalk::auth
