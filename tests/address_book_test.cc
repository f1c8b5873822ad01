// The address book as clients see it: the library and the commands against `ropewalk serve`, over the three transports.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <optional>

#include "address_book_server.h"
#include "base/utf16.h"
#include "client/session.h"
#include "directory/address_book.h"
#include "mapi/property_tags.h"
#include "mapi/value_fields.h"
#include "store/mailbox_stores.h"

namespace ropewalk {
namespace {

using client::PropTag;
using mapi::PropertyBag;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
namespace tag = mapi::tag;

constexpr const char* kUser = "user1@ropewalk.test";
constexpr const char* kPassword = "hemp and manila";
constexpr int kMany = 60;  // contacts beside the users: more than one page

// A server whose address book has three users, a group of two of them, a chain of managers and many contacts.
class Book : public testing::TestWithParam<const char*> {
 protected:
  static void SetUpTestSuite() {
    folder_.emplace();
    const std::string data = folder_->path("data");
    {
      auto people = directory::Directory::open(data).value();
      for (const char* name : {"user1", "user2", "user3"}) {
        directory::NewUser user;
        user.address = std::string(name) + "@ropewalk.test";
        user.name = "The " + std::string(name);
        user.password = kPassword;
        user.ntlm = true;
        auto added = people->add_user(user).value();
        store::MailboxStores stores(data);
        ASSERT_TRUE(stores.create({added.name, added.address, added.legacy_dn, added.mailbox_guid}).ok());
      }
      auto book = directory::AddressBook::open(data).value();
      auto id = [&](const std::string& address) { return book->find_by_address(address).value()->id; };
      directory::ObjectChange group;
      group.name = "Ropemakers";
      group.address = "ropemakers@ropewalk.test";
      const u32 ropemakers = book->add(directory::Kind::group, group).value().id;
      for (const char* member : {"user1@ropewalk.test", "user2@ropewalk.test"})
        ASSERT_TRUE(book->add_link(ropemakers, directory::Link::member, id(member)).ok());
      ASSERT_TRUE(book->add_link(ropemakers, directory::Link::owner, id("user1@ropewalk.test")).ok());
      ASSERT_TRUE(book->add_link(id("user1@ropewalk.test"), directory::Link::manager, id("user2@ropewalk.test")).ok());
      ASSERT_TRUE(book->add_link(id("user2@ropewalk.test"), directory::Link::manager, id("user3@ropewalk.test")).ok());
      directory::ObjectChange dynamic;
      dynamic.name = "Zz everybody";
      dynamic.address = "everybody@ropewalk.test";
      dynamic.filter = "(mailNickname=user*)";
      ASSERT_TRUE(book->add(directory::Kind::dynamic_group, dynamic).ok());
      for (int i = 0; i < kMany; ++i) {
        directory::ObjectChange contact;
        contact.name = "Zz contact " + std::to_string(100 + i);
        contact.address = "contact" + std::to_string(100 + i) + "@partner.test";
        contact.phonetic = "Phonetic " + std::to_string(500 - i);  // the other way round
        ASSERT_TRUE(book->add(directory::Kind::contact, contact).ok());
      }
    }
    server_.emplace();
    server_->start(data);
  }
  static void TearDownTestSuite() {
    server_->stop();
    server_.reset();
    folder_.reset();
  }

  std::string server() const { return server_->server(GetParam()); }
  static std::string certificate() { return server_->certificate(); }

  std::unique_ptr<client::AddressBook> opened() {
    client::Profile profile;
    profile.services.push_back(
        {"test",
         "exchange",
         {{"server", server()}, {"mapper_port", server_->mapper_port()}, {"user", kUser}, {"ca", certificate()}}});
    session_.emplace(std::move(profile), host_);
    auto book = session_->open_address_book();
    EXPECT_TRUE(book.ok()) << (book.ok() ? "" : book.error().text);
    return book.ok() ? *std::move(book) : nullptr;
  }
  Ran run(std::vector<std::string> words) {
    words.insert(words.end(), {"--server", server(), "--mapper-port", server_->mapper_port(), "--user", kUser,
                               "--password-stdin", "--ca", certificate()});
    return run_program(words, std::string(kPassword) + "\n");
  }

  static std::vector<std::string> names(const client::Rows& rows) {
    std::vector<std::string> found;
    for (std::size_t i = 0; i < rows.size(); ++i) found.push_back(client::text_of(rows[i], tag::PidTagDisplayName));
    return found;
  }

  static inline std::optional<TestFolder> folder_;
  static inline std::optional<BookServer> server_;
  client::SimpleHost host_{kPassword};
  std::optional<client::Session> session_;
};

const PropTag kColumns[] = {PropTag(tag::PidTagDisplayName), PropTag(tag::PidTagSmtpAddress),
                            PropTag(tag::PidTagEntryId)};

TEST_P(Book, ContentsComeInPages) {
  auto book = opened();
  ASSERT_NE(book, nullptr);
  auto lists = book->hierarchy();
  ASSERT_TRUE(lists.ok()) << lists.error().text;
  EXPECT_GE(lists->size(), 1u);
  auto container = book->open_container({});
  ASSERT_TRUE(container.ok());
  auto table = (*container)->contents();
  ASSERT_TRUE(table.ok());
  ASSERT_TRUE((*table)->set_columns(kColumns).ok());
  auto where = (*table)->position();
  ASSERT_TRUE(where.ok()) << where.error().text;
  EXPECT_EQ(where->count, 5u + kMany);
  auto page = (*table)->query(3);
  ASSERT_TRUE(page.ok()) << page.error().text;
  EXPECT_THAT(names(*page), ElementsAre("Ropemakers", "The user1", "The user2"));
  page = (*table)->query(2);
  EXPECT_THAT(names(*page), ElementsAre("The user3", "Zz contact 100"));
  page = (*table)->query(2, false);
  EXPECT_THAT(names(*page), ElementsAre("The user3", "Zz contact 100"));
  page = (*table)->query(1);
  EXPECT_THAT(names(*page), ElementsAre("The user3"));
  auto moved = (*table)->seek(client::Origin::end, -1);
  ASSERT_TRUE(moved.ok()) << moved.error().text;
  EXPECT_EQ(*moved, -1);
  page = (*table)->query(10);
  EXPECT_THAT(names(*page), ElementsAre("Zz everybody"));
  EXPECT_TRUE(page->at_end);
  ASSERT_TRUE((*table)->seek(client::Origin::beginning, 0).ok());
  auto all = (*table)->read_all();
  ASSERT_TRUE(all.ok()) << all.error().text;
  EXPECT_EQ(all->size(), 5u + kMany);
}

TEST_P(Book, NamesAreResolved) {
  auto book = opened();
  ASSERT_NE(book, nullptr);
  auto one = book->resolve("user2@ropewalk.test");
  ASSERT_TRUE(one.ok()) << one.error().text;
  ASSERT_EQ(one->size(), 1u);
  EXPECT_EQ(client::text_of((*one)[0].all(), tag::PidTagDisplayName), "The user2");
  EXPECT_EQ(client::text_of((*one)[0].all(), tag::PidTagAddressType), "EX");
  auto several = book->resolve("The");
  ASSERT_TRUE(several.ok()) << several.error().text;
  EXPECT_EQ(several->size(), 3u);
  auto nobody = book->resolve("nobody at all");
  ASSERT_TRUE(nobody.ok()) << nobody.error().text;
  EXPECT_TRUE(nobody->empty());
}

TEST_P(Book, EntriesMembersAndManagers) {
  auto book = opened();
  ASSERT_NE(book, nullptr);
  auto found = book->resolve("ropemakers");
  ASSERT_TRUE(found.ok() && found->size() == 1);
  auto group = book->open_entry((*found)[0].find(PropTag(tag::PidTagEntryId))->bytes);
  ASSERT_TRUE(group.ok()) << group.error().text;
  EXPECT_TRUE((*group)->is_list());
  auto members = (*group)->members();
  ASSERT_TRUE(members.ok()) << members.error().text;
  ASSERT_TRUE((*members)->set_columns(kColumns).ok());
  auto rows = (*members)->read_all();
  ASSERT_TRUE(rows.ok()) << rows.error().text;
  EXPECT_THAT(names(*rows), testing::UnorderedElementsAre("The user1", "The user2"));

  auto user = book->open_entry(client::find_value((*rows)[0], tag::PidTagEntryId)->value.bytes);
  ASSERT_TRUE(user.ok()) << user.error().text;
  EXPECT_FALSE((*user)->is_list());
  EXPECT_FALSE((*user)->members().ok());
  auto all = (*user)->get_all();
  ASSERT_TRUE(all.ok()) << all.error().text;
  EXPECT_EQ(all->text(PropTag(tag::PidTagSmtpAddress)), client::text_of((*rows)[0], tag::PidTagSmtpAddress));
  EXPECT_FALSE(book->open_entry(bytes_of("no identifier")).ok());
}

TEST_P(Book, RestrictedContents) {
  auto book = opened();
  ASSERT_NE(book, nullptr);
  auto table = book->open_container({}).value()->contents().value();
  ASSERT_TRUE(table->set_columns(kColumns).ok());
  const std::vector<u8> text = utf8_to_utf16("The");
  mapi::TaggedPropertyValue value;
  value.tag = PropTag(tag::PidTagAnr);
  value.value = mapi::Value::of(ByteView(text));
  mapi::Restriction anr;
  anr.type = mapi::RestrictType::property;
  anr.relop = mapi::RelOp::eq;
  anr.tag = value.tag;
  anr.values = std::span<mapi::TaggedPropertyValue>(&value, 1);
  mapi::Restriction inner[] = {anr, anr};
  mapi::Restriction both;
  both.type = mapi::RestrictType::and_;
  both.children = std::span<mapi::Restriction>(inner);
  for (const mapi::Restriction* condition : {&anr, &both}) {
    ASSERT_TRUE(table->restrict(condition).ok());
    auto rows = table->read_all();
    ASSERT_TRUE(rows.ok()) << rows.error().text;
    EXPECT_THAT(names(*rows), ElementsAre("The user1", "The user2", "The user3"));
  }
  ASSERT_TRUE(table->restrict(nullptr).ok());
  value.tag = PropTag(tag::PidTagDisplayName);
  const std::vector<u8> from = utf8_to_utf16("Zz contact 105");
  value.value = mapi::Value::of(ByteView(from));
  mapi::Restriction name = anr;
  name.relop = mapi::RelOp::ge;
  name.tag = value.tag;
  auto found = table->find(name, client::Origin::beginning);
  ASSERT_TRUE(found.ok()) << found.error().text;
  EXPECT_THAT(names(*found), ElementsAre("Zz contact 105"));
  EXPECT_THAT(names(*table->query(2)), ElementsAre("Zz contact 105", "Zz contact 106"));
}

TEST_P(Book, Commands) {
  Ran ran = run({"gal"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("Ropemakers"), HasSubstr("user3@ropewalk.test"), HasSubstr("Zz contact 159")));
  ran = run({"gal", "user", "--json"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(boost::json::parse(ran.out).as_array().size(), 3u) << ran.out;
  ran = run({"gal", "--list", "no such list"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("there is no address list \"no such list\""));

  ran = run({"resolve", "ropemakers"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("ropemakers@ropewalk.test"), HasSubstr("group")));
  ran = run({"resolve", "nobody"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("nobody in the address book is \"nobody\""));

  ran = run({"card", kUser});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("PidTagSmtpAddress"), HasSubstr("Reports to:"), HasSubstr("The user2 <"),
                             HasSubstr("The user3 <")));
  ran = run({"card", "ropemakers", "--json"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(boost::json::parse(ran.out).as_object().at("members").as_array().size(), 2u) << ran.out;
  ran = run({"card", kUser, "--vcard"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("BEGIN:VCARD"), HasSubstr("FN:The user1"), HasSubstr(kUser),
                             HasSubstr("X-MANAGER:mailto:user2@ropewalk.test")));
  ran = run({"card", "ropemakers", "--vcard"});
  EXPECT_THAT(ran.out, AllOf(HasSubstr("KIND:group"), HasSubstr("MEMBER:mailto:user1@ropewalk.test")));
  ran = run({"card", "user2@ropewalk.test"});
  EXPECT_THAT(ran.out, AllOf(HasSubstr("Reports:\n  The user1 <"), HasSubstr("Member of:\n  Ropemakers <")));
  ran = run({"card", "everybody", "--json"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(boost::json::parse(ran.out).as_object().at("members").as_array().size(), 3u) << ran.out;
  ran = run({"gal", "everybody"});
  EXPECT_THAT(ran.out, HasSubstr("dynamic group"));
  ran = run({"card", "user"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("may mean 3 entries"));
}

// NspiModProps, NspiModLinkAtt: what the server lets this user change.
TEST_P(Book, EntriesAreChanged) {
  const std::string file = folder_->path("certificate.der");
  std::ofstream(file) << "not much of a certificate";
  Ran ran = run({"card", kUser, "--set", "userCertificate=@" + file});
  ASSERT_EQ(ran.code, 0) << ran.err;
  ran = run({"card", kUser});
  EXPECT_THAT(ran.out, HasSubstr("PidTagAddressBookX509Certificate"));
  ran = run({"card", kUser, "--set", "userCertificate="});
  ASSERT_EQ(ran.code, 0) << ran.err;
  ran = run({"card", kUser});
  EXPECT_THAT(ran.out, Not(HasSubstr("PidTagAddressBookX509Certificate")));

  ran = run({"card", kUser, "--set", "telephoneNumber=1"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("ModProps"), HasSubstr("ecAccessDenied"), HasSubstr("userCertificate")));
  ran = run({"card", "user2@ropewalk.test", "--set", "userCertificate=@" + file});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("ecAccessDenied"));
  ran = run({"card", kUser, "--set", "no such=1"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("there is no attribute no such"));
  EXPECT_EQ(run({"card", kUser, "--set", "manager=user2@ropewalk.test"}).code, 2);

  auto members = [&] {
    const Ran told = run({"card", "ropemakers", "--json"});
    EXPECT_EQ(told.code, 0) << told.err;
    std::vector<std::string> found;
    const boost::json::value card = boost::json::parse(told.out);
    for (const auto& member : card.at("members").as_array()) found.emplace_back(member.at("name").as_string());
    return found;
  };
  ran = run({"card", "ropemakers", "--add-member", "user3@ropewalk.test", "--remove-member", "user1@ropewalk.test"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(members(), ElementsAre("The user2", "The user3"));
  ran = run({"card", "ropemakers", "--remove-member", "user3@ropewalk.test", "--add-member", kUser});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(members(), ElementsAre("The user1", "The user2"));
  ran = run({"card", kUser, "--add-delegate", "user2@ropewalk.test"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  ran = run({"card", kUser, "--remove-delegate", "user2@ropewalk.test"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  ran = run({"card", "user2@ropewalk.test", "--add-delegate", kUser});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("ecAccessDenied"), HasSubstr("for a group's owner to change")));
}

// NspiGetSpecialTable, NspiQueryColumns, NspiResortRestriction, NspiCompareMIds, NspiGetTemplateInfo
TEST_P(Book, ListsColumnsOrdersAndTemplates) {
  Ran ran = run({"gal", "--lists"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("Global Address List\n"), HasSubstr("All Users\n")));
  ran = run({"gal", "--list", "all users"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("The user1"), Not(HasSubstr("Ropemakers"))));
  ran = run({"gal", "--columns"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("PidTagDisplayName"), HasSubstr("0x3001001F")));

  auto addresses = [&](std::vector<std::string> words) {
    words.push_back("--json");
    const Ran told = run(words);
    EXPECT_EQ(told.code, 0) << told.err;
    std::vector<std::string> found;
    const boost::json::value list = boost::json::parse(told.out);
    for (const auto& entry : list.as_array()) found.emplace_back(entry.at("address").as_string());
    return found;
  };
  const auto by_name = addresses({"gal", "Zz contact 10", "--sort", "name"});
  auto by_sound = addresses({"gal", "Zz contact 10", "--sort", "phonetic"});
  ASSERT_EQ(by_name.size(), 10u);
  EXPECT_EQ(by_name.front(), "contact100@partner.test");
  EXPECT_EQ(by_sound.front(), "contact109@partner.test");
  std::reverse(by_sound.begin(), by_sound.end());
  EXPECT_EQ(by_sound, by_name);

  ran = run({"gal", "--check", "--limit", "8"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "8 rows, in order\n");
  ran = run({"gal", "--check", "The"});
  EXPECT_EQ(ran.out, "3 rows, in order\n") << ran.err;

  ran = run({"card", kUser, "--template"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("General\n"), testing::ContainsRegex("Display: +The user1\n"),
                             testing::ContainsRegex("Manager: +The user2\n"),
                             testing::ContainsRegex("Group membership: +Ropemakers\n")));
  ran = run({"card", "ropemakers", "--template", "--json"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("\"Members\""), HasSubstr("The user1"), HasSubstr("The user2")));
}

TEST_P(Book, OrderIsAskedFor) {
  auto book = opened();
  ASSERT_NE(book, nullptr);
  auto container = book->open_container({}).value();
  auto table = container->contents().value();
  ASSERT_TRUE(table->set_columns(kColumns).ok());
  auto rows = table->query(3).value();
  auto id = [&](std::size_t row) { return client::find_value(rows[row], tag::PidTagEntryId)->value.bytes; };
  EXPECT_LT(container->compare(id(0), id(2)).value(), 0);
  EXPECT_GT(container->compare(id(2), id(1)).value(), 0);
  EXPECT_EQ(container->compare(id(1), id(1)).value(), 0);
}

// GetMailboxUrl and GetAddressBookUrl over HTTP, the referral interface over RPC
TEST_P(Book, ConnectShowsWhereThingsAre) {
  Ran ran = run({"connect"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  if (std::string(GetParam()) == "http")
    EXPECT_THAT(ran.out, AllOf(HasSubstr("the mailbox is at: http://127.0.0.1"), HasSubstr("/mapi/emsmdb/?MailboxId="),
                               HasSubstr("the address book is at: http://127.0.0.1"), HasSubstr("/mapi/nspi/?")));
  else
    EXPECT_THAT(ran.out, testing::ContainsRegex("the address book is at: [^ \n]+\n"));
}

// Autodiscover names a URL of its own for it; over RPC it is where the endpoint mapper says.
class BookOverHttp : public Book {};

TEST_P(BookOverHttp, MayBeElsewhereThanTheMailbox) {
  client::Profile profile;
  profile.services.push_back({"test",
                              "exchange",
                              {{"server", "http://127.0.0.1:1"},
                               {"address_book", server() + "/mapi/nspi/?MailboxId=" + kUser},
                               {"user", kUser}}});
  client::Session session(std::move(profile), host_);
  auto book = session.open_address_book();
  ASSERT_TRUE(book.ok()) << book.error().text;
  EXPECT_EQ((*book)->resolve(kUser).value().size(), 1u);
  EXPECT_FALSE(session.open_store().ok());
}

// Recipients are looked up where an address book is.
TEST_P(Book, PutResolvesRecipients) {
  Ran ran = run({"put", "--subject", "Resolved", "--body", "x", "--to", "ropemakers", "--cc", "else@partner.test"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  ran = run({"show", "1"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("Ropemakers <ropemakers@ropewalk.test>"), HasSubstr("else@partner.test")));
  ran = run({"put", "--subject", "Nobody", "--body", "x", "--to", "the"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("may mean 3 entries"));
}

INSTANTIATE_TEST_SUITE_P(Transport, BookOverHttp, testing::Values("http"));
INSTANTIATE_TEST_SUITE_P(Transports, Book, testing::Values("http", "rpc", "rpc_http"),
                         [](const auto& of) { return std::string(of.param); });

}  // namespace
}  // namespace ropewalk
