// Ids and types of properties as the specifications number them: tests/requirements/properties.tsv, made by
// tools/make_requirements.py, held against the catalogue.
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "mapi/property_names.h"

namespace ropewalk::mapi {
namespace {

TEST(PropertyRequirements, HoldForTheCatalogue) {
  std::ifstream in(ROPEWALK_SOURCE_DIR "/tests/requirements/properties.tsv");
  int held = 0;
  std::string requirement, name, verb, number;
  while (in >> requirement >> name >> verb >> number) {
    const PropertyInfo* info = find_property(name);
    ASSERT_NE(info, nullptr) << requirement << ": no property " << name;
    unsigned long seen = verb == "id" ? info->id : info->type;
    EXPECT_EQ(seen, std::stoul(number, nullptr, 16)) << requirement << " " << name << " " << verb;
    ++held;
  }
  EXPECT_GT(held, 250);
}

}  // namespace
}  // namespace ropewalk::mapi
