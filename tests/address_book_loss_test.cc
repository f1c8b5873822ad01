// An address book whose server dies and comes back: clients go on, over the three transports.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "address_book_server.h"
#include "base/utf16.h"
#include "client/session.h"
#include "directory/address_book.h"
#include "directory/directory.h"
#include "mapi/property_tags.h"
#include "store/mailbox_stores.h"

namespace ropewalk {
namespace {

using client::PropTag;
using directory::Kind;
using directory::Link;
using testing::ElementsAre;
using testing::HasSubstr;
namespace tag = mapi::tag;

constexpr const char* kUser = "user1@ropewalk.test";
constexpr const char* kPassword = "hemp and manila";
const PropTag kName[] = {PropTag(tag::PidTagDisplayName)};

std::string dn_of(const std::string& name) { return "/o=Ropewalk/ou=Test/cn=Recipients/cn=" + name; }

class LostSession : public testing::TestWithParam<const char*> {
 protected:
  // The same people under the same DNs, made in the order given: their numbers, which Minimal Entry IDs are made of,
  // differ from folder to folder.
  static void make(const std::string& data, std::vector<std::string> names) {
    auto people = directory::Directory::open(data).value();
    directory::NewUser user;
    user.address = kUser;
    user.name = "user1";
    user.dn = dn_of("user1");
    user.password = kPassword;
    user.ntlm = true;
    auto book_with = [&](const std::string& name) {
      if (name == "user1") {
        auto added = people->add_user(user).value();
        store::MailboxStores stores(data);
        ASSERT_TRUE(stores.create({added.name, added.address, added.legacy_dn, added.mailbox_guid}).ok());
        return;
      }
      auto book = directory::AddressBook::open(data).value();
      directory::ObjectChange change;
      change.name = name;
      change.address = name + "@partner.test";
      change.legacy_dn = dn_of(name);
      ASSERT_TRUE(book->add(name == "group" ? Kind::group : Kind::contact, change).ok());
    };
    for (const std::string& name : names) book_with(name);
    auto book = directory::AddressBook::open(data).value();
    const u32 group = book->find_by_dn(dn_of("group")).value()->id;
    for (const char* member : {"c1", "c3", "c5"})
      ASSERT_TRUE(book->add_link(group, Link::member, book->find_by_dn(dn_of(member)).value()->id).ok());
    ASSERT_TRUE(book->add_link(group, Link::owner, book->find_by_dn(dn_of("user1")).value()->id).ok());
  }

  void SetUp() override {
    std::vector<std::string> names{"c1", "c2", "c3", "c4", "c5", "c6", "group", "user1"};
    make(folder_.path("before"), names);
    std::reverse(names.begin(), names.end());
    make(folder_.path("after"), names);
    server_.start(folder_.path("before"));
    client::Profile profile;
    profile.services.push_back({"test",
                                "exchange",
                                {{"server", server_.server(GetParam())},
                                 {"mapper_port", server_.mapper_port()},
                                 {"user", kUser},
                                 {"insecure", "true"}}});
    session_.emplace(std::move(profile), host_);
    auto book = session_->open_address_book();
    ASSERT_TRUE(book.ok()) << book.error().text;
    book_ = *std::move(book);
  }
  void TearDown() override { server_.stop(); }

  // Dies, and comes back where everybody has another number.
  void restart() {
    server_.kill();
    server_.start(folder_.path("after"));
  }

  std::unique_ptr<client::AddressEntry> entry(const std::string& name) {
    auto found = book_->resolve(name + "@partner.test");
    EXPECT_TRUE(found.ok() && found->size() == 1) << name;
    if (!found.ok() || found->size() != 1) return nullptr;
    auto opened = book_->open_entry((*found)[0].find(PropTag(tag::PidTagEntryId))->bytes);
    EXPECT_TRUE(opened.ok());
    return opened.ok() ? *std::move(opened) : nullptr;
  }
  static std::vector<std::string> names(const client::Outcome<client::Rows>& rows) {
    if (!rows.ok()) return {rows.error().text};
    std::vector<std::string> found;
    for (std::size_t i = 0; i < rows->size(); ++i) found.push_back(client::text_of((*rows)[i], kName[0]));
    return found;
  }

  TestFolder folder_;
  BookServer server_;
  client::SimpleHost host_{kPassword};
  std::optional<client::Session> session_;
  std::unique_ptr<client::AddressBook> book_;
};

TEST_P(LostSession, EverythingOpenGoesOn) {
  auto table = book_->open_container({}).value()->contents().value();
  ASSERT_TRUE(table->set_columns(kName).ok());
  EXPECT_THAT(names(table->query(3)), ElementsAre("c1", "c2", "c3"));
  auto backwards = book_->open_container({}).value()->contents().value();
  ASSERT_TRUE(backwards->set_columns(kName).ok());
  EXPECT_EQ(backwards->seek(client::Origin::beginning, 5).value(), 5);
  auto one = entry("c2");
  auto group = entry("group");
  ASSERT_TRUE(one && group);
  auto members = group->members().value();
  ASSERT_TRUE(members->set_columns(kName).ok());
  EXPECT_THAT(names(members->query(1)), ElementsAre("c1"));
  auto lists = book_->hierarchy().value();

  restart();
  EXPECT_THAT(names(table->query(2)), ElementsAre("c4", "c5"));
  EXPECT_THAT(names(table->query(2)), ElementsAre("c6", "group"));
  EXPECT_THAT(names(backwards->query(2, false)), ElementsAre("c4", "c5"));
  EXPECT_THAT(names(members->query(5)), ElementsAre("c3", "c5"));
  EXPECT_EQ(one->get(kName).value().text(kName[0]), "c2");
  EXPECT_EQ(book_->hierarchy().value().size(), lists.size());
  EXPECT_EQ(book_->resolve("c4@partner.test").value().size(), 1u);
}

// A change that is asked for after the restart is made once, on the right entry.
TEST_P(LostSession, ChangesGoToTheRightEntry) {
  auto group = entry("group"), c2 = entry("c2");
  ASSERT_TRUE(group && c2);
  restart();
  const std::vector<std::vector<u8>> ids{{c2->entry_id().begin(), c2->entry_id().end()}};
  auto changed = group->change_links(PropTag(tag::PidTagAddressBookMember), client::AddressEntry::LinkChange::add, ids);
  ASSERT_TRUE(changed.ok()) << changed.error().text;
  auto members = group->members().value();
  ASSERT_TRUE(members->set_columns(kName).ok());
  const client::SortOrder by_name[] = {{kName[0], false}};
  ASSERT_TRUE(members->sort(by_name).ok());
  EXPECT_THAT(names(members->query(10)), ElementsAre("c1", "c2", "c3", "c5"));
}

// What is gone meanwhile is gone, and not somebody else; a server that stays away is told of.
TEST_P(LostSession, NobodyIsTakenForSomebodyElse) {
  auto c6 = entry("c6");
  auto table = book_->open_container({}).value()->contents().value();
  ASSERT_TRUE(table->set_columns(kName).ok());
  EXPECT_THAT(names(table->query(6)), ElementsAre("c1", "c2", "c3", "c4", "c5", "c6"));
  server_.kill();
  auto gone = c6->get(kName);
  ASSERT_FALSE(gone.ok());
  EXPECT_FALSE(book_->resolve("c1").ok());
  {
    auto after = directory::AddressBook::open(folder_.path("after")).value();
    ASSERT_TRUE(after->remove(after->find_by_dn(dn_of("c6")).value()->id).ok());
  }
  server_.start(folder_.path("after"));
  gone = c6->get(kName);
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error().code, mapi::ErrorCode::not_found) << gone.error().text;
  // The row that the table stood behind is gone: it goes on at that row number.
  EXPECT_THAT(names(table->query(5)), ElementsAre("user1"));
  EXPECT_EQ(book_->resolve("c1@partner.test").value().size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Transports, LostSession, testing::Values("http", "rpc", "rpc_http"),
                         [](const auto& of) { return std::string(of.param); });

}  // namespace
}  // namespace ropewalk
