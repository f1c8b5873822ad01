#include "directory/directory_import.h"

#include <gmock/gmock.h>

#include <chrono>
#include <sstream>

#include "directory/address_book_test_support.h"
#include "directory/property_texts.h"
#include "mapi/property_tags.h"

namespace ropewalk::directory {
namespace {

namespace tag = mapi::tag;
using mapi::PropTag;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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
