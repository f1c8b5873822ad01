// What must hold for every structure that is registered, whatever it is: drawn instances are read and written alike by
// all readings, cut off anywhere they fail alike, and filters know their fields.
#include <gtest/gtest.h>

#include <set>

#include "dissect/catalogue.h"
#include "dissect/kinds.h"
#include "mapi/property_tags.h"
#include "mapi/value_fields.h"
#include "protocol/dcerpc/interface.h"
#include "protocol/mapihttp/request_types.h"
#include "protocol/ndr/test_stub.h"

namespace ropewalk::dissect {
namespace {

constexpr int kDraws = 12;

// What structures that depend on more than their bytes are drawn and read with.
struct Surroundings {
  std::vector<mapi::PropTag> tags = {
      mapi::PropTag(mapi::tag::PidTagDisplayName), mapi::PropTag(mapi::tag::PidTagEntryId),
      mapi::PropTag(mapi::tag::PidTagDisplayType), mapi::PropTag(mapi::tag::PidTagAddressBookProxyAddresses),
      mapi::PropTag(mapi::tag::PidTagCreationTime)};
  mapi::RowColumns columns{tags};
  wire::Context chain = wire::add_context(columns, nullptr);
};

// The same for stubs. What is drawn may lie outside a parameter's range; then it is drawn again.
std::string check_stubs(const wire::StructInfo& info, const wire::Context* context) {
  wire::Random random{std::mt19937_64(23)};
  int made = 0;
  for (int i = 0; i < 40 * kDraws && made < kDraws; ++i) {
    Arena arena;
    void* object = wire::generate(info, random, arena, context);
    if (object == nullptr) continue;
    wire::OutBuffer out;
    wire::Encoder encoder(out, context);
    info.encode(encoder, object);
    if (!encoder.ok()) return "the generated instance cannot be encoded";
    wire::Tree tree = wire::read_tree(info, out.view(), arena, context);
    if (tree.error && tree.error->detail == "a value outside its range") continue;
    if (tree.error) return tree.error->text();
    ++made;
    for (std::size_t n = 0; n <= out.size();
         n += n < 64 || n == out.size() ? 1 : std::min<std::size_t>(17, out.size() - n))
      if (std::string wrong = ndr::check_stub(info, out.view().first(n), context); !wrong.empty())
        return std::to_string(n) + " bytes of " + to_hex(out.view()) + ": " + wrong;
  }
  return made == kDraws ? "" : "only " + std::to_string(made) + " instances were drawn";
}

std::string check(const Kind& kind, const Surroundings& around) {
  if (!kind.name.starts_with("ndr-")) return wire::check_round_trips(*kind.info, &around.chain, kDraws);
  if (kind.info->source.find("2.2.1.2.2") != std::string_view::npos) return {};  // ept_lookup: see ndr_test.cc
  for (const ndr::Format& format : ndr::kFormats) {
    wire::Context context = wire::add_context(format, nullptr);
    if (std::string wrong = check_stubs(*kind.info, &context); !wrong.empty()) return wrong;
  }
  return {};
}

TEST(EveryKind, IsReadAndWrittenAlikeByAllReadings) {
  Surroundings around;
  int checked = 0;
  for (const Kind& kind : kinds()) {
    if (kind.info == nullptr) continue;
    EXPECT_EQ(check(kind, around), "") << kind.name;
    ++checked;
  }
  EXPECT_GT(checked, 400);
}

// A section of a specification, and a field that can be filtered by, unless it has none at all.
TEST(EveryKind, SaysWhereItIsSpecifiedAndIsInTheCatalogue) {
  const std::set<std::string> structures(catalogue_structures().begin(), catalogue_structures().end());
  for (const Kind& kind : kinds()) {
    EXPECT_FALSE(kind.source.empty()) << kind.name;
    if (kind.info == nullptr || wire::list_fields(*kind.info).empty()) continue;
    EXPECT_TRUE(structures.contains("mapi." + filter_name(kind.info->name))) << kind.name;
  }
}

// Every method of the address book's interfaces and every request type of its endpoint is a kind, in both directions.
TEST(EveryKind, TheAddressBookIsAmongThem) {
  int found = 0;
  for (const dcerpc::Interface* known : dcerpc::known_interfaces()) {
    if (known->name != "NSPI" && known->name != "RFR") continue;
    for (const dcerpc::Method& method : known->methods) {
      EXPECT_NE(find_kind("ndr-" + std::string(method.name) + "-in"), nullptr) << method.name;
      EXPECT_NE(find_kind("ndr-" + std::string(method.name) + "-out"), nullptr) << method.name;
      ++found;
    }
  }
  EXPECT_EQ(found, 20 + 2);
  for (const mapihttp::RequestTypeRow& row : mapihttp::request_types()) {
    if (is_of_mailbox(row.type)) continue;
    EXPECT_NE(find_kind(row.request->name), nullptr) << row.request->name;
    EXPECT_NE(find_kind(row.response->name), nullptr) << row.response->name;
    ++found;
  }
  EXPECT_EQ(found, 20 + 2 + 19);
  for (const char* name : {"STAT", "AddressBookPropertyValueList", "AddressBookPropertyRow", "LargePropertyTagArray",
                           "AddressBookEntryID", "EphemeralEntryID", "AddressBookRestriction"})
    EXPECT_NE(find_kind(name), nullptr) << name;
}

}  // namespace
}  // namespace ropewalk::dissect
