#include "directory/entry_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <sstream>

#include "base/base64.h"
#include "base/utf16.h"

namespace ropewalk::directory {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

struct Reading {
  std::vector<Entry> entries;
  std::vector<std::string> rejected;  // "LINE: why"
  std::vector<std::string> unknown;
};

Reading read(EntryFormat format, const std::string& text) {
  Reading reading;
  std::istringstream input(text);
  EntryReaderEvents events;
  events.reject = [&](u64 line, const std::string& why) {
    reading.rejected.push_back(std::to_string(line) + ": " + why);
  };
  events.unknown = [&](const std::string& name) { reading.unknown.push_back(name); };
  const auto reader = read_entries(format, input, events);
  while (auto entry = reader->next()) reading.entries.push_back(std::move(*entry));
  EXPECT_LE(reader->offset(), text.size());
  return reading;
}

std::vector<std::string> values(const Entry& entry, std::string_view attribute) {
  std::vector<std::string> found;
  for (const Entry::Value& value : entry.values) {
    if (value.attribute == find_attribute(attribute)) found.push_back(value.value);
  }
  return found;
}

TEST(Ldif, OfRfc2849) {
  const Reading reading = read(EntryFormat::ldif,
                               "version: 1\n"
                               "# a comment\n"
                               "#  that goes on\n"
                               "dn: cn=Barbara Jensen, ou=Product Development, dc=airius, dc=com\n"
                               "objectclass: top\n"
                               "objectclass: person\n"
                               "cn: Barbara Jensen\n"
                               "cn: Barbara J Jensen\n"
                               "sn: Jensen\n"
                               "userPassword: secret\n"
                               "telephonenumber: +1 408 555 1212\n"
                               "info: A big sai\n"
                               " ling fan\n"
                               "title:: w4RtZWlzdGVy\n"
                               "x-unknown: 1\r\n"
                               "\r\n\n"
                               "dn:: Y249WsO8cmljaCxkYz14\n"
                               "changetype: add\n"
                               "mail:user1@ropewalk.test\n"
                               "\n"
                               "dn: cn=gone,dc=x\n"
                               "changetype: delete\n");
  ASSERT_EQ(reading.entries.size(), 3u);
  EXPECT_THAT(reading.rejected, IsEmpty());
  EXPECT_THAT(reading.unknown, ElementsAre("x-unknown"));
  EXPECT_EQ(reading.entries[0].line, 4u);
  EXPECT_EQ(reading.entries[0].dn, "cn=Barbara Jensen,ou=Product Development,dc=airius,dc=com");
  EXPECT_THAT(values(reading.entries[0], "cn"), ElementsAre("Barbara Jensen", "Barbara J Jensen"));
  EXPECT_THAT(values(reading.entries[0], "info"), ElementsAre("A big sailing fan"));
  EXPECT_THAT(values(reading.entries[0], "title"), ElementsAre("Ämeister"));
  EXPECT_EQ(reading.entries[1].dn, "cn=Zürich,dc=x");
  EXPECT_THAT(values(reading.entries[1], "mail"), ElementsAre("user1@ropewalk.test"));
  EXPECT_EQ(reading.entries[2].change, Entry::Change::remove);
}

TEST(Ldif, EachRejectedLineHasItsNumber) {
  const Reading reading = read(EntryFormat::ldif,
                               "dn: cn=one\n"
                               "no colon here\n"
                               "mail: a@b\n"
                               "\n"
                               "mail: before@dn\n"
                               "\n"
                               "dn: cn=two\n"
                               "photo:: ***\n"
                               "\n"
                               "dn: cn=three\n"
                               "photo:< file:///etc/passwd\n"
                               "\n"
                               "dn: cn=four\n"
                               "changetype: merge\n"
                               "\n"
                               "dn: cn=five\n"
                               "dn: cn=six\n"
                               "\n"
                               "dn: cn=good\n");
  EXPECT_THAT(reading.rejected,
              ElementsAre(StartsWith("2: there is no"), StartsWith("5: the entry does not begin with a dn"),
                          StartsWith("8: photo is not base64"), HasSubstr("11: photo is to be read from file:"),
                          StartsWith("14: there is no changetype merge"), HasSubstr("17: the entry has a second dn")));
  ASSERT_EQ(reading.entries.size(), 1u);
  EXPECT_EQ(reading.entries[0].dn, "cn=good");
}

TEST(Ldif, ChangeRecords) {
  const Reading reading = read(EntryFormat::ldif,
                               "version: 1\r\n"
                               "dn: cn=Paul Jensen, ou=Product Development, dc=airius, dc=com\r\n"
                               "control: 1.2.840.113556.1.4.805 false\r\n"
                               "changetype: modify\r\n"
                               "add: mail\r\n"
                               "mail: paul@elsewhere.test\r\n"
                               "mail:: cGF1bDJAZWxz\r\n"
                               " ZXdoZXJlLnRlc3Q=\r\n"
                               "-\r\n"
                               "delete: description\r\n"
                               "-\r\n"
                               "# a comment\r\n"
                               "replace: telephonenumber\r\n"
                               "telephonenumber: +1 408\r\n"
                               "-\r\n"
                               "replace: userPassword\r\n"
                               "userPassword: secret\r\n"
                               "-\r\n"
                               "add: shoeSize\r\n"
                               "shoeSize: 44\r\n"
                               "\r\n"
                               "dn: cn=Paul Jensen,dc=com\n"
                               "changetype: modrdn\n"
                               "newrdn: cn=Paula Jensen\n"
                               "deleteoldrdn: 1\n"
                               "newsuperior: ou=Accounting, dc=com\n");
  EXPECT_THAT(reading.rejected, IsEmpty());
  EXPECT_THAT(reading.unknown, ElementsAre("shoeSize"));
  ASSERT_EQ(reading.entries.size(), 2u);
  const auto& changes = reading.entries[0].modifications;
  ASSERT_EQ(changes.size(), 3u);
  using Op = Entry::Modification::Op;
  EXPECT_EQ(changes[0].op, Op::add);
  EXPECT_EQ(changes[0].line, 5u);
  EXPECT_THAT(changes[0].values, ElementsAre("paul@elsewhere.test", "paul2@elsewhere.test"));
  EXPECT_EQ(changes[1].op, Op::remove);
  EXPECT_THAT(changes[1].values, IsEmpty());
  EXPECT_EQ(changes[2].op, Op::replace);
  EXPECT_EQ(changes[2].attribute, find_attribute("telephoneNumber"));
  const Entry& renamed = reading.entries[1];
  EXPECT_EQ(renamed.change, Entry::Change::rename);
  EXPECT_EQ(renamed.new_rdn, "cn=Paula Jensen");
  EXPECT_EQ(renamed.new_superior, "ou=Accounting,dc=com");
  EXPECT_TRUE(renamed.deletes_old_rdn);
}

TEST(Ldif, ChangeRecordsThatAreWrong) {
  const auto rejected = [](const std::string& record) {
    const Reading reading = read(EntryFormat::ldif, "dn: cn=x\n" + record + "\n\ndn: cn=good\nchangetype: delete\n");
    EXPECT_EQ(reading.entries.size(), 1u);
    return reading.rejected.empty() ? std::string() : reading.rejected.front();
  };
  EXPECT_EQ(rejected("changetype: modify\nincrement: x\nx: 1\n-"),
            "3: \"increment\" is neither add nor delete nor replace");
  EXPECT_EQ(rejected("changetype: modify\nadd: mail\nmail: a@b\nreplace: sn\nsn: x"),
            "5: this is no value of mail: the \"-\" before it is missing");
  EXPECT_EQ(rejected("changetype: modify\nadd: photo\nphoto:< file:///etc/passwd"),
            "4: photo is to be read from file:///etc/passwd: values have to stand in the file itself");
  EXPECT_EQ(rejected("changetype: modrdn\nnewrdn: cn=y"), "1: a renaming needs newrdn and deleteoldrdn");
  EXPECT_EQ(rejected("changetype: modrdn\nnewrdn: y"), "3: newrdn is to be attribute=value");
  EXPECT_EQ(rejected("changetype: modrdn\nnewrdn: cn=y\ndeleteoldrdn: yes"), "4: deleteoldrdn is 0 or 1");
  EXPECT_EQ(rejected("changetype: delete\nmail: a@b"), "3: changetype delete takes no attributes");
  EXPECT_EQ(rejected("mail: a@b\nchangetype: delete"), "3: changetype comes after the entry's attributes");
  EXPECT_EQ(rejected("changetype: add\nchangetype: delete"), "3: the entry has a second changetype");
  EXPECT_EQ(rejected("control: 1.2.3 true\nchangetype: delete"),
            "2: the control 1.2.3 is critical, and nobody here knows it");
  const Reading reading = read(EntryFormat::ldif, "version: 2\n\ndn: cn=x\nchangetype: delete\n");
  EXPECT_THAT(reading.rejected, ElementsAre("1: this is not LDIF of version 1"));
}

TEST(Csv, HasAHeaderAndQuotes) {
  const Reading reading = read(EntryFormat::csv,
                               "\xEF\xBB\xBF"
                               "Display Name,E-mail Address,\"Department\",Shoe Size,proxyAddresses\r\n"
                               "\"Doe, \"\"User\"\" One\",one@x.test,Sales,44,smtp:a@x.test;X500:/o=A\\;B/cn=c\r\n"
                               "\r\n"
                               "Two,two@x.test,\"Two\nlines\"\n"
                               "Three,three@x.test,a,b,c,d\n"
                               "\xff,four@x.test\n"
                               "Five,five@x.test,\"never ends\n");
  ASSERT_EQ(reading.entries.size(), 2u);
  EXPECT_THAT(values(reading.entries[0], "displayName"), ElementsAre("Doe, \"User\" One"));
  EXPECT_THAT(values(reading.entries[0], "proxyAddresses"), ElementsAre("smtp:a@x.test", "X500:/o=A;B/cn=c"));
  EXPECT_THAT(values(reading.entries[1], "department"), ElementsAre("Two\nlines"));
  EXPECT_EQ(reading.entries[1].line, 4u);
  EXPECT_THAT(reading.unknown, ElementsAre("Shoe Size"));
  EXPECT_THAT(reading.rejected,
              ElementsAre(StartsWith("6: there are 6 cells"), StartsWith("7: Display Name is not UTF-8"),
                          StartsWith("8: the file ends within quotes")));
  EXPECT_THAT(read(EntryFormat::csv, "name;mail\nA,B;a@x.test\n").entries.size(), 1u) << "semicolons as well";
  EXPECT_THAT(read(EntryFormat::csv, "what,ever\n1,2\n").rejected, ElementsAre(HasSubstr("names no column")));
}

TEST(Csv, AsOutlookWritesIt) {
  const Reading reading = read(
      EntryFormat::csv,
      "Title,First Name,Middle Name,Last Name,Suffix,Company,Department,Job Title,Business Street,Business Street 2,"
      "Business City,Business Country/Region,Business Fax,Business Phone,Business Phone 2,Mobile Phone,E-mail Address,"
      "E-mail Type,E-mail 2 Address,Manager's Name,Notes,User 1\r\n"
      "Dr.,User,M.,One,Jr.,Example,Sales,Chief,1 Road,Tower,Town,Land,+1 2,+1 3,+1 4,+1 5,one@x.test,SMTP,uno@x.test,"
      "Boss,\"a \"\"note\"\"\",x\r\n");
  ASSERT_EQ(reading.entries.size(), 1u);
  const Entry& one = reading.entries[0];
  EXPECT_THAT(values(one, "personalTitle"), ElementsAre("Dr."));
  EXPECT_THAT(values(one, "title"), ElementsAre("Chief"));
  EXPECT_THAT(values(one, "streetAddress"), ElementsAre("1 Road\nTower"));
  EXPECT_THAT(values(one, "mail"), ElementsAre("one@x.test", "uno@x.test"));
  EXPECT_THAT(values(one, "telephoneNumber"), ElementsAre("+1 3"));
  EXPECT_THAT(values(one, "otherTelephone"), ElementsAre("+1 4"));
  EXPECT_THAT(values(one, "facsimileTelephoneNumber"), ElementsAre("+1 2"));
  EXPECT_THAT(values(one, "generationQualifier"), ElementsAre("Jr."));
  EXPECT_THAT(values(one, "extensionAttribute1"), ElementsAre("x"));
  EXPECT_THAT(reading.unknown, ElementsAre("E-mail Type"));
}

TEST(Csv, AsGoogleWritesIt) {
  const Reading reading =
      read(EntryFormat::csv,
           "Name,Given Name,Family Name,Given Name Yomi,Photo,Group Membership,E-mail 1 - Type,E-mail 1 - Value,"
           "E-mail 2 - Type,E-mail 2 - Value,Phone 1 - Type,Phone 1 - Value,Phone 2 - Type,Phone 2 - Value,"
           "Phone 3 - Type,Phone 3 - Value,Address 1 - Type,Address 1 - Street,Address 1 - City,Organization 1 - Name,"
           "Organization 1 - Title,Website 1 - Value\n"
           "User One,User,One,Yuza,https://lh3.x.test/a,* myContacts,* Work,one@x.test ::: uno@x.test,Home,home@x.test,"
           "Mobile,+1 1,Work Fax,+1 2,Work,+1 3,Home,\"1 Road\nTower\",Town,Example,Chief,https://x.test\n");
  ASSERT_EQ(reading.entries.size(), 1u);
  const Entry& one = reading.entries[0];
  EXPECT_THAT(reading.rejected, IsEmpty());
  EXPECT_THAT(values(one, "displayName"), ElementsAre("User One"));
  EXPECT_THAT(values(one, "msDS-PhoneticFirstName"), ElementsAre("Yuza"));
  EXPECT_THAT(values(one, "mail"), ElementsAre("one@x.test", "uno@x.test", "home@x.test"));
  EXPECT_THAT(values(one, "mobile"), ElementsAre("+1 1"));
  EXPECT_THAT(values(one, "facsimileTelephoneNumber"), ElementsAre("+1 2"));
  EXPECT_THAT(values(one, "telephoneNumber"), ElementsAre("+1 3"));
  EXPECT_THAT(values(one, "homeStreet"), ElementsAre("1 Road\nTower"));
  EXPECT_THAT(values(one, "homeCity"), ElementsAre("Town"));
  EXPECT_THAT(values(one, "company"), ElementsAre("Example"));
  EXPECT_THAT(values(one, "title"), ElementsAre("Chief"));
  EXPECT_THAT(values(one, "thumbnailPhoto"), IsEmpty());
  EXPECT_THAT(reading.unknown, ElementsAre("Group Membership", "Photo that stands elsewhere"));
}

TEST(Vcard, OfBothVersions) {
  const Reading reading = read(EntryFormat::vcard,
                               "BEGIN:VCARD\r\n"
                               "VERSION:3.0\r\n"
                               "FN:J. Doe\r\n"
                               "N:Doe;J.;Q\\,ux;Dr.;\r\n"
                               "ORG:ABC\\, Inc.;North\r\n"
                               "item1.TEL;TYPE=WORK,voice:+1 1\r\n"
                               "TEL;TYPE=work;TYPE=cell:+1 2\r\n"
                               "TEL;TYPE=\"home\":+1 3\r\n"
                               "TEL;TYPE=fax,work:+1 4\r\n"
                               "TEL:+1 5\r\n"
                               "EMAIL;TYPE=internet:second@x.test\r\n"
                               "EMAIL;TYPE=internet,pref:first@x.test\r\n"
                               "ADR;TYPE=work:;;1 Road\\nTower;Town;;12345;Land\r\n"
                               "PHOTO;ENCODING=b;TYPE=JPEG:/9j\r\n"
                               " /\r\n"
                               "NOTE:one\\ntwo\\; three\r\n"
                               "X-EVOLUTION:1\r\n"
                               "END:VCARD\r\n"
                               "\r\n"
                               "BEGIN:VCARD\r\n"
                               "VERSION:4.0\r\n"
                               "KIND:group\r\n"
                               "FN:Group\r\n"
                               "UID:urn:uuid:00112233-4455-6677-8899-aabbccddeeff\r\n"
                               "MEMBER:mailto:first@x.test\r\n"
                               "TEL;VALUE=uri;TYPE=work:tel:+1-555\r\n"
                               "PHOTO:data:image/png;base64,iVA=\r\n"
                               "END:VCARD\r\n");
  EXPECT_THAT(reading.rejected, IsEmpty());
  ASSERT_EQ(reading.entries.size(), 2u);
  const Entry& one = reading.entries[0];
  EXPECT_THAT(values(one, "sn"), ElementsAre("Doe"));
  EXPECT_THAT(values(one, "middleName"), ElementsAre("Q,ux"));
  EXPECT_THAT(values(one, "company"), ElementsAre("ABC, Inc."));
  EXPECT_THAT(values(one, "department"), ElementsAre("North"));
  EXPECT_THAT(values(one, "telephoneNumber"), ElementsAre("+1 1", "+1 5"));
  EXPECT_THAT(values(one, "mobile"), ElementsAre("+1 2"));
  EXPECT_THAT(values(one, "homePhone"), ElementsAre("+1 3"));
  EXPECT_THAT(values(one, "fax"), ElementsAre("+1 4"));
  EXPECT_THAT(values(one, "mail"), ElementsAre("first@x.test", "second@x.test"));
  EXPECT_THAT(values(one, "streetAddress"), ElementsAre("1 Road\nTower"));
  EXPECT_THAT(values(one, "co"), ElementsAre("Land"));
  EXPECT_THAT(values(one, "photo"), ElementsAre("\xff\xd8\xff"));
  EXPECT_THAT(values(one, "info"), ElementsAre("one\ntwo; three"));
  EXPECT_THAT(reading.unknown, ElementsAre("X-EVOLUTION"));
  const Entry& two = reading.entries[1];
  EXPECT_THAT(values(two, "objectClass"), ElementsAre("group"));
  EXPECT_THAT(values(two, "member"), ElementsAre("mailto:first@x.test"));
  EXPECT_THAT(values(two, "telephoneNumber"), ElementsAre("+1-555"));
  EXPECT_THAT(values(two, "guid"), ElementsAre("00112233-4455-6677-8899-aabbccddeeff"));
}

TEST(Vcard, EachRejectedLineHasItsNumber) {
  const Reading reading = read(EntryFormat::vcard,
                               "what is this\nand this\nBEGIN:VCARD\nVERSION:2.1\nFN:x\nEND:VCARD\n"
                               "BEGIN:VCARD\nFN:x\nPHOTO;ENCODING=b:!!\nEND:VCARD\n"
                               "BEGIN:VCARD\nFN:good\nAGENT:\nBEGIN:VCARD\nFN:inner\nEND:VCARD\nEND:VCARD\n"
                               "BEGIN:VCARD\nnothing\nEND:VCARD\nBEGIN:VCARD\nFN:cut");
  ASSERT_EQ(reading.entries.size(), 1u);
  EXPECT_THAT(values(reading.entries[0], "cn"), ElementsAre("good"));
  EXPECT_THAT(reading.rejected, ElementsAre(StartsWith("1: this is no vCard"), StartsWith("4: vCards of version 2.1"),
                                            StartsWith("9: PHOTO is not base64"), StartsWith("19: there is no"),
                                            StartsWith("21: the file ends within")));
}

TEST(EntryFiles, DnsAreWrittenInManyWays) {
  EXPECT_EQ(plain_dn(" cn = A B , ou=C "), "cn=A B,ou=C");
  EXPECT_EQ(plain_dn("cn=A\\, B\\ ,dc=x"), "cn=A\\, B\\ ,dc=x");
  EXPECT_EQ(format_of_file("a/b.LDIF"), EntryFormat::ldif);
  EXPECT_EQ(format_of_file("x.vcf"), EntryFormat::vcard);
  EXPECT_EQ(format_of_file("x.txt"), std::nullopt);
  EXPECT_EQ(format_of_file("csv"), std::nullopt);
}

std::string some_text() {
  const std::string raw = *rc::gen::container<std::string>(
      rc::gen::oneOf(rc::gen::inRange<char>(0x20, 0x7f), rc::gen::elementOf(std::string(",;:\"\\\n =<"))));
  return raw + *rc::gen::element<std::string>("", "é", "日本", " ");
}

Entry some_entry(EntryFormat format) {
  Entry entry;
  entry.dn = "cn=x";
  for (const char* name : {"displayName", "title", "company", "department", "otherTelephone", "otherTelephone",
                           "userCertificate", "thumbnailPhoto", "streetAddress", "l", "proxyAddresses"}) {
    const Attribute* attribute = find_attribute(name);
    std::string value =
        attribute->is_binary() ? *rc::gen::container<std::string>(rc::gen::arbitrary<char>()) : some_text();
    if (format == EntryFormat::csv && attribute->is_multiple()) std::erase(value, '\n');
    while (value.starts_with(' ')) value.erase(0, 1);
    if (!value.empty()) entry.add(attribute, name, value, 0);
  }
  return entry;
}

// What is written is read as it was, whatever is in it; a file that is cut anywhere gives what came before, no more.
RC_GTEST_PROP(EntryFiles, EntriesComeBack, ()) {
  const auto format = *rc::gen::element(EntryFormat::ldif, EntryFormat::csv, EntryFormat::vcard);
  const Entry entry = some_entry(format);
  const auto writer = write_entries(format);
  const std::string begin = writer->begin(), text = begin + writer->entry(entry) + writer->entry(entry);
  const Reading reading = read(format, text);
  RC_ASSERT(reading.rejected.empty());
  RC_ASSERT(reading.entries.size() == (entry.values.empty() && format == EntryFormat::csv ? 0u : 2u) ||
            format == EntryFormat::csv);
  for (const Entry& got : reading.entries) {
    for (const Attribute& attribute : attributes()) {
      auto was = values(entry, attribute.name), is = values(got, attribute.name);
      if (format == EntryFormat::ldif && attribute.field == Field::name) is.resize(was.size());  // with its cn
      if (attribute.field == Field::property && !attribute.is_multiple() && is.size() > 1) is.resize(1);
      RC_ASSERT(was == is);
    }
  }
  const std::size_t cut = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
  RC_ASSERT(read(format, text.substr(0, cut)).entries.size() <= reading.entries.size());
}

TEST(EntryFiles, ALineWithoutEndFillsNoMemory) {
  const std::string endless = "dn: cn=x\ninfo: " + std::string(20u << 20, 'x') + "\n\ndn: cn=y\n";
  const Reading reading = read(EntryFormat::ldif, endless);
  EXPECT_THAT(reading.rejected, ElementsAre(HasSubstr("2: the line is longer")));
  EXPECT_EQ(reading.entries.size(), 1u);
}

}  // namespace
}  // namespace ropewalk::directory
