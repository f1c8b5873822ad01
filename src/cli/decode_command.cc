// `ropewalk decode KIND` and `ropewalk encode KIND`: bytes to a field tree and back.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>

#include "base/hex.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/json_text.h"
#include "dissect/kinds.h"

namespace ropewalk::cli {
namespace {

using dissect::Kind;
using dissect::KindOptions;

struct DecodeOptions {
  std::string kind;
  std::string file;
  std::string hex;
  std::string context;
  std::string columns;
  bool list = false;
  bool json = false;
  bool raw = false;
  bool is_hex_file = false;
  bool wide_counts = false;
  bool ndr64 = false;
  bool big_endian = false;
};

Result<const Kind*> kind_named(const std::string& name) {
  if (const Kind* kind = dissect::find_kind(name)) return kind;
  std::string hint;
  for (std::string_view near : dissect::similar_kinds(name))
    hint += fmt::format("{}{}", hint.empty() ? "" : ", ", near);
  return Error{hint.empty() ? fmt::format("no KIND \"{}\" (see `ropewalk decode --list`)", name)
                            : fmt::format("no KIND \"{}\"; did you mean {}?", name, hint)};
}

Result<std::vector<u8>> hex_bytes(std::string_view text, std::string_view what) {
  auto bytes = from_hex(text);
  if (!bytes) return Error{fmt::format("{} is not hexadecimal: pairs of digits, separated or not", what)};
  return *std::move(bytes);
}

Result<std::vector<u8>> input_bytes(const DecodeOptions& options) {
  if (!options.hex.empty()) return hex_bytes(options.hex, "--hex");
  ROPEWALK_TRY(std::vector<u8> bytes, read_input(options.file));
  if (options.is_hex_file) return hex_bytes(text_of(bytes), options.file);
  return bytes;
}

// The context as the kinds want it: bytes of requests, or of column tags.
Result<KindOptions> kind_options(const Kind& kind, const DecodeOptions& options) {
  KindOptions out;
  out.wide_counts = options.wide_counts;
  out.ndr64 = options.ndr64;
  out.big_endian = options.big_endian;
  ROPEWALK_TRY(out.columns, dissect::parse_columns(options.columns));
  if (options.context.empty()) return out;
  std::error_code ignored;
  bool is_file = std::filesystem::exists(options.context, ignored);
  if (kind.name == "property-row" && !is_file && !from_hex(options.context)) {
    ROPEWALK_TRY(out.columns, dissect::parse_columns(options.context));
    return out;
  }
  auto bytes = is_file ? read_input(options.context) : hex_bytes(options.context, "--context");
  if (!bytes) return std::move(bytes).error();
  out.requests = *std::move(bytes);
  return out;
}

bool print_list(bool json) {
  std::string out;
  boost::json::array names;
  for (const Kind& kind : dissect::kinds()) {
    out += fmt::format("{}\n", kind.name);
    names.emplace_back(kind.name);
  }
  return write_output(json ? boost::json::serialize(names) + "\n" : out);
}

void decode(const DecodeOptions& options, Outcome& outcome) {
  if (options.list) {
    if (!print_list(options.json)) outcome.fail("cannot write to standard output");
    return;
  }
  if (options.kind.empty()) return outcome.misuse("decode needs a KIND (see `ropewalk decode --list`)");
  if (options.hex.empty() && options.file.empty())
    return outcome.misuse("decode needs bytes: --hex HEX, a FILE, or - for standard input");
  auto kind = kind_named(options.kind);
  if (!kind) return outcome.misuse(kind.error().text);
  auto more = kind_options(**kind, options);
  if (!more) return outcome.misuse(more.error().text);
  auto bytes = input_bytes(options);
  if (!bytes) return outcome.misuse(bytes.error().text);

  Arena arena(std::size_t{1} << 30);
  wire::Tree tree = dissect::read_kind(**kind, *bytes, arena, *more);
  std::string out = options.json ? pretty_json(wire::to_json(tree.root)) + "\n" : wire::to_text(tree.root);
  if (!write_output(out)) return outcome.fail("cannot write to standard output");
  if (tree.error) outcome.fail(tree.error->text());
}

void encode(const DecodeOptions& options, Outcome& outcome) {
  auto kind = kind_named(options.kind);
  if (!kind) return outcome.misuse(kind.error().text);
  auto more = kind_options(**kind, options);
  if (!more) return outcome.misuse(more.error().text);
  auto text = read_input(options.file);
  if (!text) return outcome.misuse(text.error().text);
  boost::json::error_code error;
  boost::json::parse_options limits;
  limits.max_depth = 512;
  boost::json::value node = boost::json::parse(text_of(*text), error, {}, limits);
  if (error) return outcome.fail(fmt::format("{} is not JSON: {}", options.file, error.message()));

  Arena arena(std::size_t{1} << 30);
  auto bytes = dissect::write_kind(**kind, node, arena, *more);
  if (!bytes) return outcome.fail(bytes.error());
  if (!write_output(options.raw ? std::string(text_of(*bytes)) : to_hex(*bytes) + "\n"))
    outcome.fail("cannot write to standard output");
}

void add_context_options(CLI::App& command, DecodeOptions& options) {
  command.add_option("--context", options.context,
                     "What the bytes depend on, a FILE or hexadecimal: for a response its request, for several "
                     "requests the last is answered and a RopSetColumns gives the columns; for rows the column tags");
  command.add_option("--columns", options.columns, "The columns of rows: names or tags, PidTagSubject,0x0E080003");
  command.add_flag("--wide-counts", options.wide_counts, "Counts of 32 bits, as extended rules have them");
  command.add_flag("--ndr64", options.ndr64, "Stubs (kinds that begin with ndr-) in NDR64");
  command.add_flag("--big-endian", options.big_endian, "Stubs whose sender writes integers the other way round");
}

}  // namespace

void add_decode_command(CLI::App& root, Outcome& outcome) {
  auto options = std::make_shared<DecodeOptions>();
  CLI::App* command = root.add_subcommand("decode", "Show the fields of one structure");
  command->add_option("KIND", options->kind, "The structure, by its name in the specification or a kind of --list");
  auto* file = command->add_option("FILE", options->file, "The bytes: a file, or - for standard input");
  command->add_option("--hex", options->hex, "The bytes as hexadecimal text; spaces and - : , may separate them")
      ->excludes(file);
  command->add_flag("--hex-file", options->is_hex_file, "FILE holds hexadecimal text");
  command->add_flag("--json", options->json, "The tree as JSON, which `ropewalk encode` takes back");
  command->add_flag("--list", options->list, "List every KIND");
  add_context_options(*command, *options);
  command->footer(
      "Examples:\n"
      "  ropewalk decode rop-request --hex 32000000\n"
      "  ropewalk decode property-row --columns PidTagSubject,PidTagMessageSize --hex \"00 4800 6900 0000 10000000\"\n"
      "Where the bytes are not what the description says, the tree goes up to there, one line on standard error\n"
      "names the field and the offset, and the exit code is 1.");
  command->callback([options, &outcome] { decode(*options, outcome); });
}

void add_encode_command(CLI::App& root, Outcome& outcome) {
  auto options = std::make_shared<DecodeOptions>();
  options->file = "-";
  CLI::App* command = root.add_subcommand("encode", "Turn the JSON of `ropewalk decode --json` back into bytes");
  command->add_option("KIND", options->kind, "The structure")->required();
  command->add_option("FILE", options->file, "The JSON: a file, or - for standard input (the default)");
  command->add_flag("--raw", options->raw, "The bytes themselves instead of hexadecimal text");
  add_context_options(*command, *options);
  command->footer("Only \"name\", \"value\" and \"fields\" of each node matter; fields stand in wire order.");
  command->callback([options, &outcome] { encode(*options, outcome); });
}

}  // namespace ropewalk::cli
