#include "directory/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "directory/address_book_test_support.h"
#include "mapi/property_tags.h"

namespace ropewalk::directory {
namespace {

namespace tag = mapi::tag;
using mapi::PropTag;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::map<std::string_view, std::vector<std::string>> kPerson = {
    {"displayName", {"Jürgen Müller"}}, {"mail", {"jm@ropewalk.test"}},
    {"department", {"Sales (North)"}},  {"proxyAddresses", {"SMTP:jm@ropewalk.test", "smtp:mueller@ropewalk.test"}},
    {"msExchResourceCapacity", {"12"}}, {"objectCategory", {"person"}},
    {"objectClass", {"top", "user"}},
};

bool matches(std::string_view text) {
  auto filter = Filter::parse(text);
  EXPECT_TRUE(filter.ok()) << (filter.ok() ? "" : filter.error().text);
  if (!filter.ok()) return false;
  return filter->matches([](const Attribute& attribute) {
    const auto found = kPerson.find(attribute.name);
    return found == kPerson.end() ? std::vector<std::string>() : found->second;
  });
}

TEST(Filter, SaysWhoIsMeant) {
  for (const char* yes : {"(displayName=jurgen muller)",
                          "(cn=JÜRGEN*)",
                          "(cn=*mull*)",
                          "(cn=j*n*ler)",
                          "(mail=*)",
                          "mail=*@ropewalk.test",
                          "(&)",
                          "(!(|))",
                          "(&(objectClass=user)(objectCategory=CN=Person,CN=Schema,DC=x))",
                          "(|(department=Buying)(department=Sales \\28North\\29))",
                          "(!(department=Buying))",
                          "(proxyAddresses=smtp:mue*)",
                          "(msExchResourceCapacity>=9)",
                          "(msExchResourceCapacity<=12)",
                          "(capacity:1.2.840.113556.1.4.803:=12)",
                          "(capacity:1.2.840.113556.1.4.804:=5)",
                          " ( & (cn=*) ( mail=*) ) ",
                          "(cn~=Jurgen Muller)",
                          "(cn:=jürgen müller)",
                          "(cn=*)"}) {
    EXPECT_TRUE(matches(yes)) << yes;
  }
  for (const char* no :
       {"(displayName=jurgen)", "(cn=*muller*jurgen*)", "(cn=muller*)", "(sn=*)", "(|)", "(!(&))",
        "(msExchResourceCapacity>=13)", "(msExchResourceCapacity<=9)", "(capacity:1.2.840.113556.1.4.803:=13)",
        "(capacity:1.2.840.113556.1.4.804:=16)", "(cn:caseExactMatch:=x)", "(:1.2.3:=x)", "(cn=jurgen muller*muller)",
        "(nonsense=x)", "(!(nonsense=x))", "(&(mail=*)(nonsense=*))"}) {
    EXPECT_FALSE(matches(no)) << no;
  }
  EXPECT_TRUE(matches("(|(mail=*)(nonsense=*))")) << "unknown attributes decide nothing";
}

TEST(Filter, SaysWhereItCannotBeRead) {
  const std::pair<std::string, const char*> wrong[] = {
      {"", "the name of an attribute is missing"},
      {"(", "the name of an attribute is missing"},
      {"(mail=x", "a ')' is missing"},
      {"(mail=x))", "character 9: there is more"},
      {"(mail)", "'=' is missing"},
      {"(&(mail=x)", "a ')' is missing"},
      {"(mail=\\2)", "two hexadecimal digits"},
      {"(mail=a(b)", "\\28"},
      {"(mail>x)", "a '=' is missing"},
      {"(!)", "a '(' is missing"},
      {"(=x)", "the name of an attribute is missing"},
      {std::string(100'000, '('), "longer than"},
      {std::string(5'000, '(') + "&", "the name of an attribute"},
      {[] {
         std::string deep;
         for (int i = 0; i < 1000; ++i) deep += "(!";
         return deep;
       }(),
       "nested too deeply"},
  };
  for (const auto& [text, why] : wrong) {
    auto filter = Filter::parse(text);
    ASSERT_FALSE(filter.ok()) << text;
    EXPECT_THAT(filter.error().text, HasSubstr(why)) << text.substr(0, 100);
  }
  EXPECT_THAT(checked_filter("(nonsense=x)").error().text, HasSubstr("not known: nonsense"));
}

// Whatever is read, its text is read as the same filter; whatever the bytes, nothing breaks.
RC_GTEST_PROP(Filter, TextsComeBack, ()) {
  const std::string value = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
  std::string escaped;
  for (char c : value) {
    char two[4];
    std::snprintf(two, sizeof two, "\\%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    escaped += two;
  }
  auto filter = Filter::parse("(|(cn=" + escaped + ")(sn=a*" + escaped + "*))");
  RC_ASSERT(filter.ok());
  auto again = Filter::parse(filter->to_string());
  RC_ASSERT(again.ok());
  RC_ASSERT(again->to_string() == filter->to_string());
  auto any = Filter::parse(*rc::gen::container<std::string>(rc::gen::elementOf(std::string("()&|!=*\\ax1:<>~ "))));
  if (any.ok()) RC_ASSERT(Filter::parse(any->to_string()).ok());
}

TEST(Attributes, AreKnownByEveryName) {
  for (const char* name : {"department", "DEPARTMENT", "Department", "departmentNumber", "ou"}) {
    ASSERT_NE(find_attribute(name), nullptr) << name;
    EXPECT_EQ(find_attribute(name)->tag, u32{tag::PidTagDepartmentName}) << name;
  }
  EXPECT_EQ(find_attribute("E-mail Address"), find_attribute("mail"));
  EXPECT_EQ(find_attribute("userCertificate;binary"), find_attribute("userCertificate"));
  EXPECT_EQ(find_attribute("Business Country/Region")->tag, u32{tag::PidTagCountry});
  EXPECT_EQ(find_attribute("nonsense"), nullptr);
  EXPECT_EQ(find_attribute(""), nullptr);
  for (const Attribute& one : attributes()) {
    EXPECT_EQ(find_attribute(one.name), &one) << one.name << " is another's name too";
    if (one.tag == 0) continue;
    EXPECT_EQ(find_attribute(PropTag(one.tag)), &one) << one.name << " is not the only one of its tag";
  }
}

// What values_of() tells of any value, set_values() takes.
TEST(Attributes, ValuesComeBack) {
  for (const Attribute& one : attributes()) {
    if (one.field != Field::property) continue;
    const auto type = mapi::base_type(PropTag(one.tag).type());
    std::vector<std::string> values{type == mapi::PropType::integer32 ? "42"
                                    : type == mapi::PropType::boolean ? "TRUE"
                                    : one.is_binary()                 ? std::string("\0\xff", 2)
                                                                      : "Ünï"};
    if (one.is_multiple()) values.push_back("second");
    ObjectChange change;
    ASSERT_TRUE(set_values(one, values, change).ok()) << one.name;
    EXPECT_EQ(values_of(one, {}, change.set), values) << one.name;
  }
  ObjectChange change;
  EXPECT_FALSE(set_values(*find_attribute("capacity"), {"many"}, change).ok());
  EXPECT_FALSE(set_values(*find_attribute("title"), {"\xff"}, change).ok());
  EXPECT_FALSE(set_values(*find_attribute("title"), {"one", "two"}, change).ok());
  EXPECT_FALSE(set_values(*find_attribute("guid"), {"one"}, change).ok());
  EXPECT_FALSE(set_values(*find_attribute("hidden"), {"perhaps"}, change).ok());
  EXPECT_FALSE(set_values(*find_attribute("memberOf"), {"x"}, change).ok());
}

class DynamicGroupTest : public AddressBookTest {
 protected:
  Object person(const std::string& name, const std::string& department) {
    ObjectChange as;
    as.name = name;
    as.address = name + "@elsewhere.test";
    as.set.set_text(PropTag(tag::PidTagDepartmentName), department);
    return made(Kind::contact, as);
  }
};

TEST_F(DynamicGroupTest, MeansWhomItsFilterMeans) {
  const Object one = person("one", "Sales"), two = person("two", "Buying");
  ObjectChange as;
  as.name = "Sellers";
  EXPECT_THAT(error_of(book_->add(Kind::dynamic_group, as)), HasSubstr("needs a filter"));
  as.filter = "(department=sales)(";
  EXPECT_THAT(error_of(book_->add(Kind::dynamic_group, as)), HasSubstr("cannot be read at character 19"));
  as.filter = "(departement=sales)";
  EXPECT_THAT(error_of(book_->add(Kind::dynamic_group, as)), HasSubstr("not known: departement"));
  as.filter = "(department=sales)";
  const Object sellers = made(Kind::dynamic_group, as);
  EXPECT_EQ(*book_->filter(sellers.id), "(department=sales)");
  EXPECT_THAT(*book_->members(sellers.id), ElementsAre(one.id));
  EXPECT_THAT(*book_->members(sellers.id), ElementsAre(one.id)) << "kept";
  const Object three = person("three", "SALES");
  EXPECT_THAT(*book_->members(sellers.id), ElementsAre(one.id, three.id)) << "until something changes";
  const Object group = made(Kind::group, "Group", "group@ropewalk.test");
  done(book_->add_link(group.id, Link::member, sellers.id));
  done(book_->add_link(group.id, Link::member, two.id));
  EXPECT_THAT(*book_->members(group.id, true), ElementsAre(one.id, three.id, two.id));
  ObjectChange bosses;
  bosses.name = "Reports of two";
  bosses.filter = "(&(manager=two@elsewhere.test)(memberOf=group@ropewalk.test))";
  const Object reports = made(Kind::dynamic_group, bosses);
  done(book_->add_link(one.id, Link::manager, two.id));
  EXPECT_THAT(*book_->members(reports.id), IsEmpty());
  done(book_->add_link(group.id, Link::member, one.id));
  EXPECT_THAT(*book_->members(reports.id), ElementsAre(one.id));
}

TEST_F(DynamicGroupTest, ListsHaveFiltersToo) {
  person("one", "Sales");
  const Object two = person("two", "Buying");
  auto sales = book_->add_list(list("All Contacts").id, "Sales", "(department=sales)");
  ASSERT_TRUE(sales.ok()) << sales.error().text;
  EXPECT_THAT(error_of(book_->add_list(0, "X", "(x")), HasSubstr("cannot be read"));
  EXPECT_THAT(shown("Sales"), ElementsAre("one"));
  EXPECT_FALSE(*book_->shows(list("Sales"), two));
  ObjectChange moved;
  moved.set.set_text(PropTag(tag::PidTagDepartmentName), "Sales");
  done(book_->change(two.id, moved));
  EXPECT_TRUE(*book_->shows(list("Sales"), two));
  moved.hidden = true;
  done(book_->change(two.id, moved));
  EXPECT_THAT(shown("Sales"), ElementsAre("one"));
}

TEST_F(DynamicGroupTest, ListsChange) {
  person("one", "Sales");
  person("two", "Buying");
  auto sales = book_->add_list(0, "Sales", "(department=sales)"), other = book_->add_list(0, "Other");
  ASSERT_TRUE(sales.ok() && other.ok());
  const i64 before = book_->changes_since(0)->upto;
  done(book_->change_list(sales->id, {.name = "Buying", .filter = "(department=buying)", .hidden = true}));
  EXPECT_THAT(book_->changes_since(before)->ids, ElementsAre(sales->id));
  EXPECT_THAT(shown("Buying"), ElementsAre("two"));
  EXPECT_TRUE(list("Buying").hidden);
  EXPECT_EQ(list("Buying").guid, sales->guid);
  EXPECT_THAT(error_of(book_->change_list(sales->id, {.name = "Other"})), HasSubstr("beside it"));
  EXPECT_THAT(error_of(book_->change_list(sales->id, {.filter = "(x"})), HasSubstr("cannot be read"));
  EXPECT_THAT(error_of(book_->change_list(12345, {.hidden = true})), HasSubstr("no such list"));
  EXPECT_THAT(error_of(book_->change_list(list("Global Address List").id, {.hidden = true})), HasSubstr("everybody"));
  EXPECT_THAT(error_of(book_->add_list(12345, "Nowhere")), HasSubstr("none to be below"));
}

}  // namespace
}  // namespace ropewalk::directory
