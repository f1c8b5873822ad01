// Signals that a command waits for.
#pragma once

#include <signal.h>

#include <initializer_list>

namespace ropewalk::cli {

// Blocks them for this thread and those it starts from now on, so that none is lost until sigwait(); a closed pipe
// becomes an error of its write. To be called before any thread starts.
inline sigset_t block_signals(std::initializer_list<int> wanted) {
  sigset_t signals;
  sigemptyset(&signals);
  for (int number : wanted) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

}  // namespace ropewalk::cli
