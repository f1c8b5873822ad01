#include "mime/file_name.h"

#include <algorithm>

#include "mime/text.h"

namespace ropewalk::mime {
namespace {

struct TypeRow {
  std::string_view type, extension;
};

constexpr TypeRow kTypes[] = {
    {"text/plain", ".txt"},
    {"text/html", ".htm"},
    {"text/html", ".html"},
    {"text/calendar", ".ics"},
    {"text/vcard", ".vcf"},
    {"text/x-vcard", ".vcf"},
    {"text/directory", ".vcf"},
    {"text/csv", ".csv"},
    {"text/xml", ".xml"},
    {"text/rtf", ".rtf"},
    {"text/enriched", ".txt"},
    {"text/rfc822-headers", ".txt"},
    {"message/delivery-status", ".txt"},
    {"message/disposition-notification", ".txt"},
    {"message/feedback-report", ".txt"},
    {"message/rfc822", ".eml"},
    {"message/partial", ".eml"},
    {"message/external-body", ".eml"},
    {"image/jpeg", ".jpg"},
    {"image/jpeg", ".jpeg"},
    {"image/png", ".png"},
    {"image/gif", ".gif"},
    {"image/bmp", ".bmp"},
    {"image/tiff", ".tif"},
    {"image/svg+xml", ".svg"},
    {"image/webp", ".webp"},
    {"audio/mpeg", ".mp3"},
    {"audio/wav", ".wav"},
    {"video/mp4", ".mp4"},
    {"application/pdf", ".pdf"},
    {"application/zip", ".zip"},
    {"application/gzip", ".gz"},
    {"application/msword", ".doc"},
    {"application/vnd.ms-excel", ".xls"},
    {"application/vnd.ms-powerpoint", ".ppt"},
    {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"},
    {"application/vnd.openxmlformats-officedocument.presentationml.presentation", ".pptx"},
    {"application/rtf", ".rtf"},
    {"application/xml", ".xml"},
    {"application/json", ".json"},
    {"application/ms-tnef", ".dat"},
    {"application/pkcs7-mime", ".p7m"},
    {"application/x-pkcs7-mime", ".p7m"},
    {"application/pkcs7-signature", ".p7s"},
    {"application/x-pkcs7-signature", ".p7s"},
    {"application/pgp-signature", ".asc"},
    {"application/pgp-encrypted", ".asc"},
    {"multipart/signed", ".p7m"},
};

std::string_view extension_of_type(std::string_view type) {
  for (const TypeRow& row : kTypes)
    if (row.type == type) return row.extension;
  if (type.starts_with("text/")) return ".txt";
  return type.starts_with("multipart/") ? ".eml" : ".dat";
}

// No path, no control characters, nothing a file system refuses.
std::string safe_name(std::string_view name) {
  auto slash = name.find_last_of("/\\");
  if (slash != name.npos) name.remove_prefix(slash + 1);
  std::string out;
  for (char c : name) {
    bool bad = static_cast<unsigned char>(c) < 32 || c == 127 ||
               std::string_view("<>:\"|?*").find(c) != std::string_view::npos;
    out += bad ? '_' : c;
  }
  return std::string(trim(out));
}

}  // namespace

std::string file_name_parameter(const Part& part) {
  for (std::string_view name : {part.disposition.parameter("filename"), part.media.parameter("name")}) {
    std::string text = safe_name(decode_text(name, part.charset()));  // encoded words here are wrong and common
    if (!text.empty()) return text;
  }
  return {};
}

std::string attachment_name(const Part& part, std::size_t number) {
  std::string name = file_name_parameter(part);
  if (!name.empty()) return name;
  if (part.media.is("multipart", "signed")) return "smime.p7m";
  if (part.media.is("application", "ms-tnef")) return "winmail.dat";
  std::string digits = std::to_string(number);
  if (digits.size() < 5) digits.insert(0, 5 - digits.size(), '0');
  return "ATT" + digits + std::string(extension_of_type(part.media.name()));
}

std::string file_extension(std::string_view name) {
  auto dot = name.rfind('.');
  return dot == name.npos || dot == 0 || dot + 1 == name.size() ? std::string() : std::string(name.substr(dot));
}

std::string short_file_name(std::string_view name) {
  std::string extension = file_extension(name);
  std::string_view stem = name.substr(0, name.size() - extension.size());
  auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
           std::string_view("_-~!#$%&'()@^`{}").find(c) != std::string_view::npos;
  };
  std::string out;
  for (char c : stem)
    if (fits(c)) out += c;
  if (out.size() > 8 || out.size() < stem.size()) out = out.substr(0, std::min<std::size_t>(6, out.size())) + "~1";
  std::string end;
  for (char c : extension)
    if (fits(c) && end.size() < 3) end += c;
  return end.empty() ? out : out + "." + end;
}

std::string_view media_type_of_file(std::string_view name) {
  std::string extension = ascii_lowered(file_extension(name));
  for (const TypeRow& row : kTypes)
    if (row.extension == extension) return row.type;
  return "application/octet-stream";
}

}  // namespace ropewalk::mime
