#include "mime/mbox.h"

#include "mime/text.h"

namespace ropewalk::mime {
namespace {

constexpr std::size_t kChunk = 256u << 10;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_field_line(std::string_view line) {
  std::size_t at = 0;
  while (at < line.size() && line[at] > 32 && line[at] < 127 && line[at] != ':') ++at;
  return at > 0 && at < line.size() && line[at] == ':';
}

// "12:34" and a year, as every program writes into its "From " lines.
bool has_time(std::string_view line) {
  bool clock = false, year = false;
  for (std::size_t i = 1; i + 3 < line.size(); ++i) {
    clock |= is_digit(line[i - 1]) && line[i] == ':' && is_digit(line[i + 1]) && is_digit(line[i + 2]);
    year |= !is_digit(line[i - 1]) && (line.substr(i, 2) == "19" || line.substr(i, 2) == "20") &&
            is_digit(line[i + 2]) && is_digit(line[i + 3]) && (i + 4 == line.size() || !is_digit(line[i + 4]));
  }
  return clock && year;
}

bool is_from_line(std::string_view line) {
  if (!line.starts_with("From ")) return false;
  std::string_view rest = trim(line.substr(5));
  return rest == "-" || has_time(line);
}

bool is_quoted_from(std::string_view line, MboxQuoting quoting) {
  if (!line.starts_with('>')) return false;
  if (quoting == MboxQuoting::mboxo) return line.starts_with(">From ");
  auto mark = line.find_first_not_of('>');
  return mark != line.npos && line.substr(mark).starts_with("From ");
}

}  // namespace

MailFileKind recognise_mail_file(std::string_view beginning) {
  if (beginning.starts_with(kByteOrderMark)) beginning.remove_prefix(kByteOrderMark.size());
  std::string_view first = without_line_end(take_line(beginning));
  if (!first.starts_with("From ")) return MailFileKind::message;
  std::string_view second = without_line_end(take_line(beginning));
  bool header = is_field_line(second) || second.starts_with(">From ");
  return header || is_from_line(first) ? MailFileKind::mbox : MailFileKind::message;
}

MboxReader::MboxReader(ByteSource source, MboxQuoting quoting, std::size_t most)
    : source_(std::move(source)), quoting_(quoting), most_(most) {}

Result<bool> MboxReader::fill() {
  if (ended_) return false;
  if (at_ > 0) {
    passed_ += at_;
    buffer_.erase(0, at_);
    at_ = 0;
  }
  std::size_t size = buffer_.size();
  if (size > most_) return Error{"mbox: a line of more than " + std::to_string(most_) + " bytes"};
  buffer_.resize(size + kChunk);
  auto got = source_(buffer_.data() + size, kChunk);
  if (!got) return std::move(got).error();
  buffer_.resize(size + *got);
  ended_ = *got == 0;
  return !ended_;
}

Result<std::string_view> MboxReader::line() {
  for (std::size_t searched = 0;;) {
    std::size_t end = buffer_.find('\n', at_ + searched);
    if (end != buffer_.npos) return std::string_view(buffer_).substr(at_, end + 1 - at_);
    searched = buffer_.size() - at_;
    ROPEWALK_TRY(bool more, fill());
    if (!more) return std::string_view(buffer_).substr(at_);
  }
}

Result<bool> MboxReader::is_separator(std::size_t length) {
  // The line after it decides too; it has to be in the buffer.
  while (buffer_.find('\n', at_ + length) == buffer_.npos) {
    ROPEWALK_TRY(bool more, fill());
    if (!more) break;
  }
  std::string_view from = without_line_end(std::string_view(buffer_).substr(at_, length));
  if (!is_from_line(from)) return false;
  std::string_view rest = std::string_view(buffer_).substr(at_ + length);
  std::string_view next = without_line_end(take_line(rest));
  if (is_field_line(next) || next.starts_with(">From ")) return true;
  return after_empty_line_ && next.empty();
}

Result<bool> MboxReader::next(std::string& message) {
  message.clear();
  if (!started_) {
    ROPEWALK_TRY(std::string_view first, line());
    started_ = true;
    if (first.starts_with(kByteOrderMark)) at_ += kByteOrderMark.size();
  }
  ROPEWALK_TRY(std::string_view first, line());
  if (first.empty()) return false;
  begin_ = passed_ + at_;
  if (first.starts_with("From ")) at_ += first.size();  // else text before the first separator: a message too
  std::size_t before_empty_line = 0;
  after_empty_line_ = false;
  for (;;) {
    ROPEWALK_TRY(std::string_view view, line());
    if (view.empty()) break;
    std::size_t length = view.size();
    if (view.starts_with("From ")) {
      ROPEWALK_TRY(bool separator, is_separator(length));
      if (separator) break;
      view = std::string_view(buffer_).substr(at_, length);
    }
    if (message.size() + length > most_)
      return Error{"mbox: the message at byte " + std::to_string(begin_) + " is larger than " + std::to_string(most_) +
                   " bytes"};
    bool empty_line = without_line_end(view).empty();
    if (empty_line) before_empty_line = message.size();
    message += is_quoted_from(view, quoting_) ? view.substr(1) : view;
    after_empty_line_ = empty_line;
    at_ += length;
  }
  if (after_empty_line_) message.resize(before_empty_line);  // it belongs to the separator
  ++count_;
  return true;
}

}  // namespace ropewalk::mime
