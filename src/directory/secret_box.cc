#include "directory/secret_box.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace ropewalk::directory {
namespace {

constexpr std::size_t kNonce = 12, kTag = 16;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

struct Descriptor {
  int value;
  explicit Descriptor(int fd) : value(fd) {}
  Descriptor(const Descriptor&) = delete;
  ~Descriptor() {
    if (value >= 0) ::close(value);
  }
};

Error failed(const std::string& what, const std::string& path) {
  return Error{"cannot " + what + " the key file " + path + ": " + std::strerror(errno)};
}

// Makes the whole file beside its place and then gives it its name, so that nobody ever reads half a key.
Status make_file(const std::string& path, ByteView key) {
  std::string name = path + ".XXXXXX";
  const Descriptor file(::mkstemp(name.data()));  // mode 0600
  if (file.value < 0) return failed("make", path);
  const bool good = ::write(file.value, key.data(), key.size()) == static_cast<ssize_t>(key.size()) &&
                    ::fsync(file.value) == 0 && (::link(name.c_str(), path.c_str()) == 0 || errno == EEXIST);
  Status done = good ? Status() : Status(failed("make", path));
  ::unlink(name.c_str());
  const Descriptor folder(::open(path.substr(0, path.rfind('/') + 1).c_str(), O_RDONLY | O_DIRECTORY));
  if (folder.value >= 0) ::fsync(folder.value);
  return done;
}

}  // namespace

SecretBox::~SecretBox() { OPENSSL_cleanse(key_.data(), key_.size()); }

Result<std::optional<SecretBox>> SecretBox::open(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.value < 0 && errno == ENOENT) return std::optional<SecretBox>();
  struct stat info {};
  if (file.value < 0 || ::fstat(file.value, &info) != 0) return failed("open", path);
  if ((info.st_mode & 077) != 0)
    return Error{"the key file " + path +
                 " may be read by others than its owner: chmod 600 it, and set the passwords "
                 "of all users with NTLM anew if somebody may have read it"};
  SecretBox box;
  box.path_ = path;
  std::array<u8, kKeySize + 1> bytes;
  const ssize_t size = ::read(file.value, bytes.data(), bytes.size());
  std::copy_n(bytes.begin(), kKeySize, box.key_.begin());
  OPENSSL_cleanse(bytes.data(), bytes.size());
  if (size != static_cast<ssize_t>(kKeySize))
    return Error{"the key file " + path + " is not one: it has to have " + std::to_string(kKeySize) + " bytes"};
  return std::optional<SecretBox>(std::move(box));
}

Result<SecretBox> SecretBox::open_or_make(const std::string& path) {
  ROPEWALK_TRY(auto there, open(path));
  if (there) return std::move(*there);
  std::array<u8, kKeySize> key;
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1) return Error{"cannot make a key: no random bytes"};
  Status made = make_file(path, key);
  OPENSSL_cleanse(key.data(), key.size());
  ROPEWALK_CHECK(std::move(made));
  ROPEWALK_TRY(auto now, open(path));
  if (!now) return Error{"the key file " + path + " vanished while it was made"};
  return std::move(*now);
}

// nonce, cipher text, tag
Result<std::vector<u8>> SecretBox::seal(ByteView secret, ByteView about) const {
  std::vector<u8> sealed(kNonce + secret.size() + kTag);
  u8* text = sealed.data() + kNonce;
  int size = 0;
  Cipher cipher(EVP_CIPHER_CTX_new());
  const bool good =
      RAND_bytes(sealed.data(), kNonce) == 1 &&
      EVP_EncryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), key_.data(), sealed.data(), nullptr) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &size, about.data(), static_cast<int>(about.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), text, &size, secret.data(), static_cast<int>(secret.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), text + size, &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTag, text + secret.size()) == 1;
  if (!good) return Error{"cannot encrypt a secret with AES-256-GCM"};
  return sealed;
}

Result<std::vector<u8>> SecretBox::unseal(ByteView sealed, ByteView about) const {
  const Error bad{"a stored secret cannot be decrypted: it was sealed with another key than that of " + path_ +
                  ", or changed"};
  if (sealed.size() < kNonce + kTag) return bad;
  std::vector<u8> secret(sealed.size() - kNonce - kTag);
  std::array<u8, kTag> tag;
  std::copy(sealed.end() - kTag, sealed.end(), tag.begin());
  int size = 0;
  u8 nothing = 0;
  Cipher cipher(EVP_CIPHER_CTX_new());
  const bool good =
      EVP_DecryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), key_.data(), sealed.data(), nullptr) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, about.data(), static_cast<int>(about.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), secret.data(), &size, sealed.data() + kNonce, static_cast<int>(secret.size())) ==
          1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kTag, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), &nothing, &size) == 1;
  if (!good) return bad;
  return secret;
}

}  // namespace ropewalk::directory
