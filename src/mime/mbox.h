// mbox files (RFC 4155, the mboxo and mboxrd variants), one message at a time in constant memory.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/types.h"

namespace ropewalk::mime {

enum class MailFileKind : u8 { message, mbox };

// What a file is, by its first bytes (a few hundred do): an mbox begins with a "From " line and a header after it.
MailFileKind recognise_mail_file(std::string_view beginning);

// How a line that begins with "From " within a message is quoted.
enum class MboxQuoting : u8 {
  mboxrd,  // one ">" before any line of ">"s and "From ": it can always be undone
  mboxo,   // ">" before "From " alone
};

// Fills at most `size` bytes; 0 at the end. An error text ends the reading.
using ByteSource = std::function<Result<std::size_t>(char* at, std::size_t size)>;

class MboxReader {
 public:
  // Messages larger than `most` bytes are an error: an mbox is no place for them, a wrong file may look like one.
  explicit MboxReader(ByteSource source, MboxQuoting quoting = MboxQuoting::mboxrd,
                      std::size_t most = std::size_t{1} << 30);

  // The next message's bytes, unquoted, with the line ends that it has, without the "From " line and without the empty
  // line before the next one. False at the end of the file. `message` is overwritten; its memory is used again.
  Result<bool> next(std::string& message);

  u64 count() const { return count_; }   // of messages handed out
  u64 offset() const { return begin_; }  // of the present message's "From " line in the file

 private:
  // The line at the reading position with its end, or what is left; empty at the end of the file.
  Result<std::string_view> line();
  Result<bool> fill();
  // True where the line `from` begins a message: judged by itself, the line before and the line after it.
  Result<bool> is_separator(std::size_t length);

  ByteSource source_;
  MboxQuoting quoting_;
  std::size_t most_;
  std::string buffer_;
  std::size_t at_ = 0;  // in buffer_
  u64 passed_ = 0;      // bytes of the file before buffer_
  u64 begin_ = 0;
  u64 count_ = 0;
  bool ended_ = false;
  bool started_ = false;
  bool after_empty_line_ = true;
};

}  // namespace ropewalk::mime
