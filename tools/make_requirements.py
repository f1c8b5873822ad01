#!/usr/bin/env python3
"""Turns the layout requirements of the specifications into tables of checks.

  tools/make_requirements.py [--requirements FOLDER] [--check] [--rest]

Reads the numbered requirements of MS-OXCROPS, MS-OXCMAPIHTTP and MS-OXCRPC (auxiliary blocks) and writes tests/requirements/*.tsv: for each
requirement on the layout of a buffer, what src/protocol/requirements_test.cc holds the descriptions to. What a server has
to put into a field goes to DOCUMENT-served.tsv, for the ROPs that tests/requirements/driven_rops.txt lists: those that
tests/served_rops_test.cc drives a server through. What the specifications say of properties goes to properties.tsv: id and type (as
the catalogue has them), and type (as a server keeps it, in MS-OXCMSG and MS-OXCFOLD). With --check it writes nothing and
fails when a table is not what it would write; --rest lists the requirements seen on the wire that got no check here.

A line is: requirement, structure, form (of the structure), check, field, argument.
  field N       the next field of the form, N bytes wide (* where it varies); the lines of a form list all its fields in order
  is V, not V   the field's value (`,` between several)
  echo F        the same value as field F of the request
  count F       field F tells how many elements this one has;  size F: how many bytes
  if F, if F,G  the field is there when F (and G) is not zero, and only then; if F=V, if F!=V where it is V, or not
  maybe         whether the field is there depends on more than this buffer
  of T          a structure T, or a list of them
"""

import argparse
import csv
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "requirements"
FIELD = r"([A-Z]\w*) ?(?:\(optional\) ?)?\((\d+) ?bytes?\b[^)]*\)|([A-Z]\w*) ?(?:\(optional\) ?)?\((variable)[^)]*\)"


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


ALIASES = {"UserDN": "UserDn", "LogonID": "LogonId", "Ropid": "RopId",
           "RopGetStoreStageRequest": "RopGetStoreStateRequest", "HasRowsAndColumns": "HasRowsAndCols", "MessageReadStatesSize": "MessageReadStateSize"}  # slips of the requirement texts
# Fields that are there on public logons alone; where NoPropertiesReturned is 0; with the Extended flag.
MAYBE = {("RopSetMessageReadFlagRequest", "ClientData"), ("RopWritePerUserInformationRequest", "ReplGuid"),
         ("RopTransportSendResponse", "PropertyValueCount"), ("RopTransportSendResponse", "PropertyValues"),
         ("RopFastTransferSourceGetBufferResponse", "TransferBuffer"), ("RopRegisterNotificationRequest", "Reserved"),
         ("RopFastTransferSourceGetBufferResponse", "BackoffTime")}
# An empty array where the text says absent; two conditions on one.
# Widths that the requirement texts give wrongly: the document's own page has these.
WIDTHS = {"MS-OXCRPC_R1530": "4"}
SKIPPED = {"MS-OXCROPS_R4688", "MS-OXCROPS_R3745",
           "MS-OXCROPS_R3956", "MS-OXCROPS_R3748", "MS-OXCROPS_R3957"}
# Said of every response, yet failures are also answered without what follows ReturnValue.
ON_SUCCESS = {"RopFastTransferDestinationPutBufferResponse", "RopFastTransferDestinationPutBufferExtendedResponse",
              "RopFastTransferSourceGetBufferResponse"}
FORM_TELLING = {"RopId", "ReturnValue", "StatusCode"}
# Told on public logons alone.
NOT_SERVED = {("RopSetMessageReadFlagResponse", "LogonId"), ("RopSetMessageReadFlagResponse", "ClientData")}


def rop_form(title):
    """`RopOpenFolder ROP Success Response Buffer` -> (RopOpenFolderResponse, success)."""
    match = re.match(r"(Rop\w+)(?: ROP)? (.*?)(Request|Response) ?[Bb]uffers?( for .*)?$", title, re.I)
    if not match:
        return None
    rop, kind, direction, suffix = match.groups()
    kind = kind.strip().lower()
    form = {"": "any", "success": "success", "failure": "failure", "null destination failure": "null-destination",
            "redirect": "redirect"}.get(kind)
    if form is None:
        return None
    if suffix:
        form += "-private" if "Private" in suffix else "-public"
    return rop + direction.capitalize(), form


def structure_form(title):
    match = re.match(r"(\w+) structure", title, re.I)
    return (match.group(1), "any") if match else None


# The address book's request types bear the names of NSPI's methods.
METHODS = {"CompareMinIds": "NspiCompareMIds", "DnToMinId": "NspiDNToMId"} | {
    name: "Nspi" + name
    for name in ("Bind", "Unbind", "GetMatches", "GetPropList", "GetProps", "GetSpecialTable", "GetTemplateInfo",
                 "ModLinkAtt", "ModProps", "QueryColumns", "QueryRows", "ResolveNames", "ResortRestriction",
                 "SeekEntries", "UpdateStat")} | {name: name for name in ("GetMailboxUrl", "GetAddressBookUrl")}
# Fields whose width some of the texts leave out; [MS-OXCMAPIHTTP] 2.2.5 has it.
BODY_WIDTHS = {"StatusCode": "4", "ErrorCode": "4", "MinimalIdCount": "4", "State": "36", "Delta": "4",
               "AuxiliaryBuffer": "*"}


def body_form(title):
    """`Connect Request Type Success Response Body` -> (ConnectResponseBody, success)."""
    match = re.match(r"(\w+) Request Type R?(Success |Failure )?R?(Request|Response|esponse) Body", title)
    if not match:
        return None
    name, form, direction = match.groups()
    direction = "Request" if direction == "Request" else "Response"
    if name in METHODS:
        # What clients send: the texts name some fields without widths. Failures: they say that StatusCode is 0.
        # ModProps: they leave a field out.
        if direction == "Request" or (form or "").startswith("Failure") or name == "ModProps":
            return None
        return f"{METHODS[name]}{direction}Body", (form or "success").strip().lower()
    return f"{name}{direction}Body", (form or "any").strip().lower()


def aux_form(title):
    """`AUX_PERF_REQUESTID Auxiliary Block Structure` -> (AUX_PERF_REQUESTID, any)."""
    match = re.match(r"(AUX_\w+) Auxiliary Block Structure", title)
    return (match.group(1), "any") if match else None


def parse(row, forms):
    """(structure, form, field, width, sentence), or None where this is not about a field."""
    text = row["requirement"].strip()
    match = re.match(r"\[[Ii]n ([^\]]*)\]\s*(.*)$", text)
    if not match:
        return None
    title, rest = match.groups()
    in_title = re.search(r"[,:]\s*" + FIELD, title)
    found = in_title
    place = None
    for form in forms:
        place = place or form(re.split(r"[,:]", title)[0].strip())
    if place is None:
        return None
    rest = re.sub(r"^\[(\w+)\]\s*", lambda m: m.group(1) + " (FIELD): ", rest) if re.match(r"^\[\w+\] ", rest) else rest
    if not found:
        found = re.match(FIELD, rest) or re.match(r"([A-Z]\w+) \(FIELD\)()()()", rest)
        if not found:
            return None
        rest = rest[found.end():]
    name = found.group(1) or found.group(3)
    width = found.group(2) or ("*" if found.group(4) else "")
    sentence = re.sub(r"\[[^\]]*\]\]?", "", rest)
    sentence = re.sub(r"\s+", " ", sentence).strip(" .:):,")
    return (*place, name, width, sentence)


PLAIN = re.compile(
    r"(An? )?(unsigned|signed)? ?(8-bit |16-bit |32-bit |64-bit |one-byte )?"
    r"(integer( index| identifier)?|Boolean( value)?|enumeration|flags structure|identifier|GUID|array of bytes|Server object handle)$"
    r"|(An? )?unsigned integer that .*$|An? Boolean value that .*$|(An? )?GUID$"
    r"|(An? )?(null-terminated (ASCII |Unicode )?string|TypedString structure|list of null-terminated ASCII strings)$"
    r"|(An? )?(array|list) of (unsigned )?(16|32|64)-bit (integers|identifiers|values)$|An array of bytes that .*$|(An? )?null-terminated \w+ string that .*$|(13 )?64-bit identifiers?$|Reserved$", re.I)
STRUCTURES = re.compile(r"(?:An? )?(?:(?:array|list) of )?(\w+) structures?(?:,.*)?$", re.I)
CHECKS = [
    (re.compile(r"(?:That|This field) is (?:not )?present when (?:it|the WantWholeStore field|the value of the WantWholeStore field) is (?:non)?zero$"), "if-not-whole"),
    (re.compile(r"(?:For this (?:operation|response)|The server MUST set this field|This field MUST be set)\W*(?:this field )?(?:is set )?(?:to )?(0x[0-9A-Fa-f]+)$"), "is"),
    (re.compile(r"For this response\W*this field is set to a value other than (0x[0-9A-Fa-f]+(?: or 0x[0-9A-Fa-f]+)?)$"), "not"),
    (re.compile(r"(?:This )?index (?:that )?MUST be set to the (?:value )?(?:vale )?(?:specified in |of )?(?:the ?)?(\w+HandleIndex)(?: field)?(?: value)? ?(?:specified )?(?:field )?(?:in )?(?:field )?(?:the )?request$", re.I), "echo"),
    (re.compile(r"This field MUST be set to the (?:value of the )?(\w+)(?: field)? (?:specified )?in the request$"), "echo"),
    (re.compile(r"The number of (?:structures|strings|identifiers|row structures|integer values|integers|values)(?: contained)? in (?:this field|the array) is specified by the (\w+) field$"), "count"),
    (re.compile(r"The number of (?:structures|strings|identifiers|row structures|integer values) contained in this field is specified by the (\w+) field$"), "count"),
    (re.compile(r"(?:If present, )?the size of this field, in bytes, is specified by the (\w+) field$", re.I), "size"),
    (re.compile(r"This field is (?:not )?present (?:if|when|only when) (?:the )?(?:value (?:of|in) )?(?:the )?(\w+)(?: field)? is (?:set to )?(?:a )?(?:non-?zero|zero)(?: value)?$"), "if"),
    (re.compile(r"(?:This field is |That is |The \w+ field is )?present (?:when|if) (?:the )?(\w+)(?: field)? is (?:(?:set|equal) to )?(not )?(0x[0-9A-Fa-f]+)$"), "if="),
    (re.compile(r"This field is present if the values of both the (\w+) and the (\w+) fields are nonzero$"), "if"),
    (re.compile(r"(?:This field is |otherwise, it is |is )?not present otherwise$|otherwise, it is not present$"), "otherwise"),
]


def checks_of(rows, forms):
    """Yields (row, structure, form, check, field, argument); check is "" where the requirement has none."""
    seen = {}
    condition = {}
    for row in rows:
        parsed = None if row["req_id"] in SKIPPED else parse(row, forms)
        if parsed is None:
            yield row, "", "", "", "", ""
            continue
        structure, form, field, width, sentence = parsed
        structure, field = ALIASES.get(structure, structure), ALIASES.get(field, field)
        width = WIDTHS.get(row["req_id"], width)
        if structure.startswith("AUX_") and width == "*":  # found by offsets, in no order
            yield row, "", "", "", "", ""
            continue
        if row["req_id"] in ("MS-OXCROPS_R3564", "MS-OXCROPS_R3565", "MS-OXCROPS_R3566"):
            structure = "RopModifyRulesRequest"  # titled as another one
        if structure.endswith("Request"):
            form = "any"
        if structure in ON_SUCCESS:
            form = "success"
        fields = seen.setdefault((structure, form), {})
        first = field not in fields
        width = width or fields.get(field, "") or (BODY_WIDTHS.get(field, "") if structure.endswith("Body") else "")
        fields[field] = width
        place = (structure, form, field)
        if first or PLAIN.match(sentence):
            claimed = bool(PLAIN.match(sentence)) or bool(STRUCTURES.match(sentence))
            yield row if claimed else {**row, "req_id": "-"}, structure, form, "field", field, width
            if first and (structure, field) in MAYBE:
                yield {**row, "req_id": "-"}, structure, form, "maybe", field, ""
            if claimed and not STRUCTURES.match(sentence):
                continue
        found = STRUCTURES.match(sentence)
        if found and found.group(1)[0].isupper() and found.group(1) != "Various" and not re.match(r"An? ?(8-bit )?flags", sentence, re.I):
            kind = "LongTermID" if found.group(1) == "LongTermId" else found.group(1)
            yield row, structure, form, "of", field, kind
            continue
        for pattern, check in CHECKS:
            match = pattern.match(sentence)
            if not match:
                continue
            groups = [ALIASES.get(group, group) for group in match.groups() if group]
            if structure == "RopCreateFolderResponse":
                groups = [group.replace("ServersCount", "ServerCount") for group in groups]
            argument = ",".join(groups).replace(" or ", ",")
            if check == "if-not-whole":
                check, argument = "if", "WantWholeStore=0x0"
            if check == "if=":
                check, argument = "if", "=".join(groups).replace("=not =", "!=")
            if check == "if":
                condition[place] = argument
            if check == "otherwise":
                argument = condition.get(place, "")
                check = "if" if argument else ""
            if check in ("is", "not") and "ther than" in sentence:
                check = "not"
            yield row, structure, form, check, field, argument
            break
        else:
            yield row, "", "", "", "", ""


SETS = {"MS-OXCROPS": ("2.2.", [rop_form, structure_form]), "MS-OXCMAPIHTTP": (("2.2.4.", "2.2.5."), [body_form]),
        "MS-OXCRPC": ("2.2.2.2.", [aux_form])}


def wanted(row):
    return row["scope"] != "Client" and row["verification"] in ("Adapter", "Test Case")


def put(target, lines, check):
    if not check:
        target.write_text("".join(lines), encoding="utf-8")
    elif not target.exists() or target.read_text(encoding="utf-8") != "".join(lines):
        sys.exit(f"make_requirements: {target} is not what the requirements give")


def is_server_work(check):
    """Whether the layout does not say it: what a server must put there. Failure responses say what their request said."""
    structure, form, verb, field, _ = check
    if verb == "echo":
        return structure.endswith("Body") or form.startswith(("success", "redirect"))
    return verb in ("is", "not") and field not in FORM_TELLING


def tables(rows, forms, driven):
    """The lines of the two tables: of layouts, and of what a server is seen to do."""
    layouts, served = [], []
    for row, *check in checks_of(rows, forms):
        line = "\t".join([row["req_id"], *check]) + "\n"
        if check[2] and not is_server_work(check):
            layouts.append(line)
        elif check[2] and check[0].removesuffix("Response") in driven and (check[0], check[3]) not in NOT_SERVED:
            served.append(line)
    return layouts, served


TYPES = {"PtypInteger16": 0x02, "PtypInteger32": 0x03, "PtypFloating64": 0x05, "PtypBoolean": 0x0B, "PtypObject": 0x0D,
         "PtypInteger64": 0x14, "PtypString8": 0x1E, "PtypString": 0x1F, "PtypTime": 0x40, "PtypGuid": 0x48,
         "PtypServerId": 0xFB, "PtypRestriction": 0xFD, "PtypRuleAction": 0xFE, "PtypBinary": 0x102,
         "PtypMultipleInteger32": 0x1003, "PtypMultipleString": 0x101F, "PtypMultipleTime": 0x1040,
         "PtypMultipleGuid": 0x1048, "PtypMultipleBinary": 0x1102}
PROPERTY = re.compile(r"\[[Ii]n (Pid(?:Tag|Lid|Name)\w+)[^\]]*\] ?(?:Property ID: (0x[0-9A-Fa-f]{4})\b|Data type: \w+, (0x[0-9A-Fa-f]+)|Type: (Ptyp\w+))")


def properties(folder):
    """Lines `requirement, property, id|type|kept, number`; `kept` where a server is to be seen keeping that type."""
    lines = []
    for path in sorted(folder.glob("*.tsv")):
        for row in read(path):
            match = PROPERTY.match(row["requirement"]) if wanted(row) else None
            if not match:
                continue
            name, number, code, kind = match.groups()
            name = name.removesuffix("Property")
            verb = "id" if number else "type"
            if kind and path.stem in ("MS-OXCMSG", "MS-OXCFOLD") and row["section"].startswith("2.2."):
                verb = "kept"
            value = int(number or code, 16) if number or code else TYPES.get(kind)
            if value is not None and (verb != "kept" or kind != "PtypObject"):
                lines.append(f"{row['req_id']}\t{name}\t{verb}\t0x{value:04X}\n")
    return sorted(set(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requirements", type=pathlib.Path, default=ROOT / ".." / "shared" / "spec" / "requirements")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--rest", action="store_true")
    arguments = parser.parse_args()
    if not arguments.rest:
        put(FOLDER / "properties.tsv", properties(arguments.requirements), arguments.check)
    driven = (FOLDER / "driven_rops.txt").read_text(encoding="utf-8").split()
    for document, (sections, forms) in SETS.items():
        rows = [row for row in read(arguments.requirements / f"{document}.tsv") if row["section"].startswith(sections)]
        layouts, served = tables(rows, forms, driven)
        checked = {line.split("\t")[0] for line in layouts + served}
        if arguments.rest:
            for row in rows:
                if wanted(row) and row["req_id"] not in checked:
                    print(row["req_id"], row["requirement"])
            continue
        for name, lines in ((document, layouts), (document + "-served", served)):
            if lines:
                put(FOLDER / f"{name}.tsv", lines, arguments.check)
        count = sum(wanted(row) and row["req_id"] in checked for row in rows)
        print(document, len(layouts), "+", len(served), "checks;", count, "of", sum(map(wanted, rows)), "seen on the wire")


if __name__ == "__main__":
    main()
