// NTLM messages from foreign bytes, by every reading.
#include <cstdlib>

#include "protocol/ntlmssp/messages.h"
#include "wire/test_round_trip.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  const ByteView bytes(data, size);
  for (auto* info : {&wire::struct_info<ntlmssp::NegotiateMessage>, &wire::struct_info<ntlmssp::ChallengeMessage>,
                     &wire::struct_info<ntlmssp::AuthenticateMessage>, &wire::struct_info<ntlmssp::AvPairs>,
                     &wire::struct_info<ntlmssp::Ntlmv2Response>})
    if (!wire::check_bytes(*info, bytes, nullptr).empty()) std::abort();
  Arena arena;
  if (auto message = ntlmssp::read_message<ntlmssp::AuthenticateMessage>(bytes, arena); message.ok())
    for (auto field : {message->lm_challenge_response, message->nt_challenge_response, message->user_name})
      if (auto part = field.in(bytes); part && !part->empty() && (part->data() < data || part->size() > size))
        std::abort();
  return 0;
}
