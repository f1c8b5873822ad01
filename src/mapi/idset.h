// Sets of folder and message identifiers and change numbers, [MS-OXCFXICS] 2.2.2.4 IDSET: per replica a GLOBSET.
// Replicas are named by REPLID (16 bits) or by REPLGUID.
#pragma once

#include <map>
#include <optional>

#include "base/guid.h"
#include "base/result.h"
#include "mapi/globset.h"
#include "wire/describe.h"

namespace ropewalk::mapi {

// One replica's part as it travels.
template <class Replica>
struct IdSetPart {
  static constexpr bool kByGuid = std::is_same_v<Replica, Guid>;
  static constexpr std::string_view kName = kByGuid ? "REPLGUIDIDSETPart" : "REPLIDIDSETPart";
  static constexpr std::string_view kSource = kByGuid ? "[MS-OXCFXICS] 2.2.2.4.2" : "[MS-OXCFXICS] 2.2.2.4.1";
  Replica replica{};
  GlobsetCommands globset;
  static void fields(auto& m, auto& v) {
    v(kByGuid ? "REPLGUID" : "REPLID", m.replica);
    v("GLOBSET", m.globset);
  }
};

// A whole IDSET as it travels.
template <class Replica>
struct IdSetParts {
  static constexpr bool kByGuid = IdSetPart<Replica>::kByGuid;
  static constexpr std::string_view kName = kByGuid ? "IDSETWithREPLGUID" : "IDSETWithREPLID";
  static constexpr std::string_view kSource = IdSetPart<Replica>::kSource;
  wire::List<IdSetPart<Replica>> parts;
  static void fields(auto& m, auto& v) { v.until_end("IDSET", m.parts); }
};

// The set itself, with its algebra. Replica is u16 or Guid. Replicas without values are not kept.
template <class Replica>
class IdSet {
 public:
  bool empty() const { return parts_.empty(); }
  const std::map<Replica, GlobSet>& parts() const { return parts_; }
  // A replica's values; none where it has no part.
  const GlobSet& of(const Replica& replica) const {
    static const GlobSet none;
    auto found = parts_.find(replica);
    return found == parts_.end() ? none : found->second;
  }
  bool contains(const Replica& replica, u64 value) const { return of(replica).contains(value); }
  bool contains(const IdSet& other) const {
    for (const auto& [replica, values] : other.parts_)
      if (!of(replica).contains(values)) return false;
    return true;
  }
  void insert(const Replica& replica, u64 value) { parts_[replica].insert(value); }
  void insert(const Replica& replica, u64 low, u64 high) { parts_[replica].insert(low, high); }
  void insert(const IdSet& other) {
    for (const auto& [replica, values] : other.parts_) parts_[replica].insert(values);
  }
  void remove(const Replica& replica, u64 value) {
    auto found = parts_.find(replica);
    if (found == parts_.end()) return;
    found->second.remove(value);
    if (found->second.empty()) parts_.erase(found);
  }
  void remove(const IdSet& other) {
    for (const auto& [replica, values] : other.parts_) {
      auto found = parts_.find(replica);
      if (found == parts_.end()) continue;
      found->second.remove(values);
      if (found->second.empty()) parts_.erase(found);
    }
  }
  bool operator==(const IdSet&) const = default;

  // From bytes; costs as much memory as they are long. The error names the field.
  static Result<IdSet, wire::WireError> decode(ByteView bytes) {
    Arena arena;
    auto read = wire::decode<IdSetParts<Replica>>(bytes, arena);
    if (!read) return std::move(read).error();
    IdSet set;
    for (const IdSetPart<Replica>& part : read->parts) {
      GlobSet values;
      if (!globset_of(part.globset, values))
        return wire::WireError{wire::ErrorKind::malformed,   0, 0, 0, std::string(IdSetParts<Replica>::kName),
                               "a range that runs backwards"};
      if (!values.empty()) set.parts_[part.replica].insert(values);
    }
    return set;
  }
  void encode(wire::OutBuffer& out) const {
    for (const auto& [replica, values] : parts_) {
      wire::Encoder encoder(out);
      encoder("Replica", replica);
      append_globset(values, out);
    }
  }

 private:
  std::map<Replica, GlobSet> parts_;
};

using ReplIdSet = IdSet<u16>;
using ReplGuidSet = IdSet<Guid>;

}  // namespace ropewalk::mapi
