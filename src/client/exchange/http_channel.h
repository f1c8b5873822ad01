// Requests and responses of MAPI/HTTP over one connection: headers, cookies, meta-tags, response codes.
// [MS-OXCMAPIHTTP] 2.2, 3.1.
#pragma once

#include <chrono>

#include "client/exchange/channel.h"
#include "client/exchange/http_sign_in.h"

namespace ropewalk::client::exchange {

class HttpChannel final : public Channel {
 public:
  explicit HttpChannel(std::shared_ptr<ChannelState> state);

  Result<std::vector<u8>, ChannelFailure> post(mapihttp::RequestType type, ByteView body, ByteView rops = {}) override;
  void observe_response(ByteView rops) override;
  void interrupt() override { client_->interrupt(); }

 private:
  struct Last {  // what observe_response() tells
    std::string type, head;
    u64 number = 0;
    std::vector<u8> body, request_rops;
    std::chrono::microseconds took{};
  };

  std::shared_ptr<ChannelState> state_;
  std::shared_ptr<net::HttpClient> client_;
  HttpSignIn sign_in_;
  Last last_;
};

/// The code that says best what an X-ResponseCode means to a caller of MAPI.
mapi::ErrorCode error_of(mapihttp::ResponseCode code);
/// True where the session is over for that reason.
bool ends_session(mapihttp::ResponseCode code);

}  // namespace ropewalk::client::exchange
