#include "cli/html_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "mapi/ascii_case.h"

namespace ropewalk::cli {
namespace {

struct Reference {
  std::string_view name, text;
};
constexpr std::array<Reference, 22> kReferences{
    {{"amp", "&"},    {"lt", "<"},    {"gt", ">"},    {"quot", "\""},  {"apos", "'"},  {"nbsp", " "},
     {"copy", "©"},   {"reg", "®"},   {"trade", "™"}, {"hellip", "…"}, {"mdash", "—"}, {"ndash", "–"},
     {"lsquo", "‘"},  {"rsquo", "’"}, {"ldquo", "“"}, {"rdquo", "”"},  {"bull", "•"},  {"euro", "€"},
     {"middot", "·"}, {"times", "×"}, {"laquo", "«"}, {"raquo", "»"}}};

void append_utf8(std::string& out, std::uint32_t c) {
  if (c == 0 || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = 0xFFFD;
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

// "#8217", "#x2019" or a name, without '&' and ';'.
bool append_reference(std::string& out, std::string_view name) {
  if (name.size() >= 2 && name[0] == '#') {
    bool hex = name[1] == 'x' || name[1] == 'X';
    std::uint32_t value = 0;
    for (char c : name.substr(hex ? 2 : 1)) {
      int digit = c >= '0' && c <= '9' ? c - '0' : hex && (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
      if (digit < 0 || value > 0x10FFFF) return false;
      value = value * (hex ? 16u : 10u) + static_cast<std::uint32_t>(digit);
    }
    if (value == 0xA0) value = ' ';
    append_utf8(out, value);
    return true;
  }
  for (const Reference& known : kReferences)
    if (known.name == name) {
      out += known.text;
      return true;
    }
  return false;
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

class Reader {
 public:
  explicit Reader(std::string_view html) : html_(html) {}

  std::string read() {
    while (at_ < html_.size()) {
      char c = html_[at_];
      if (c == '<' && at_ + 1 < html_.size() && starts_tag(html_[at_ + 1]))
        tag();
      else if (c == '&')
        reference();
      else
        character(c);
    }
    while (!out_.empty() && is_space(out_.back())) out_.pop_back();
    return out_ + (out_.empty() ? "" : "\n");
  }

 private:
  static bool starts_tag(char c) { return c == '/' || c == '!' || c == '?' || ((c | 32) >= 'a' && (c | 32) <= 'z'); }

  void character(char c) {
    ++at_;
    if (is_space(c) && pre_ == 0) {
      space_ = true;
      return;
    }
    if (c == '\r') return;
    flush_space();
    out_ += c;
  }
  void reference() {
    std::string_view near = html_.substr(at_ + 1, 12);  // no reference is longer
    std::size_t end = near.find(';');
    if (end != std::string_view::npos) {
      flush_space();
      if (append_reference(out_, near.substr(0, end))) {
        at_ += end + 2;
        return;
      }
    }
    character('&');
  }
  void flush_space() {
    if (space_ && !out_.empty() && !is_space(out_.back())) out_ += ' ';
    space_ = false;
  }
  // Ends the line; `blank`: and leaves an empty one.
  void line(bool blank = false) {
    space_ = false;
    while (!out_.empty() && out_.back() == ' ') out_.pop_back();
    if (out_.empty()) return;
    if (out_.back() != '\n') out_ += '\n';
    if (blank && !out_.ends_with("\n\n")) out_ += '\n';
  }

  void tag() {
    if (html_.substr(at_).starts_with("<!--")) {
      std::size_t end = html_.find("-->", at_ + 4);
      at_ = end == std::string_view::npos ? html_.size() : end + 3;
      return;
    }
    std::size_t end = tag_end();
    std::string_view inside = html_.substr(at_ + 1, end - at_ - 1);
    at_ = std::min(end + 1, html_.size());
    bool closes = inside.starts_with('/');
    if (closes) inside.remove_prefix(1);
    std::string name;
    for (char c : inside) {
      if (is_space(c) || c == '/') break;
      name += mapi::ascii_lower(c);
    }
    if (!closes && (name == "script" || name == "style" || name == "title" || name == "template")) return skip(name);
    element(name, closes, inside);
  }
  // Where the tag ends: '>' outside of quotes.
  std::size_t tag_end() const {
    char quote = 0;
    for (std::size_t i = at_ + 1; i < html_.size(); ++i) {
      char c = html_[i];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if ((c == '"' || c == '\'') && html_[i - 1] == '=') {
        quote = c;
      } else if (c == '>') {
        return i;
      }
    }
    // A quote that never ends: the tag ends at its first '>'. This happens once per kind of quote at most.
    return std::min(html_.find('>', at_), html_.size());
  }
  void skip(const std::string& name) {
    std::string wanted = "</" + name;
    for (std::size_t i = at_; i + wanted.size() <= html_.size(); ++i)
      if (html_[i] == '<' && mapi::equal_ignoring_ascii_case(html_.substr(i, wanted.size()), wanted)) {
        std::size_t end = html_.find('>', i);
        at_ = end == std::string_view::npos ? html_.size() : end + 1;
        return;
      }
    at_ = html_.size();
  }
  void element(const std::string& name, bool closes, std::string_view inside) {
    if (name == "br") {
      space_ = false;
      out_ += '\n';
    } else if (name == "p" || name == "h1" || name == "h2" || name == "h3" || name == "h4" || name == "table" ||
               name == "ul" || name == "ol" || name == "blockquote") {
      line(true);
    } else if (name == "div" || name == "tr" || name == "h5" || name == "h6" || name == "dt" || name == "dd" ||
               name == "address" || name == "section" || name == "center") {
      line();
    } else if (name == "li") {
      line();
      if (!closes) out_ += "- ";
    } else if (name == "td" || name == "th") {
      if (closes) space_ = true;
    } else if (name == "hr") {
      line();
      out_ += "----\n";
    } else if (name == "pre") {
      line(true);
      pre_ = closes ? 0 : 1;
    } else if (name == "a") {
      link(closes, inside);
    }
  }
  void link(bool closes, std::string_view inside) {
    if (!closes) {
      flush_space();
      link_ = attribute(inside, "href");
      link_from_ = out_.size();
      return;
    }
    bool shows =
        link_.starts_with("http") && out_.size() > link_from_ && out_.find(link_, link_from_) == std::string::npos;
    if (shows) out_ += " <" + link_ + ">";
    link_.clear();
  }
  static std::string attribute(std::string_view tag, std::string_view name) {
    for (std::size_t i = 1; i + name.size() + 1 < tag.size(); ++i) {
      if (!is_space(tag[i - 1]) || tag[i + name.size()] != '=' ||
          !mapi::equal_ignoring_ascii_case(tag.substr(i, name.size()), name))
        continue;
      std::string_view value = tag.substr(i + name.size() + 1);
      if (value.empty()) return {};
      char quote = value[0];
      std::size_t end = quote == '"' || quote == '\'' ? value.find(quote, 1) : value.find_first_of(" \t\r\n");
      std::size_t from = quote == '"' || quote == '\'' ? 1 : 0;
      return std::string(value.substr(from, end == std::string_view::npos ? end : end - from));
    }
    return {};
  }

  std::string_view html_;
  std::size_t at_ = 0;
  std::string out_, link_;
  std::size_t link_from_ = 0;
  bool space_ = false;
  int pre_ = 0;
};

}  // namespace

std::string html_to_text(std::string_view html) { return Reader(html).read(); }

}  // namespace ropewalk::cli
