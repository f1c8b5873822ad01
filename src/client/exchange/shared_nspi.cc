#include "client/exchange/shared_nspi.h"

namespace ropewalk::client::exchange {

Outcome<std::shared_ptr<SharedNspi>> SharedNspi::open(const ChannelOptions& options) {
  std::shared_ptr<SharedNspi> shared(new SharedNspi(options));
  ROPEWALK_CHECK(shared->ensure_open());
  return shared;
}

Outcome<void> SharedNspi::ensure_open() {
  if (session_ != nullptr && session_->loss() == Loss::none) return {};
  auto opened = NspiSession::open(options_);
  if (!opened.ok()) {
    Failure why = std::move(opened).error();
    if (epoch_ != 0) why.text = "the session with the address book was lost, and cannot be opened again: " + why.text;
    return why;
  }
  session_ = *std::move(opened);
  if (epoch_++ == 0) first_ = session_->first();  // it follows from the options: the same in every session
  return {};
}

}  // namespace ropewalk::client::exchange
