#include "base/filetime.h"

#include <charconv>
#include <chrono>
#include <cstdio>

#include "base/hex.h"

namespace ropewalk {
namespace {

using namespace std::chrono;

constexpr u64 kTicksPerSecond = 10'000'000;
constexpr sys_days kEpoch = sys_days{year{1601} / 1 / 1};
constexpr u64 kEnd = static_cast<u64>((sys_days{year{10000} / 1 / 1} - kEpoch).count()) * 86400 * kTicksPerSecond;

bool number(std::string_view text, int& out) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

std::optional<u64> parse_fraction(std::string_view digits) {
  if (digits.empty() || digits.size() > 7) return std::nullopt;
  u64 value = 0;
  for (std::size_t i = 0; i < 7; ++i) {
    char c = i < digits.size() ? digits[i] : '0';
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<u64>(c - '0');
  }
  return value;
}

}  // namespace

std::string FileTime::to_string() const {
  if (value >= kEnd) return hex_number(value, 16);
  auto day = kEpoch + days{value / kTicksPerSecond / 86400};
  year_month_day date{floor<days>(day)};
  auto second = static_cast<unsigned>(value / kTicksPerSecond % 86400);
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02u:%02u:%02u.%07uZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), second / 3600, second / 60 % 60,
                second % 60, static_cast<unsigned>(value % kTicksPerSecond));
  return text;
}

std::optional<FileTime> FileTime::parse(std::string_view text) {
  if (text.starts_with("0x")) {
    u64 value = 0;
    auto [end, error] = std::from_chars(text.data() + 2, text.data() + text.size(), value, 16);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return FileTime{value};
  }
  if (text.size() < 20 || text.back() != 'Z' || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
      text[13] != ':' || text[16] != ':')
    return std::nullopt;
  int y, mo, d, h, mi, s;
  if (!number(text.substr(0, 4), y) || !number(text.substr(5, 2), mo) || !number(text.substr(8, 2), d) ||
      !number(text.substr(11, 2), h) || !number(text.substr(14, 2), mi) || !number(text.substr(17, 2), s))
    return std::nullopt;
  year_month_day date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
  if (!date.ok() || y < 1601 || h < 0 || h > 23 || mi < 0 || mi > 59 || s < 0 || s > 59) return std::nullopt;
  u64 fraction = 0;
  if (text.size() > 20) {
    auto parsed = text[19] == '.' ? parse_fraction(text.substr(20, text.size() - 21)) : std::nullopt;
    if (!parsed) return std::nullopt;
    fraction = *parsed;
  }
  auto day_count = static_cast<u64>((sys_days{date} - kEpoch).count());
  return FileTime{((day_count * 24 + static_cast<u64>(h)) * 60 + static_cast<u64>(mi)) * 60 * kTicksPerSecond +
                  static_cast<u64>(s) * kTicksPerSecond + fraction};
}

FileTime FileTime::now() {
  auto ticks = duration_cast<duration<i64, std::ratio<1, 10'000'000>>>(system_clock::now().time_since_epoch()).count();
  return {static_cast<u64>(ticks + kUnixEpochSeconds * static_cast<i64>(kTicksPerSecond))};
}

}  // namespace ropewalk
