#include "mime/html_references.h"

#include "base/percent.h"
#include "mime/text.h"

namespace ropewalk::mime {
HtmlReferences::HtmlReferences(std::string_view html) {
  constexpr std::size_t kLongest = 2048;  // of a reference; data: URIs are none of interest
  for (std::size_t at = html.find_first_of("=("); at != html.npos; at = html.find_first_of("=(", at + 1)) {
    std::string_view rest = html.substr(at + 1, kLongest);
    while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
    if (rest.empty()) continue;
    char quote = rest.front();
    bool quoted = quote == '"' || quote == '\'';
    if (quoted) rest.remove_prefix(1);
    std::size_t end = quoted ? rest.find(quote) : rest.find_first_of(" \t\r\n>)\"'");
    if (end != rest.npos && end > 0) add(trim(rest.substr(0, end)));
  }
}

void HtmlReferences::add(std::string_view value) {
  if (starts_ignoring_case(value, "data:")) return;
  if (!starts_ignoring_case(value, "cid:")) {
    found_.emplace(value);
    return;
  }
  std::string id(value.substr(4));
  found_.insert("cid:" + id);
  if (id.find('%') != id.npos) found_.insert("cid:" + percent_decoded(id));
}

}  // namespace ropewalk::mime
