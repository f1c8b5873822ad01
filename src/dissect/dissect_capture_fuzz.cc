// Bytes as a capture: reading, streams, conversations, trees and JSON are bounded, and every tree covers its bytes.
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <cstdlib>

#include "auth/ntlm_keys.h"
#include "dissect/dissector.h"
#include "dissect/redact.h"
#include "dissect/report.h"
#include "dissect/tree_parts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  auto file = capture::PacketFile::of_bytes({data, size}, "input");
  if (!file.ok()) return 0;
  dissect::DissectOptions options;
  options.secrets.nt_hashes.emplace("administrator", auth::nt_hash("Password123!"));
  auto done = dissect::dissect_packets(*file, options, [](const dissect::Operation& operation) {
    std::string wrong = dissect::check_cover(operation);
    if (!wrong.empty()) {
      std::fprintf(stderr, "%s %s: %s\n", operation.layer.c_str(), operation.name.c_str(), wrong.c_str());
      std::abort();
    }
    dissect::full_text(operation, 0, true);
    dissect::Operation plain = operation;
    dissect::redact(plain);
    boost::json::serialize(dissect::to_json(plain));
  });
  return done.ok() ? 0 : 1;
}
