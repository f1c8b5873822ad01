#include <algorithm>

#include "directory/directory.h"

namespace ropewalk::directory {

namespace {

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// atext and dots, [RFC 5321] 4.1.2 Dot-string; quoted local parts are not for people.
bool is_local_character(char c) {
  return is_letter_or_digit(c) || std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
}

std::string objection_to_label(std::string_view label) {
  if (label.empty()) return "the domain has an empty part";
  if (label.size() > 63) return "a part of the domain is longer than 63 characters";
  if (label.front() == '-' || label.back() == '-') return "a part of the domain begins or ends with '-'";
  for (char c : label) {
    if (!is_letter_or_digit(c) && c != '-') return "the domain has a character other than letters, digits, '-' and '.'";
  }
  return {};
}

std::string objection_to_local(std::string_view local) {
  if (local.empty()) return "there is nothing before the '@'";
  if (local.size() > 64) return "the part before the '@' is longer than 64 characters";
  if (local.front() == '.' || local.back() == '.' || local.find("..") != local.npos) {
    return "a '.' before the '@' must stand between other characters";
  }
  if (!std::all_of(local.begin(), local.end(), is_local_character)) {
    return "the part before the '@' has a character that is not allowed there";
  }
  return {};
}

}  // namespace

std::string objection_to_address(std::string_view address) {
  if (address.empty()) return "it is empty";
  if (address.size() > 254) return "it is longer than 254 characters";
  const auto at = address.find('@');
  if (at == address.npos) return "there is no '@'";
  if (address.find('@', at + 1) != address.npos) return "there is more than one '@'";
  std::string why = objection_to_local(address.substr(0, at));
  std::string_view domain = address.substr(at + 1);
  while (why.empty()) {
    const auto dot = domain.find('.');
    why = objection_to_label(domain.substr(0, dot));
    if (dot == domain.npos) break;
    domain.remove_prefix(dot + 1);
  }
  return why;
}

}  // namespace ropewalk::directory
