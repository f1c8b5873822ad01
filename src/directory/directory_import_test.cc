#include "directory/directory_import.h"

#include <gmock/gmock.h>

#include <array>
#include <chrono>
#include <random>
#include <sstream>

#include "directory/address_book_test_support.h"
#include "directory/property_texts.h"
#include "mapi/property_tags.h"

namespace ropewalk::directory {
namespace {

namespace tag = mapi::tag;
using mapi::PropTag;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class DirectoryImportTest : public AddressBookTest {
 protected:
  ImportCounts import(EntryFormat format, const std::string& text, bool with_mailboxes = false) {
    rejected_.clear();
    ImportOptions options;
    options.reject = [&](u64 line, const std::string& why) { rejected_.push_back(std::to_string(line) + ": " + why); };
    if (with_mailboxes) {
      options.make_user = [&](const std::string& address, const std::string& name) -> Result<i64> {
        ROPEWALK_TRY(const User user, directory_->add_user({.address = address, .name = name}));
        return user.id;
      };
    }
    std::istringstream input(text);
    auto counts = import_file(*book_, format, input, options);
    EXPECT_TRUE(counts.ok()) << counts.error().text;
    return counts.ok() ? *counts : ImportCounts{};
  }
  std::string exported(EntryFormat format) {
    std::string text;
    auto counts = export_entries(*book_, format, [&](std::string_view part, u64) { return text += part, true; });
    EXPECT_TRUE(counts.ok());
    return text;
  }
  Object at(std::string_view address) {
    auto found = book_->find_by_address(address);
    EXPECT_TRUE(found.ok() && *found) << address;
    return found.ok() && *found ? **found : Object{};
  }
  std::vector<std::string> rejected_;
};

const char* kPeople = R"(version: 1

dn: dc=example
objectClass: domain

dn: ou=people,dc=example
objectClass: organizationalUnit
ou: people

dn: cn=Boss,ou=people,dc=example
objectClass: inetOrgPerson
cn: Boss
sn: Boss
mail: boss@elsewhere.test
mail: chief@elsewhere.test
telephoneNumber: 1
telephoneNumber: 2

dn: cn=One,ou=people,dc=example
objectClass: user
cn: One
displayName: One Displayed
givenName: One
mail: one@elsewhere.test
manager: CN=Boss, OU=people, DC=example
department: Sales
departmentNumber: 17

dn: cn=all,ou=groups,dc=example
objectClass: groupOfNames
cn: all
mail: all@elsewhere.test
member: cn=Boss,ou=people,dc=example
member: cn=One,ou=people,dc=example
member: cn=Nobody,ou=people,dc=example
owner: cn=Boss,ou=people,dc=example
)";

TEST_F(DirectoryImportTest, LdifOfADirectory) {
  const ImportCounts counts = import(EntryFormat::ldif, kPeople);
  EXPECT_EQ(counts.entries, 5u);
  EXPECT_EQ(counts.added, 3u);
  EXPECT_EQ(counts.skipped, 2u);
  EXPECT_EQ(counts.rejected, 1u);
  EXPECT_THAT(rejected_, ElementsAre("35: there is nobody called cn=Nobody,ou=people,dc=example to point at"));
  const Object boss = at("boss@elsewhere.test"), one = at("one@elsewhere.test"), all = at("all@elsewhere.test");
  EXPECT_EQ(at("chief@elsewhere.test").id, boss.id);
  EXPECT_EQ(one.name, "One Displayed");
  EXPECT_EQ(one.kind, Kind::contact);
  EXPECT_EQ(properties(one.id).text(PropTag(tag::PidTagDepartmentName)), "Sales") << "its own name goes first";
  EXPECT_THAT(texts_of(properties(boss.id), PropTag(tag::PidTagBusiness2TelephoneNumbers)), ElementsAre("2"));
  EXPECT_THAT(*book_->linked(one.id, Link::manager), ElementsAre(boss.id));
  EXPECT_THAT(*book_->members(all.id), ElementsAre(boss.id, one.id));
  EXPECT_THAT(*book_->linked(all.id, Link::owner), ElementsAre(boss.id));

  const ImportCounts again = import(EntryFormat::ldif, kPeople);
  EXPECT_EQ(again.added, 0u);
  EXPECT_EQ(again.changed, 0u) << "nothing is new";
  const ImportCounts moved = import(EntryFormat::ldif,
                                    "dn: cn=one,ou=people,dc=example\nobjectClass: person\ncn: One\nmail: "
                                    "renamed@elsewhere.test\ndepartment:\nmanager:\n");
  EXPECT_EQ(moved.changed, 1u);
  EXPECT_EQ(at("renamed@elsewhere.test").id, one.id);
  EXPECT_EQ(at("one@elsewhere.test").id, one.id);
  EXPECT_EQ(properties(one.id).find_id(PropTag(tag::PidTagDepartmentName).id()), nullptr);
  EXPECT_THAT(*book_->linked(one.id, Link::manager), IsEmpty());
  const ImportCounts gone = import(EntryFormat::ldif, "dn: cn=one,ou=people,dc=example\nchangetype: delete\n");
  EXPECT_EQ(gone.removed, 1u);
  EXPECT_FALSE(*book_->find(one.id));
}

TEST_F(DirectoryImportTest, LdifChangesEntries) {
  import(EntryFormat::ldif, kPeople);
  const Object boss = at("boss@elsewhere.test"), one = at("one@elsewhere.test"), all = at("all@elsewhere.test");
  const ImportCounts counts = import(EntryFormat::ldif, R"(version: 1
dn: cn=One,ou=people,dc=example
changetype: modify
add: mail
mail: uno@elsewhere.test
-
replace: department
department: Marketing
-
delete: givenName
givenName: one
-
add: telephoneNumber
telephoneNumber: 3
telephoneNumber: 4
-
replace: manager
-

dn: cn=Boss,ou=people,dc=example
changetype: modify
delete: telephoneNumber
telephoneNumber: 2
-
delete: mail
mail: chief@elsewhere.test

dn: cn=all,ou=groups,dc=example
changetype: modify
delete: member
member: cn=Boss,ou=people,dc=example
-
add: member
member: cn=New,ou=people,dc=example
-

dn: cn=New,ou=people,dc=example
changetype: add
objectClass: person
cn: New
mail: new@elsewhere.test

dn: cn=Boss,ou=people,dc=example
changetype: modrdn
newrdn: cn=Chief
deleteoldrdn: 1
newsuperior: ou=chiefs,dc=example
)");
  EXPECT_THAT(rejected_, IsEmpty());
  EXPECT_EQ(counts.entries, 5u);
  EXPECT_EQ(counts.changed, 4u);
  EXPECT_EQ(counts.added, 1u);
  EXPECT_EQ(at("uno@elsewhere.test").id, one.id);
  EXPECT_EQ(at("one@elsewhere.test").address, "one@elsewhere.test") << "the first stays the primary one";
  const auto bag = properties(one.id);
  EXPECT_EQ(bag.text(PropTag(tag::PidTagDepartmentName)), "Marketing");
  EXPECT_EQ(bag.find_id(PropTag(tag::PidTagGivenName).id()), nullptr);
  EXPECT_EQ(bag.text(PropTag(tag::PidTagBusinessTelephoneNumber)), "3");
  EXPECT_THAT(texts_of(bag, PropTag(tag::PidTagBusiness2TelephoneNumbers)), ElementsAre("4"));
  EXPECT_THAT(*book_->linked(one.id, Link::manager), IsEmpty());
  EXPECT_FALSE(*book_->find_by_address("chief@elsewhere.test"));
  EXPECT_THAT(texts_of(properties(boss.id), PropTag(tag::PidTagBusiness2TelephoneNumbers)), IsEmpty());
  EXPECT_THAT(*book_->members(all.id), ElementsAre(one.id, at("new@elsewhere.test").id));
  EXPECT_EQ((*book_->find_by_origin("cn=Chief,ou=chiefs,dc=example"))->id, boss.id);
  EXPECT_EQ((*book_->find(boss.id))->name, "Chief");
}

TEST_F(DirectoryImportTest, LdifChangesThatCannotBe) {
  import(EntryFormat::ldif, kPeople);
  const Object one = at("one@elsewhere.test");
  const auto rejected = [&](const std::string& changes) {
    const ImportCounts counts =
        import(EntryFormat::ldif, "dn: cn=One,ou=people,dc=example\nchangetype: modify\n" + changes);
    EXPECT_EQ(counts.changed, 0u);
    return rejected_.empty() ? std::string() : rejected_.front();
  };
  EXPECT_EQ(rejected("add: title\ntitle: Lost\n-\nadd: displayName\ndisplayName: Two\n"),
            "6: displayName has a value already and can have one only: replace it");
  EXPECT_EQ(properties(one.id).find_id(PropTag(tag::PidTagTitle).id()), nullptr) << "all of a record or none";
  EXPECT_EQ(rejected("delete: department\ndepartment: Nowhere\n"), "3: department has no such value to delete");
  EXPECT_EQ(rejected("delete: mail\n"), "1: cannot change one@elsewhere.test: it has no mail address");
  EXPECT_EQ(rejected("replace: objectGUID\nobjectGUID: x\n"),
            "3: objectGUID cannot be modified: it follows from the entry itself");
  EXPECT_THAT(rejected("add: mail\nmail: boss@elsewhere.test\n"), HasSubstr("belongs to boss@elsewhere.test already"));
  import(EntryFormat::ldif,
         "dn: cn=One,ou=people,dc=example\nchangetype: modify\nadd: member\nmember: cn=Boss,ou=people,dc=example\n");
  EXPECT_THAT(rejected_, ElementsAre(AllOf(StartsWith("3: "), HasSubstr("not a group"))));
  import(EntryFormat::ldif, "dn: cn=Who,dc=x\nchangetype: modify\n");
  EXPECT_THAT(rejected_, ElementsAre("1: there is no entry cn=Who,dc=x"));
}

// Changes name entries as an export of the same address book does.
TEST_F(DirectoryImportTest, LdifChangesWhoWasNeverImported) {
  const User user = add({.address = "user1@ropewalk.test"});
  const std::string text = exported(EntryFormat::ldif);
  const auto begin = text.find("dn: ");
  std::string dn = text.substr(begin, text.find("\nlegacy", begin) - begin);
  dn.resize(dn.find("\ndisplayName"));
  import(EntryFormat::ldif, dn + "\nchangetype: modify\nreplace: title\ntitle: Chief\n");
  EXPECT_THAT(rejected_, IsEmpty()) << dn;
  EXPECT_EQ(properties(at("user1@ropewalk.test").id).text(PropTag(tag::PidTagTitle)), "Chief");
  import(EntryFormat::ldif, dn + "\nchangetype: delete\n");
  EXPECT_THAT(rejected_, ElementsAre(HasSubstr("remove the user")));
}

TEST_F(DirectoryImportTest, PeopleBecomeUsersWhereThatIsWanted) {
  const ImportCounts counts = import(EntryFormat::ldif, kPeople, true);
  EXPECT_EQ(counts.added, 3u);
  EXPECT_EQ(at("one@elsewhere.test").kind, Kind::mailbox);
  EXPECT_EQ((*directory_->find_by_address("one@elsewhere.test"))->name, "One Displayed");
  EXPECT_EQ(at("all@elsewhere.test").kind, Kind::group);
  import(EntryFormat::csv, "kind,name,mail,capacity\nroom,Room 1,room1@ropewalk.test,12\n", true);
  EXPECT_EQ(at("room1@ropewalk.test").kind, Kind::room);
  import(EntryFormat::csv, "kind,name,mail,capacity\nroom,Room 2,room2@ropewalk.test,12\n");
  EXPECT_THAT(rejected_, ElementsAre(HasSubstr("--mailboxes")));
  import(EntryFormat::csv, "mail,title\none@elsewhere.test,Chief\n");
  EXPECT_EQ(properties(at("one@elsewhere.test").id).text(PropTag(tag::PidTagTitle)), "Chief");
  EXPECT_EQ(at("one@elsewhere.test").name, "One Displayed") << "what a file does not say stays";
}

TEST_F(DirectoryImportTest, RejectedEntriesSayWhy) {
  import(EntryFormat::csv,
         "name,mail,kind,capacity\n"
         "One,one@elsewhere.test,,\n"
         "Two,not an address,,\n"
         "Three,,,\n"
         "Four,four@elsewhere.test,alien,\n"
         "Five,five@elsewhere.test,,many\n"
         "Six,one@elsewhere.test,group,\n"
         "Seven,seven@elsewhere.test,dynamic_group,\n");
  EXPECT_THAT(
      rejected_,
      ElementsAre(HasSubstr("3: cannot add the contact not an address"),
                  HasSubstr("4: cannot add the contact Three: it has no mail address"),
                  HasSubstr("5: there is no kind \"alien\""), HasSubstr("6: msExchResourceCapacity is a number"),
                  HasSubstr("7: One is a contact and not a group"), HasSubstr("8: cannot add the dynamic_group")));
  EXPECT_THAT(shown("Global Address List"), ElementsAre("One"));
}

// An address book that is exported, imported elsewhere and exported again is the same, in each format.
TEST_F(DirectoryImportTest, AnAddressBookComesBack) {
  ObjectChange as;
  as.name = "Jürgen, Müller; \"JM\"";
  as.address = "jm@elsewhere.test";
  as.phonetic = "Mueller";
  as.hidden = true;
  as.set.set_text(PropTag(tag::PidTagSurname), "Müller");
  as.set.set_text(PropTag(tag::PidTagComment), "two\nlines, and ; more \\");
  as.set.set_bytes(PropTag(tag::PidTagThumbnailPhoto), std::vector<u8>{0xFF, 0xD8, 0, 1, 2});
  as.set.set(PropTag(tag::PidTagAddressBookSeniorityIndex), mapi::Value::of(7));
  set_texts(as.set, PropTag(tag::PidTagAddressBookProxyAddresses), {"smtp:x@elsewhere.test", "X500:/o=A/cn=B;C"});
  const Object one = made(Kind::contact, as);
  const Object two = made(Kind::contact, "Two", "two@elsewhere.test");
  const Object group = made(Kind::group, "Group");
  ObjectChange dynamic;
  dynamic.name = "Dynamic";
  dynamic.filter = "(|(sn=M*)(cn=a\\2ab))";
  const Object all = made(Kind::dynamic_group, dynamic);
  made(Kind::public_folder, "Folder");
  for (auto [from, link, to] : {std::tuple{group, Link::member, one},
                                {group, Link::member, two},
                                {group, Link::member, all},
                                {two, Link::manager, one},
                                {group, Link::owner, two}}) {
    done(book_->add_link(from.id, link, to.id));
  }
  const EntryFormat formats[] = {EntryFormat::ldif, EntryFormat::csv, EntryFormat::vcard};
  std::string before[3];
  for (int i = 0; i < 3; ++i) before[i] = exported(formats[i]);
  EXPECT_THAT(before[0], HasSubstr("member: cn=two,")) << "an alias made of the name";
  for (int i = 0; i < 3; ++i) {
    SCOPED_TRACE(before[i]);
    book_.reset();
    directory_.reset();
    std::filesystem::remove_all(folder());
    open();
    open_book();
    const ImportCounts counts = import(formats[i], before[i]);
    EXPECT_THAT(rejected_, IsEmpty());
    EXPECT_THAT(counts.unknown, IsEmpty());
    EXPECT_EQ(counts.added, 5u);
    EXPECT_TRUE(at("jm@elsewhere.test").hidden);
    EXPECT_EQ(at("jm@elsewhere.test").guid, one.guid);
    EXPECT_EQ((*book_->find_by_dn(group.legacy_dn))->name, "Group");
    EXPECT_EQ(exported(formats[i]), before[i]);
  }
}

// Any address book: some objects of all kinds that need no user, with any values and links.
class AnyAddressBook {
 public:
  AnyAddressBook(AddressBook& book, unsigned seed) : book_(book), random_(seed) {}

  void fill() {
    for (u32 count = 2 + below(4); count > 0; --count) {
      const auto kinds = {Kind::contact, Kind::group, Kind::dynamic_group, Kind::public_folder};
      const Kind kind = *(kinds.begin() + below(4));
      auto added = book_.add(kind, change(kind));
      ASSERT_TRUE(added.ok()) << added.error().text;
      objects_.push_back(*added);
    }
    for (const Object& from : objects_) {
      for (const Object& to : objects_) {
        if (from.id == to.id || below(2) == 0) continue;
        const Link link = from.kind == Kind::group && below(2) == 0 ? Link::member : Link::manager;
        ASSERT_TRUE(book_.add_link(from.id, link, to.id).ok());
      }
    }
  }

 private:
  u32 below(u32 most) { return static_cast<u32>(random_() % most); }

  std::string text() {
    static const char* const kParts[] = {"a",  "Z9", ",", ";", ":",    "\"", "\\", "\\n",
                                         "\n", "=",  "<", "é", "日本", " ",  "+"};
    std::string made = "t";
    for (u32 count = below(12); count > 0; --count) made += kParts[below(std::size(kParts))];
    return made + (below(8) == 0 ? std::string(90, 'x') + "é" : "z");
  }
  std::string line() {  // as names are
    std::string made = text();
    std::ranges::replace(made, '\n', ' ');
    return made;
  }
  std::string bytes() {
    std::string made;
    for (u32 count = 1 + below(200); count > 0; --count) made += static_cast<char>(below(256));
    return made;
  }
  std::string value(const Attribute& attribute) {
    if (attribute.is_binary()) return bytes();
    const auto type = mapi::base_type(PropTag(attribute.tag).type());
    if (type == mapi::PropType::integer32) return std::to_string(below(1000));
    if (type == mapi::PropType::boolean) return below(2) == 0 ? "TRUE" : "FALSE";
    if (attribute.tag == tag::PidTagAddressBookProxyAddresses) return "smtp:p" + std::to_string(++count_) + "@x.test";
    return text();
  }
  ObjectChange change(Kind kind) {
    ObjectChange as;
    for (const Attribute& attribute : attributes()) {
      if (attribute.field != Field::property || below(3) != 0) continue;
      std::vector<std::string> values;
      for (u32 count = attribute.is_multiple() ? 1 + below(3) : 1; count > 0; --count)
        values.push_back(value(attribute));
      EXPECT_TRUE(set_values(attribute, values, as).ok()) << attribute.name;
    }
    as.name = line();
    if (below(2) == 0) as.phonetic = line();
    if (kind == Kind::contact || below(2) == 0) as.address = "a" + std::to_string(++count_) + "@x.test";
    if (kind == Kind::dynamic_group) as.filter = "(|(sn=a\\2ab)(l=;,é))";
    as.hidden = below(4) == 0;
    return as;
  }

  AddressBook& book_;
  std::mt19937 random_;
  std::vector<Object> objects_;
  u32 count_ = 0;
};

TEST_F(DirectoryImportTest, AnyAddressBookComesBack) {
  const auto begin_anew = [&] {
    book_.reset();
    directory_.reset();
    std::filesystem::remove_all(folder());
    open();
    open_book();
  };
  for (unsigned seed = 1; seed <= 24; ++seed) {
    const EntryFormat format = std::array{EntryFormat::ldif, EntryFormat::csv, EntryFormat::vcard}[seed % 3];
    begin_anew();
    AnyAddressBook(*book_, seed).fill();
    const std::string before = exported(format);
    begin_anew();
    import(format, before);
    ASSERT_THAT(rejected_, IsEmpty()) << "seed " << seed << "\n" << before;
    ASSERT_EQ(exported(format), before) << "seed " << seed;
  }
}

TEST_F(DirectoryImportTest, AHundredThousand) {
  std::string text;
  constexpr int kPeopleCount = 100'000;
  for (int i = 0; i < kPeopleCount; ++i) {
    const std::string n = std::to_string(i);
    text += "dn: uid=user" + n + ",ou=people,dc=example\nobjectClass: inetOrgPerson\ncn: User " + n + "\nsn: " + n +
            "\ngivenName: User\nuid: user" + n + "\nmail: user" + n + "@elsewhere.test\ndepartment: Department " +
            std::to_string(i % 100) + "\ntelephoneNumber: +49 30 " + n + "\n" +
            (i > 0 ? "manager: uid=user" + std::to_string(i / 10) + ",ou=people,dc=example\n" : "") + "\n";
  }
  const auto begin = std::chrono::steady_clock::now();
  const ImportCounts counts = import(EntryFormat::ldif, text);
  const auto imported = std::chrono::steady_clock::now();
  EXPECT_EQ(counts.added, static_cast<u64>(kPeopleCount));
  EXPECT_THAT(rejected_, IsEmpty());
  const std::string out = exported(EntryFormat::csv);
  const auto exported_at = std::chrono::steady_clock::now();
  EXPECT_EQ(std::ranges::count(out, '\n'), kPeopleCount + 1);
  std::printf("100,000 imported in %.1f s, exported in %.1f s\n",
              std::chrono::duration<double>(imported - begin).count(),
              std::chrono::duration<double>(exported_at - imported).count());
}

}  // namespace
}  // namespace ropewalk::directory
