// Why a conversation failed, in plain words, with the frames that show it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dissect/operation.h"

namespace ropewalk::dissect {

// Something that went wrong. Alike ones between the same two are one finding.
struct Finding {
  std::string client, server;  // "192.0.2.9", "192.0.2.1:6001"
  std::string problem;         // "the server rejected the bind to EMSMDB v0.81: authentication_type_not_recognized"
  std::string reason;          // what that means, and what to do about it
  std::vector<u64> frames;     // where it shows; the first kMaxFrames
  u64 times = 0;

  static constexpr std::size_t kMaxFrames = 6;
};

// Looks at operations as they come. Needs no trees. Memory is bounded: of the many connections of a long capture, those
// idle for longest are forgotten, and past kMaxFindings kinds of failure only those known are counted.
class Diagnosis {
 public:
  static constexpr std::size_t kMaxFindings = 200, kMaxConnections = 4096;

  void add(const Operation& operation);
  // What was found up to now, in the order of its first frame.
  std::vector<Finding> findings() const;

 private:
  struct Party {
    u64 connection;
    u64 bind_frame = 0;
    std::string bind;         // its detail: interface and security
    bool has_worked = false;  // a call was answered since
    u64 used = 0;
    std::map<u64, u64> asked;  // frames of requests by operation number
    unsigned challenges = 0;   // 401 in a row
    std::vector<u64> challenge_frames;
  };
  struct Failure {
    std::string problem, reason;
  };

  Party& party(const Operation& operation);
  void report(const Operation& operation, Failure failure, const std::vector<u64>& also = {});
  void answered(const Operation& operation, Party& party);
  void refused_rpc(const Operation& operation, Party& party);
  void rop_errors(const Operation& operation, Party& party);
  void http(const Operation& operation, Party& party);
  void losses(const Operation& operation);
  // What a server that does not believe the caller most likely minds.
  Failure not_believed(const Operation& operation, const Party& party) const;
  std::string fault_reason(const Operation& operation) const;

  std::map<u64, Party> parties_;
  std::map<std::string, std::string> works_;  // by server: the security of a call that was answered
  std::map<std::string, Finding> findings_;
  std::vector<std::string> order_;
  u64 clock_ = 0;
};

// As lines: what failed, between whom, why, and where to look.
std::string to_text(const Finding& finding);
// {"finding","client","server","reason","frames","times"}
boost::json::value to_json(const Finding& finding);

}  // namespace ropewalk::dissect
