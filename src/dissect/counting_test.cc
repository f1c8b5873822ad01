#include "dissect/counting.h"

#include <gtest/gtest.h>

namespace ropewalk::dissect {
namespace {

TEST(Latencies, AreExactToAnEighth) {
  Latencies latencies;
  for (i64 n = 1; n <= 100'000; ++n) latencies.add(n * 1000);
  for (double share : {0.01, 0.5, 0.9, 0.99}) {
    const double exact = share * 100'000 * 1000;
    EXPECT_NEAR(static_cast<double>(latencies.quantile(share)), exact, exact / 8);
  }
  EXPECT_EQ(latencies.quantile(1), 100'000'000);
  EXPECT_EQ(latencies.most(), 100'000'000);
  EXPECT_DOUBLE_EQ(latencies.mean(), 50'000'500);
}

TEST(HostOf, TakesBothKindsOfAddresses) {
  EXPECT_EQ(host_of("192.0.2.1:6001"), "192.0.2.1");
  EXPECT_EQ(host_of("[2001:db8::1]:6001"), "2001:db8::1");
  EXPECT_EQ(host_of("[2001"), "[2001");
  EXPECT_EQ(host_of(""), "");
}

TEST(EntryOf, CountsWhatIsTooMuchTogether) {
  std::map<std::string, u64> map;
  for (const char* name : {"a", "b", "c", "a", "d"}) ++entry_of(map, name, 2);
  EXPECT_EQ(map, (std::map<std::string, u64>{{"a", 2}, {"b", 1}, {"others", 2}}));
}

}  // namespace
}  // namespace ropewalk::dissect
