// From captured traffic to operations.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "base/result.h"
#include "capture/streams.h"
#include "dissect/operation.h"

namespace ropewalk::dissect {

// Secrets that open what is encrypted.
struct Secrets {
  // NT hashes (16 bytes, MD4 of the password) by secret_name() of the user; all of a name are tried.
  std::multimap<std::string, std::array<u8, 16>> nt_hashes;
  std::string keytab;  // "/data/server.keytab"; empty: none
};

// A user's name without domain or realm, in lower case: "user1" for "ROPEWALK\\User1" and "user1@ropewalk.test".
std::string secret_name(std::string_view user);

struct DissectOptions {
  Secrets secrets;
  bool trees = true;        // else operations come without trees and buffers, and sooner
  Predicate filter;         // which operations to hand out; empty: all. Numbers count all of them.
  std::set<u16> rpc_ports;  // where DCE/RPC is spoken, whatever the bytes look like
  // Called for each endpoint ("192.0.2.1:6001") that an endpoint mapper names. May be empty.
  std::function<void(const std::string& endpoint)> on_endpoint;
  capture::StreamLimits limits;
  std::size_t max_operation = 16u << 20;  // bytes; a longer one comes with a note and without its content
};

// How much was read, and what of it could not be followed.
struct DissectCounts {
  u64 frames = 0, bytes = 0;  // of all packets
  u64 connections = 0, followed = 0;
  u64 smb = 0, tls = 0, other = 0;  // connections that are not followed, by what they speak
  u64 operations = 0;
};

class Conversations;  // what connections of one capture know of each other

// Takes packets in their order, gives operations as soon as they are complete. Memory is bounded, however long the
// capture is. Not thread-safe.
class Dissector {
 public:
  // `link_type`: as PacketFile tells it.
  Dissector(int link_type, DissectOptions options, OnOperation on_operation);
  Dissector(const Dissector&) = delete;
  Dissector& operator=(const Dissector&) = delete;
  ~Dissector();

  void add(const capture::Packet& packet);
  // The capture is over: gives what was incomplete.
  void finish();
  const DissectCounts& counts() const;

 private:
  std::unique_ptr<Conversations> conversations_;
  capture::Network network_;
  std::unique_ptr<capture::Streams> streams_;
};

// The whole of a file. Error: as PacketFile::open(). `trouble`: what is wrong with the file behind what was read.
struct DissectedFile {
  DissectCounts counts;
  std::string trouble;
};
Result<DissectedFile> dissect_file(const std::string& path, const DissectOptions& options, OnOperation on_operation);
Result<DissectedFile> dissect_packets(capture::PacketFile& file, const DissectOptions& options,
                                      OnOperation on_operation);

}  // namespace ropewalk::dissect
