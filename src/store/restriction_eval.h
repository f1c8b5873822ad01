// Does an object satisfy a restriction? [MS-OXCDATA] 2.12.
#pragma once

#include <functional>
#include <optional>

#include "mapi/restriction.h"
#include "store/failure.h"

namespace ropewalk::store {

// How an evaluator sees an object.
class PropertySource {
 public:
  virtual ~PropertySource() = default;
  // The property with the tag's id, in whatever type it has; nullopt where absent. Views live as long as the arena.
  virtual std::optional<mapi::Property> property(mapi::PropTag tag, Arena& arena) const = 0;
  // The size of its value in bytes, where it may be known without reading it.
  virtual std::optional<u64> property_size(mapi::PropTag tag, Arena& arena) const;
  // Sub-objects of PidTagMessageRecipients or PidTagMessageAttachments: calls `visit` on each until it returns true.
  virtual bool any_sub_object(mapi::PropTag kind, Arena& arena,
                              const std::function<bool(const PropertySource&)>& visit) const;
};

// Nesting deeper than this fails in check_restriction().
inline constexpr int kMostRestrictionLevels = 64;

// ecTooComplex for what satisfies() does not evaluate (regular expressions, membership in lists, count restrictions in
// a branch, too deep nesting), ecInvalidParam where a node lacks its parts.
Outcome<void> check_restriction(const mapi::Restriction& restriction);

// Comparison of texts ignores case; absent properties fail every condition but `not`, and count as unequal for RelOp
// ne.
bool satisfies(const PropertySource& object, const mapi::Restriction& restriction, Arena& arena);

// Orders two values of one type: below 0, 0, above 0. Texts by the folded order of sort keys.
int compare_values(mapi::PropType type, const mapi::Value& a, const mapi::Value& b);

// Appends bytes whose memcmp order is the order of the texts: language-neutral collation, case ignored; at most 96
// bytes.
void append_sort_key(ByteView utf16le, std::vector<u8>& out);

}  // namespace ropewalk::store
