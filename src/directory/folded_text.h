// Texts in the form in which people look for them: without regard to case, accents and width.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::directory {

// Two texts that fold alike are one to whoever searches: "Müller", "MULLER". A prefix of a text folds to a prefix, but
// for letters that are cut apart.
std::string fold(std::string_view utf8);

// The ends of a folded text that begin with a word, the whole text first: "user one" gives "user one", "one". Cut to
// what searchable() keeps; of a long text the first eight.
std::vector<std::string> word_tails(std::string_view folded);

// Without spaces at both ends.
std::string_view trimmed(std::string_view text);

// As much of a folded text as is kept for searching.
std::string_view searchable(std::string_view folded);

}  // namespace ropewalk::directory
