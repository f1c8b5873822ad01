#!/usr/bin/env python3
"""Impacket (Debian's python3-impacket) as a client of the address book, over TCP and over HTTP; and Wireshark's dissector
on what they say over TCP.

Usage: nspi_client.py RPC_TEST_SERVER PROGRAM

Ends with 0, with 1 where a check fails, with 77 where something is missing to run.
"""
import json
import os
import shutil
import subprocess
import sys
import time

import peer

EXCHANGER = "/usr/share/doc/python3-impacket/examples/exchanger.py"
NAMES = ["Contact One", "Group One", "user1", "user2", "user3", "user4"]
DN = "/o=Ropewalk/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn="
DISPLAY_NAME, EMAIL, SMTP, ENTRY_ID, TITLE = 0x3001001F, 0x3003001F, 0x39FE001F, 0x0FFF0102, 0x3A17001F
NOT_FOUND = 0x8004010F


def connect(binding, level, domain=peer.DOMAIN):
    from impacket.dcerpc.v5 import nspi
    from impacket.dcerpc.v5.transport import DCERPCTransportFactory
    transport = DCERPCTransportFactory(binding)
    transport.set_credentials(peer.USER, peer.PASSWORD, domain)
    dce = transport.get_dce_rpc()
    dce.set_auth_level(level)
    dce.connect()
    dce.bind(nspi.MSRPC_UUID_NSPI)
    return dce


def tags(array, wanted):
    """Fills a PropertyTagArray_r; the counts are those of the IDL."""
    from impacket.dcerpc.v5.dtypes import DWORD
    for tag in wanted:
        number = DWORD()
        number["Data"] = tag
        array["aulPropTag"].append(number)
    array["cValues"] = len(wanted)


def get_props():
    """NspiGetProps as the IDL has it: Impacket's own takes pStat for a pointer that may be null, and counts one tag more
    than it sends."""
    from impacket.dcerpc.v5 import nspi

    class NspiGetProps(nspi.NspiGetProps):
        structure = tuple((name, nspi.STAT if name == "pStat" else kind) for name, kind in nspi.NspiGetProps.structure)
    NspiGetProps.__module__ = nspi.__name__  # where Impacket looks for the answer's class
    return NspiGetProps()


def rows_of(rows):
    """Each row's values by tag, as Impacket reads them."""
    from impacket.dcerpc.v5 import nspi
    return nspi.simplifyPropertyRowSet(rows)


def name_of(row):
    value = row[DISPLAY_NAME]
    value = value if isinstance(value, str) else value.decode("utf-16-le")
    return value.rstrip("\0")


def walk(checks, where, dce, handle):
    """The Global Address List, two rows at a time."""
    from impacket.dcerpc.v5 import nspi
    stat = nspi.STAT()
    stat["CodePage"] = nspi.CP_TELETEX
    stat = nspi.hNspiUpdateStat(dce, handle, stat)["pStat"]
    checks.that(f"NspiUpdateStat {where}", stat["TotalRecs"] == len(NAMES) and stat["CurrentRec"] != 0, stat["TotalRecs"])
    names = []
    while stat["CurrentRec"] != nspi.MID_END_OF_TABLE and len(names) <= len(NAMES):
        answer = nspi.hNspiQueryRows(dce, handle, pStat=stat, Count=2, pPropTags=[DISPLAY_NAME, EMAIL])
        rows = rows_of(answer["ppRows"])
        checks.that(f"NspiQueryRows {where} gives no more than asked for", 0 < len(rows) <= 2, len(rows))
        names += [name_of(row) for row in rows]
        stat = answer["pStat"]
    checks.that(f"NspiQueryRows {where}", names == NAMES, names)


def one_object(checks, where, dce, handle):
    from impacket.dcerpc.v5 import nspi
    found = nspi.hNspiDNToMId(dce, handle, [DN + "user3", DN + "nobody", DN.upper() + "USER1"])
    ids = [number["Data"] for number in found["ppOutMIds"]["aulPropTag"]]
    checks.that(f"NspiDNToMId {where}", len(ids) == 3 and ids[0] and not ids[1] and ids[2], ids)
    request = get_props()
    request["hRpc"], request["dwFlags"] = handle, 0
    request["pStat"]["CurrentRec"], request["pStat"]["CodePage"] = ids[0], nspi.CP_TELETEX
    tags(request["pPropTags"], [SMTP, ENTRY_ID, TITLE])
    request.fields["pPropTags"].fields["Data"].fields["aulPropTag"].fields["MaximumCount"] = 4
    answer = dce.request(request, checkError=False)
    row = nspi.simplifyPropertyRow(answer["ppRows"])
    checks.that(f"NspiGetProps {where} warns of what is not there", answer["ErrorCode"] == 0x40380, answer["ErrorCode"])
    checks.that(f"NspiGetProps {where}: address", row[SMTP].rstrip("\0") == "user3@ropewalk.test", row)
    entry = row[ENTRY_ID].getData()  # it takes it for what it is
    checks.that(f"NspiGetProps {where}: entry id", entry.endswith((DN + "user3\0").encode()), entry)
    listed = nspi.hNspiGetPropList(dce, handle, dwMId=ids[0])
    listed = [number["Data"] for number in listed["ppOutMIds"]["aulPropTag"]]
    checks.that(f"NspiGetPropList {where}", 0x3001001E in listed and ENTRY_ID in listed, listed)


def names(checks, where, dce, handle):
    from impacket.dcerpc.v5 import nspi
    wanted = ["user3@ropewalk.test", "user", "nobody", "Group"]
    for name, resolve in (("NspiResolveNames", nspi.hNspiResolveNames), ("NspiResolveNamesW", nspi.hNspiResolveNamesW)):
        answer = resolve(dce, handle, pPropTags=[DISPLAY_NAME, ENTRY_ID], paStr=wanted)
        ids = [number["Data"] for number in answer["ppMIds"]["aulPropTag"]]
        checks.that(f"{name} {where}", ids == [2, 1, 0, 2], ids)
        found = [name_of(row) for row in rows_of(answer["ppRows"])]
        checks.that(f"{name} {where}: rows", found == ["user3", "Group One"], found)


def conversation(checks, where, binding, level, domain=peer.DOMAIN):
    from impacket.dcerpc.v5 import nspi
    dce = connect(binding, level, domain)
    answer = nspi.hNspiBind(dce)
    handle = answer["contextHandle"]
    checks.that(f"NspiBind {where}", answer["ErrorCode"] == 0 and not handle.isNull(), answer["ErrorCode"])
    tables = rows_of(nspi.hNspiGetSpecialTable(dce, handle)["ppRows"])
    found = [name_of(row) for row in tables]
    checks.that(f"NspiGetSpecialTable {where}", found[0] == "Global Address List" and "All Rooms" in found, found)
    walk(checks, where, dce, handle)
    one_object(checks, where, dce, handle)
    names(checks, where, dce, handle)
    columns = nspi.hNspiQueryColumns(dce, handle)["ppColumns"]["aulPropTag"]
    checks.that(f"NspiQueryColumns {where}", len(columns) > 50, len(columns))
    template = nspi.hNspiGetTemplateInfo(dce, handle, dwLocaleID=0x409, dwCodePage=1252, dwFlags=1)
    row = nspi.simplifyPropertyRow(template["ppData"])
    checks.that(f"NspiGetTemplateInfo {where}", list(row) == [0x00010102], list(row))
    gone = nspi.hNspiUnbind(dce, handle)
    checks.that(f"NspiUnbind {where}", gone["ErrorCode"] == 1 and gone["contextHandle"].isNull(), gone["ErrorCode"])
    try:
        nspi.hNspiQueryColumns(dce, handle)
        checks.that(f"a handle that is gone {where}", False)
    except Exception as error:
        checks.that(f"a handle that is gone {where}", "context_mismatch" in str(error), error)
    dce.disconnect()


def nobody_listens_in(checks, port):
    """Who does not protect what he says is not answered."""
    from impacket.dcerpc.v5 import nspi
    for level in (2, 5):
        dce = connect(f"ncacn_ip_tcp:127.0.0.1[{port}]", level)
        try:
            nspi.hNspiBind(dce)
            checks.that(f"NspiBind at level {level} is refused", False)
        except Exception as error:
            checks.that(f"NspiBind at level {level} is refused", "access_denied" in str(error), error)


def exchanger(checks, bench):
    """Impacket's own program, over RPC over HTTP."""
    target = f"{peer.DOMAIN}/{peer.USER}:{peer.PASSWORD}@{peer.HOST}"
    # It reads CA.crt of nobody: the server's certificate is its own.
    for arguments, wanted in ((["list-tables", "-count"], ["Global Address List", "All Users", "All Rooms", "6"]),
                              (["dump-tables", "-name", "GAL", "-lookup-type", "EXTENDED"], NAMES),
                              (["dump-tables", "-name", "All Groups", "-lookup-type", "FULL"], ["Group One"])):
        ran = bench.run([peer.PYTHON, EXCHANGER, "-rpc-hostname", peer.HOST, target, "nspi", *arguments], timeout=120)
        for text in wanted:
            checks.that(f"exchanger.py {' '.join(arguments)} prints {text}", text in ran.stdout,
                        (ran.stdout + ran.stderr)[-2000:])


class Capture:
    """What is said on loopback, where tshark is installed and may listen."""

    def __init__(self, bench, port):
        self.file, self.port = bench.file("nspi.pcapng"), port
        self.running = None
        if shutil.which("tshark") is None:
            return
        self.running = subprocess.Popen(["tshark", "-q", "-i", "lo", "-f", f"tcp port {port}", "-w", self.file],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            if os.path.exists(self.file) and os.path.getsize(self.file) > 0:
                break
            time.sleep(0.1)
        time.sleep(0.5)

    def stop(self):
        time.sleep(1)
        self.running.terminate()
        self.running.wait(timeout=30)

    def lines(self, what, *more):
        ran = subprocess.run(["tshark", "-r", self.file, "-d", f"tcp.port=={self.port},dcerpc", "-o",
                              f"ntlmssp.nt_password:{peer.PASSWORD}", "-Y", what, *more], capture_output=True, text=True)
        return ran.stdout.splitlines()


def dissected(checks, capture):
    """Wireshark's dissector of NSPI reads everything that was said."""
    malformed = capture.lines("_ws.malformed")
    checks.that("tshark finds no malformed packet", not malformed, malformed)
    opnums = {int(line.split(",")[-1], 0) for line in
              capture.lines("nspi", "-T", "fields", "-E", "separator=,", "-e", "nspi.opnum") if line}
    checks.that("tshark's nspi dissector knows the calls", {0, 1, 2, 3, 7, 8, 9, 12, 13, 16, 19, 20} <= opnums, opnums)
    text = "\n".join(capture.lines("nspi", "-V"))
    for name in ("user3@ropewalk.test", "Group One", "MAPI_E_SUCCESS"):
        checks.that(f"tshark shows {name}", name in text, len(text))


def values(node, name):
    """The values of the fields of that name, anywhere in a tree of `ropewalk dissect --json`."""
    found = [node["value"]] if node["name"] == name and node["fields"] is None else []
    return found + [value for field in node["fields"] or [] for value in values(field, name)]


def explained(checks, capture, program):
    """`ropewalk dissect`, given the password, reads all of what Impacket and the server sealed, as Wireshark does."""
    ran = subprocess.run([program, "dissect", capture.file, "--json", "--password", f"{peer.USER}={peer.PASSWORD}"],
                         capture_output=True, text=True)
    checks.that("ropewalk dissect", ran.returncode == 0, ran.stderr)
    operations = [one for one in map(json.loads, ran.stdout.splitlines()) if one.get("layer") == "NSPI"]
    notes = {note for one in operations for note in one.get("notes", []) if not note.startswith("decrypted: NTLM")}
    checks.that("ropewalk dissect opens and reads everything", operations and not notes, notes)
    for way, kind in (("request", 0), ("response", 2)):
        ours = [f"{one['frame']},{one['opnum']}" for one in operations
                if one["direction"] == way and one["detail"] != "fault"]
        theirs = capture.lines(f"nspi and dcerpc.pkt_type == {kind}", "-T", "fields", "-E", "separator=,", "-e",
                               "frame.number", "-e", "dcerpc.opnum")
        checks.that(f"tshark sees the same {way}s", ours == theirs, (ours, theirs))
    for field, theirs in (("PidTagDisplayName", "nspi.SPropValue_CTR.lpszW"), ("ulPropTag", "nspi.SPropValue.ulPropTag")):
        for one in operations:
            said = capture.lines(f"frame.number == {one['frame']}", "-T", "fields", "-E", "aggregator=|", "-e", theirs)
            said = {text.rstrip("\0") for line in said for text in line.split("|") if text}
            ours = {str(value) for value in values(one["tree"], field)}
            good = said <= ours if field == "ulPropTag" else ours <= said
            # It shows no rows of NspiResolveNames and NspiResolveNamesW.
            good = good or "Resolve" in one["name"]
            checks.that(f"{field} in frame {one['frame']} as tshark has it", good, (ours, said))
    shown = {name for one in operations for name in values(one["tree"], "PidTagDisplayName")}
    checks.that("ropewalk dissect shows every name", set(NAMES) <= shown, shown)


def main():
    peer.need_module("impacket.dcerpc.v5.nspi", "python3-impacket")
    peer.into_namespace()
    checks = peer.Checks()
    with peer.Bench() as bench:
        bench.start_server(sys.argv[1])
        port = bench.rpc_port
        capture = Capture(bench, port)
        checks.run("over TCP", conversation, "over TCP", f"ncacn_ip_tcp:127.0.0.1[{port}]", 6)
        if capture.running is not None:
            capture.stop()
            checks.run("tshark", dissected, capture)
            checks.run("ropewalk dissect", explained, capture, sys.argv[2])
        checks.run("weak levels", nobody_listens_in, port)
        for at in (6001, 6004):
            for level in (1, 6):
                checks.run(f"over HTTP at {at}, level {level}", conversation, f"over HTTP at {at}, level {level}",
                           f"ncacn_http:{peer.HOST}[{at},RpcProxy={peer.HOST}:443]", level, "")
        checks.run("exchanger.py", exchanger, bench)
        code = bench.stop_server()
        if checks.failed or code != 0:
            print(bench.server_log()[-4000:])
    print(f"nspi: {checks.passed} passed, {checks.failed} failed; the server ended with {code}")
    sys.exit(1 if checks.failed or code != 0 else 0)


main()
