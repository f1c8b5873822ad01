// For tests alone: traffic captured on the loopback device, and Wireshark's view of it.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "base/types.h"

namespace ropewalk::shark {

struct Ran {
  int status = -1;
  std::string out;
};

inline Ran run(const std::string& command) {
  Ran ran;
  std::FILE* pipe = popen((command + " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return ran;
  char block[4096];
  while (std::size_t n = std::fread(block, 1, sizeof block, pipe)) ran.out.append(block, n);
  ran.status = pclose(pipe);
  return ran;
}

// Captures what matches a filter ("tcp port 80") on the loopback device into a file, while it lives.
class Capture {
 public:
  Capture(std::string path, const std::string& filter) : path_(std::move(path)) {
    int errors[2];
    if (pipe(errors) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      dup2(errors[1], STDERR_FILENO);
      execlp("dumpcap", "dumpcap", "-i", "lo", "-f", filter.c_str(), "-w", path_.c_str(), "-a", "duration:60", nullptr);
      _exit(127);
    }
    close(errors[1]);
    // It says "File: ..." once it captures, or what it lacks.
    char c;
    while (read(errors[0], &c, 1) == 1) {
      said_ += c;
      if (said_.ends_with("File: ")) break;
    }
    running_ = said_.ends_with("File: ");
    errors_ = errors[0];
  }
  ~Capture() { stop(); }
  void stop() {
    if (pid_ <= 0) return;
    // What was sent last is on its way through the kernel.
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    kill(pid_, SIGINT);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
    close(errors_);
  }
  bool is_running() const { return running_; }
  const std::string& said() const { return said_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_, said_;
  pid_t pid_ = -1;
  int errors_ = -1;
  bool running_ = false;
};

}  // namespace ropewalk::shark
