// What an HTML text refers to, to tell the attachments that it shows from the others.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

namespace ropewalk::mime {

// Attribute values and CSS url()s of one HTML document; one pass over it. Bytes are read as ASCII.
class HtmlReferences {
 public:
  explicit HtmlReferences(std::string_view html);

  // "cid:ID" occurs, also where the ID is percent-encoded.
  bool has_content_id(const std::string& id) const { return !id.empty() && found_.contains("cid:" + id); }
  bool has_location(const std::string& location) const { return !location.empty() && found_.contains(location); }

 private:
  void add(std::string_view value);
  std::unordered_set<std::string> found_;
};

}  // namespace ropewalk::mime
