#!/usr/bin/env python3
"""What Impacket (Debian's python3-impacket) encodes of the address book's methods, read by `ropewalk decode` and written
back by `ropewalk encode`: bytes that this project did not make, for methods that Impacket's programs do not call too.

Usage: nspi_bytes.py PROGRAM

Ends with 0, with 1 where a check fails, with 77 where something is missing to run.
"""
import json
import os
import subprocess
import sys

import peer

DN = "/o=Ropewalk/cn=user1"


def handle(nspi):
    made = nspi.handle_t()
    made["context_handle_attributes"], made["context_handle_uuid"] = 0, bytes(range(1, 17))
    return made


def stat(request, **values):
    for name, value in values.items():
        request["pStat"][name] = value


def bind(nspi):
    request = nspi.NspiBind()
    request["dwFlags"] = 0x20
    stat(request, CodePage=1252, TemplateLocale=1033, SortLocale=1031)
    request["pServerGuid"] = bytes(range(16))
    return request, {"dwFlags": 0x20, "CodePage": 1252, "SortLocale": 1031}


def unbind(nspi):
    request = nspi.NspiUnbind()
    request["contextHandle"] = handle(nspi)
    return request, {"context_handle_uuid": "04030201-0605-0807-090a-0b0c0d0e0f10"}


def update_stat(nspi):
    request = nspi.NspiUpdateStat()
    request["hRpc"] = handle(nspi)
    stat(request, ContainerID=7, Delta=-3, NumPos=2, TotalRecs=9)
    request["plDelta"] = -1
    return request, {"ContainerID": 7, "Delta": -3, "plDelta": -1}


def compare(nspi):
    request = nspi.NspiCompareMIds()
    request["hRpc"], request["MId1"], request["MId2"] = handle(nspi), 0x21, 0x22
    stat(request, SortType=3)
    return request, {"MId1": 0x21, "MId2": 0x22, "SortType": 3}


def prop_list(nspi):
    request = nspi.NspiGetPropList()
    request["hRpc"], request["dwFlags"], request["dwMId"], request["CodePage"] = handle(nspi), 1, 0x21, 1200
    return request, {"dwMId": 0x21, "CodePage": 1200}


def columns(nspi):
    request = nspi.NspiQueryColumns()
    request["hRpc"], request["dwFlags"] = handle(nspi), 0x80000000
    return request, {"dwFlags": 0x80000000}


def template(nspi):
    request = nspi.NspiGetTemplateInfo()
    request["hRpc"], request["dwFlags"], request["ulType"], request["pDN"] = handle(nspi), 1, 6, DN + "\0"
    request["dwCodePage"], request["dwLocaleID"] = 1252, 1033
    return request, {"ulType": 6, "string": DN, "dwLocaleID": 1033}


def names_to_ids(nspi):
    request = nspi.NspiDNToMId()
    request["hRpc"] = handle(nspi)
    name = nspi.LPSTR()
    name["Data"] = DN + "\0"
    request["pNames"]["Count"] = 1
    request["pNames"]["Strings"].append(name)
    return request, {"Count": 1, "string": DN}


def links(nspi):
    request = nspi.NspiModLinkAtt()
    request["hRpc"], request["dwFlags"], request["ulPropTag"], request["dwMId"] = handle(nspi), 1, 0x8009000D, 0x21
    entry = nspi.Binary_r()
    entry["cValues"], entry["lpb"] = 4, b"\x87\0\0\x01"
    request["lpEntryIds"]["cValues"] = 1
    request["lpEntryIds"]["lpbin"].append(entry)
    return request, {"dwMId": 0x21, "bytes": "87000001"}


def names_of_ids(nspi):
    request = nspi.NspiGetNamesFromIDs()
    request["hRpc"] = handle(nspi)
    request["lpguid"] = bytes(range(16))
    request["pPropTags"] = nspi.NULL
    return request, {"context_handle_attributes": 0}


def directory(nspi):
    from impacket.dcerpc.v5 import oxabref
    request = oxabref.RfrGetNewDSA()
    request["ulFlags"], request["pUserDN"] = 0, DN + "\0"
    request["ppszUnused"] = request["ppszServer"] = oxabref.NULL
    return request, {"string": DN}


def server_name(nspi):
    from impacket.dcerpc.v5 import oxabref
    request = oxabref.RfrGetFQDNFromServerDN()
    request["ulFlags"], request["cbMailboxServerDN"], request["szMailboxServerDN"] = 0, len(DN) + 1, DN + "\0"
    return request, {"cbMailboxServerDN": len(DN) + 1, "string": DN}


def server_name_answer(nspi):
    from impacket.dcerpc.v5 import oxabref
    answer = oxabref.RfrGetFQDNFromServerDNResponse()
    answer["ppszServerFQDN"] = "server.ropewalk.test\0"
    answer["ErrorCode"] = 0
    return answer, {"string": "server.ropewalk.test", "return": 0}


def compared(nspi):
    answer = nspi.NspiCompareMIdsResponse()
    answer["plResult"], answer["ErrorCode"] = -1, 0
    return answer, {"plResult": -1, "return": 0}


KINDS = (("NspiBind-in", bind), ("NspiUnbind-in", unbind), ("NspiUpdateStat-in", update_stat), ("NspiCompareMIds-in", compare),
         ("NspiCompareMIds-out", compared), ("NspiGetPropList-in", prop_list), ("NspiQueryColumns-in", columns),
         ("NspiGetTemplateInfo-in", template), ("NspiDNToMId-in", names_to_ids), ("NspiModLinkAtt-in", links),
         ("NspiGetNamesFromIDs-in", names_of_ids), ("RfrGetNewDSA-in", directory), ("RfrGetFQDNFromServerDN-in", server_name),
         ("RfrGetFQDNFromServerDN-out", server_name_answer))


def values(node, name):
    found = [node["value"]] if node["name"] == name and node["fields"] is None else []
    return found + [value for field in node["fields"] or [] for value in values(field, name)]


def check(program, kind, make):
    """What is wrong; empty where nothing is."""
    from impacket.dcerpc.v5 import nspi
    made, wanted = make(nspi)
    stub = made.getData().hex().upper()
    read = subprocess.run([program, "decode", "ndr-" + kind, "--hex", stub, "--json"], capture_output=True, text=True)
    if read.returncode != 0:
        return f"{stub}: {read.stderr}"
    tree = json.loads(read.stdout)
    for name, value in wanted.items():
        if value not in values(tree, name):
            return f"{name} is {values(tree, name)}, not {value}"
    written = subprocess.run([program, "encode", "ndr-" + kind], input=read.stdout, capture_output=True, text=True)
    again = written.stdout.strip().upper()
    # What stands in gaps between fields is the sender's choice.
    read_again = subprocess.run([program, "decode", "ndr-" + kind, "--hex", again, "--json"], capture_output=True, text=True)
    good = len(again) == len(stub) and read_again.stdout == read.stdout
    return "" if good else f"written again: {again}, not {stub}; {written.stderr}"


def main():
    if os.path.realpath(sys.executable) != os.path.realpath(peer.PYTHON):
        os.execv(peer.PYTHON, [peer.PYTHON, *sys.argv])
    peer.need_module("impacket.dcerpc.v5.nspi", "python3-impacket")
    failed = 0
    for kind, make in KINDS:
        if wrong := check(sys.argv[1], kind, make):
            failed += 1
            print(f"failed: {kind}: {wrong}")
    print(f"nspi_bytes: {len(KINDS) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
