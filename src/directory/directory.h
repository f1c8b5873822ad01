// People: who has a mailbox here, by which names they are known, and their passwords. directory.db in the data folder.
// For users with NTLM a hash is stored that is as good as the password; it is encrypted with the key in ntlm.key.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/guid.h"
#include "base/result.h"
#include "base/types.h"

namespace ropewalk::directory {

struct User {
  i64 id = 0;             // never used again after a removal
  std::string address;    // as it was added; compares without regard to case
  std::string name;       // for people; UTF-8
  std::string legacy_dn;  // "/o=Ropewalk/ou=.../cn=Recipients/cn=user1"
  Guid mailbox_guid;      // names the mailbox and its file, see store::MailboxStores
  bool has_password = false;
  bool ntlm = false;  // may sign in with NTLM: a hash for it is stored
};

struct NewUser {
  std::string address;     // "user1@ropewalk.test"
  std::string name{};      // empty: the address before '@'
  std::string dn{};        // empty: made from the organization
  std::string password{};  // empty: none, nobody can sign in until one is set
  bool ntlm = false;       // needs a password
};

// A password and which one it is, to see whether it is still the same.
struct StoredPassword {
  std::string hash;  // PHC string; empty: none
  i64 version = 0;   // grows with every change
};

// Thread-safe; several processes may have the same folder open.
class Directory {
 public:
  // Makes the folder and the database where there are none. `organization` goes into the DNs made from now on.
  static Result<std::unique_ptr<Directory>> open(const std::string& data_folder,
                                                 const std::string& organization = "Ropewalk");
  ~Directory();

  // Errors say what is wrong with the address, the DN or the password, or who has them already.
  Result<User> add_user(const NewUser& user);
  Result<std::vector<User>> list();  // by address
  // No user is not an error.
  Result<std::optional<User>> find_by_id(i64 id);
  // By the user's address, or another one that the address book has of him.
  Result<std::optional<User>> find_by_address(std::string_view address);
  Result<std::optional<User>> find_by_dn(std::string_view legacy_dn);
  // Who is meant by what somebody types: "user1@ropewalk.test" (the address, a name to sign in with, or another
  // address of the user's, in this order), "DOMAIN\user1" (also with an address after the backslash), or "user1" where
  // only one user is called that before the '@' of his address or of such a name. A DOMAIN that is the domain or its
  // first label decides between several.
  Result<std::optional<User>> find_by_login(std::string_view login);
  // Whom a Kerberos ticket names: "user1@ROPEWALK.TEST". Whoever has names to sign in with is found by these alone, for
  // "smith" of a realm need not be who has the address smith@realm; others by their primary address.
  Result<std::optional<User>> find_by_principal(std::string_view principal);
  // Whether the user was copied from an LDAP server, which alone knows the password.
  Result<bool> is_copied(i64 user_id);
  // Where NTLM is on for the user it stays on; `ntlm` switches it on.
  Status set_password(std::string_view address, std::string_view password, bool ntlm = false);
  // NTLM's hash is made from the password, which has to be the user's. Switching off deletes the hash.
  Status switch_ntlm_on(std::string_view address, std::string_view password);
  Status switch_ntlm_off(std::string_view address);
  Status remove(std::string_view address);  // the mailbox file is the caller's

  // Whether NTLM is on for anybody.
  Result<bool> has_ntlm_users();
  // nullopt: no such user (any more).
  Result<std::optional<StoredPassword>> stored_password(i64 user_id);
  // NTLM's hash of a user's password; nullopt: NTLM is not on for him, or there is no such user (any more).
  Result<std::optional<std::array<u8, 16>>> nt_hash(i64 user_id);
  // Changes when anybody may have changed the directory: at once for this process, within 10 ms for others.
  u64 generation();

 private:
  struct State;
  explicit Directory(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Why `address` cannot be one ("user1@ropewalk.test" can); empty where it can.
std::string objection_to_address(std::string_view address);

}  // namespace ropewalk::directory
