#!/usr/bin/env python3
"""Impacket (Debian's python3-impacket) as a client of this RPC server: endpoint mapper, management, NTLM,
EMSMDB; over TCP and over HTTP.

Usage: impacket_client.py RPC_TEST_SERVER

Ends with 0, with 1 where a check fails, with 77 where something is missing to run.
"""
import os
import struct
import sys

import peer

EXAMPLES = "/usr/share/doc/python3-impacket/examples"
ECHO = ("60a15ec5-4de8-11d7-a637-005056a20182", "1.0")
EMSMDB = ("a4f1db00-ca47-1067-b31f-00dd010662da", "0.81")
ASYNC_EMSMDB = ("5261574a-4572-206e-b268-6b199213b4e4", "0.1")
NSPI = ("f5cc5a18-4264-101a-8c59-08002b2f8426", "56.0")
RFR = ("1544f5e0-613c-11d1-93df-00c04fd7bd09", "1.0")
NOBODYS = ("00000000-0000-0000-c000-000000000046", "1.0")
NOT_REGISTERED = 0x16C9A0D6
ACCESS_DENIED = "rpc_s_access_denied"  # as Impacket calls the fault


def binding(port):
    from impacket.dcerpc.v5.transport import DCERPCTransportFactory
    return DCERPCTransportFactory(f"ncacn_ip_tcp:127.0.0.1[{port}]")


def connect(port, interface, level=None, password=peer.PASSWORD):
    """Bound to the interface, with NTLM where a level is given."""
    from impacket.uuid import uuidtup_to_bin
    transport = binding(port)
    if level is not None:
        transport.set_credentials(peer.USER, password, peer.DOMAIN)
    dce = transport.get_dce_rpc()
    if level is not None:
        dce.set_auth_level(level)
    dce.connect()
    dce.bind(uuidtup_to_bin(interface))
    return dce


def call(dce, opnum, stub):
    dce.call(opnum, stub)
    return dce.recv()


def error_of(work):
    """The status with which the work fails; None: it does not."""
    try:
        work()
    except Exception as error:
        code = getattr(error, "error_code", None)
        return code if code is not None else str(error)
    return None


def map_port(interface):
    from impacket.dcerpc.v5 import epm
    from impacket.uuid import uuidtup_to_bin
    found = epm.hept_map("127.0.0.1", uuidtup_to_bin(interface), protocol="ncacn_ip_tcp")
    return int(found[found.index("[") + 1:-1])


def mapper(checks, port):
    from impacket.dcerpc.v5 import epm
    from impacket.uuid import bin_to_uuidtup
    entries = epm.hept_lookup("127.0.0.1")
    found = {bin_to_uuidtup(floors[0]["InterfaceUUID"] + struct.pack("<HH", floors[0]["MajorVersion"],
                                                                     floors[0]["MinorVersion"]))[0].lower()
             for floors in (entry["tower"]["Floors"] for entry in entries)}
    for interface in (ECHO, EMSMDB, ASYNC_EMSMDB, NSPI, RFR):
        checks.that(f"ept_lookup tells of {interface[0]}", interface[0] in found, found)
        checks.that(f"ept_map of {interface[0]}", map_port(interface) == port, port)
    status = error_of(lambda: map_port(NOBODYS))
    checks.that("ept_map of what nobody serves", status == NOT_REGISTERED, status)


def management(checks, port):
    from impacket.dcerpc.v5 import mgmt
    from impacket.uuid import bin_to_uuidtup, uuidtup_to_bin
    dce = connect(port, bin_to_uuidtup(mgmt.MSRPC_UUID_MGMT))
    answer = mgmt.hinq_if_ids(dce)
    vector = answer["if_id_vector"]
    checks.that("inq_if_ids", vector["count"] >= 6, vector["count"])
    checks.that("is_server_listening", mgmt.his_server_listening(dce)["status"] == 0)
    checks.that("inq_stats", len(mgmt.hinq_stats(dce)["statistics"]) == 4)
    dce.disconnect()


def programs(checks, port, bench):
    for name, arguments, wanted in (
            # Six interfaces, over TCP and at three ports of RPC over HTTP, each with an object and without.
            ("rpcdump.py", ["127.0.0.1"], [EMSMDB[0], f"ncacn_ip_tcp:127.0.0.1[{port}]", "ncacn_http:127.0.0.1[6004]",
                                           "Received 48 endpoints"]),
            ("rpcmap.py", [f"ncacn_ip_tcp:127.0.0.1[{port}]"], [EMSMDB[0], NSPI[0], RFR[0], ECHO[0]])):
        output = bench.run([peer.PYTHON, os.path.join(EXAMPLES, name), *arguments], timeout=60).stdout
        for text in wanted:
            checks.that(f"{name} prints {text}", text.lower() in output.lower(), output)


def echo(checks, port, level):
    dce = connect(port, ECHO, level)
    for size in (0, 1, 5000, 100_000):
        data = bytes(i % 251 for i in range(size))
        stub = struct.pack("<II", size, size) + data
        answer = call(dce, 1, stub)
        checks.that(f"echo of {size} bytes at level {level}", answer[:4 + size] == stub[4:], len(answer))
    dce.disconnect()


def connect_ex_stub():
    """EcDoConnectEx's parameters, [MS-OXCRPC] 3.1.4.1; the address stands for the DN."""
    name = f"{peer.USER}@ropewalk.test".encode() + b"\0"
    stub = struct.pack("<III", len(name), 0, len(name)) + name
    stub += bytes(-len(stub) % 4)
    stub += struct.pack("<IIIIIII", 0, 0, 0, 1252, 0x409, 0x409, 0xFFFFFFFF)
    stub += struct.pack("<HHHHI", 1, 15, 0x8000 | 0, 4128, 0)  # code pages, client version, time stamp
    return stub + struct.pack("<III", 0, 0, 0x1008)  # no auxiliary buffer in, room for one out


class Reader:
    """NDR, little-endian."""

    def __init__(self, stub):
        self.stub, self.at = stub, 0

    def take(self, form):
        size = struct.calcsize("<" + form)
        self.at += -self.at % min(size, 4)
        value, = struct.unpack_from("<" + form, self.stub, self.at)
        self.at += size
        return value

    def bytes(self, size):
        self.at += size
        return self.stub[self.at - size:self.at]

    def handle(self):
        self.at += -self.at % 4
        return self.bytes(20)

    def text(self):
        """A unique pointer to a string."""
        if self.take("I") == 0:
            return None
        self.take("I"), self.take("I")
        return self.bytes(self.take("I"))[:-1].decode()


def sessions(checks, port):
    from impacket.dcerpc.v5 import rpcrt
    for level in (None, rpcrt.RPC_C_AUTHN_LEVEL_PKT_INTEGRITY):
        dce = connect(port, EMSMDB, level)
        status = error_of(lambda: call(dce, 10, connect_ex_stub()))
        checks.that(f"EcDoConnectEx at level {level} is refused", status == ACCESS_DENIED, status)
        dce.disconnect()

    dce = connect(port, EMSMDB, rpcrt.RPC_C_AUTHN_LEVEL_PKT_PRIVACY)
    checks.that("EcDummyRpc", call(dce, 6, b"") == bytes(4))
    stub = call(dce, 10, connect_ex_stub())
    answer = Reader(stub)
    session = answer.handle()
    checks.that("EcDoConnectEx gives a handle", session != bytes(20), stub)
    times = [answer.take("I") for _ in range(3)]
    checks.that("EcDoConnectEx tells times to wait", all(times), times)
    answer.take("H")
    checks.that("EcDoConnectEx tells a DN prefix", answer.text() is not None, stub)
    name = answer.text()
    checks.that("EcDoConnectEx tells the name", name == peer.USER, name)
    checks.that("EcDoConnectEx succeeds", stub[-4:] == bytes(4), stub)
    gone = call(dce, 1, session)
    checks.that("EcDoDisconnect", gone == bytes(24), gone)
    status = error_of(lambda: call(dce, 1, session))
    checks.that("EcDoDisconnect of a session that is gone", status is not None, status)
    dce.disconnect()


def connect_over_http(port, interface, level=None, user=peer.USER, password=peer.PASSWORD, host=peer.HOST):
    """Bound over RPC over HTTP v2, signed in to HTTP and, where a level is given, with NTLM to RPC too."""
    from impacket.dcerpc.v5 import rpcrt
    from impacket.dcerpc.v5.transport import DCERPCTransportFactory
    from impacket.uuid import uuidtup_to_bin
    transport = DCERPCTransportFactory(f"ncacn_http:{host}[{port},RpcProxy={peer.HOST}:443]")
    transport.set_credentials(user, password, "")
    dce = transport.get_dce_rpc()
    dce.set_auth_level(rpcrt.RPC_C_AUTHN_LEVEL_NONE if level is None else level)
    dce.connect()
    if interface is not None:
        dce.bind(uuidtup_to_bin(interface))
    return dce


def over_http(checks, level):
    from impacket.dcerpc.v5 import epm
    from impacket.uuid import uuidtup_to_bin
    dce = connect_over_http(6001, EMSMDB, level)
    checks.that(f"EcDummyRpc over HTTP at level {level}", call(dce, 6, b"") == bytes(4))
    stub = call(dce, 10, connect_ex_stub())
    session = Reader(stub).handle()
    checks.that(f"EcDoConnectEx over HTTP at level {level}", session != bytes(20) and stub[-4:] == bytes(4), stub)
    gone = call(dce, 1, session)
    checks.that(f"EcDoDisconnect over HTTP at level {level}", gone == bytes(24), gone)
    dce.disconnect()
    for port, interface in ((6001, ASYNC_EMSMDB), (6002, RFR), (6004, NSPI)):
        connect_over_http(port, interface, level).disconnect()
        checks.that(f"bind of {interface[0]} at {port}", True)

    for port in (6001, 6002):
        referral(checks, connect_over_http(port, RFR, level), f"over HTTP at {port}, level {level}")

    # Past the windows of either side, several times.
    dce = connect_over_http(6001, ECHO, level)
    for size in (0, 5000, 100_000, 900_000):
        data = bytes(i % 251 for i in range(size))
        stub = struct.pack("<II", size, size) + data
        answer = call(dce, 1, stub)
        checks.that(f"echo of {size} bytes over HTTP at level {level}", answer[:4 + size] == stub[4:], len(answer))
    dce.disconnect()

    dce = connect_over_http(593, None)
    found = epm.hept_map("127.0.0.1", uuidtup_to_bin(EMSMDB), protocol="ncacn_http", dce=dce)
    checks.that("ept_map over HTTP", found.startswith("ncacn_http:") and found.endswith("[6001]"), found)
    dce.disconnect()


def ndr_string(text):
    """A [string] of characters: maximum, offset, actual count, and the characters with their end."""
    count = len(text) + 1
    return struct.pack("<III", count, 0, count) + text.encode() + bytes(1) + bytes(-count % 4)


def referral(checks, dce, where):
    """[MS-OXABREF] 3.1.4.1 and 3.1.4.2, called with stubs as the IDL has them."""
    dn = "/o=Ropewalk/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=user1"
    null_place = struct.pack("<II", 0x20000, 0)
    answer = call(dce, 0, struct.pack("<I", 0) + ndr_string(dn) + null_place + null_place)
    # ppszUnused: a place with nothing in it; ppszServer: a place with a name in it; 0.
    unused, nothing, server, inner, most, offset, actual = struct.unpack_from("<7I", answer)
    name = answer[28:28 + actual - 1]
    good = unused and not nothing and server and inner and most == actual and offset == 0 and len(name) > 0
    checks.that(f"RfrGetNewDSA {where}", good and answer[-4:] == bytes(4), answer)
    dn = "/o=Ropewalk/ou=x/cn=Configuration/cn=Servers/cn=localhost"
    stub = struct.pack("<II", 0, len(dn) + 1) + ndr_string(dn)
    answer = call(dce, 1, stub)
    checks.that(f"RfrGetFQDNFromServerDN {where}", name + bytes(1) in answer and answer[-4:] == bytes(4), answer)
    answer = call(dce, 1, stub.replace(b"localhost", b"elsewhere"))
    checks.that(f"RfrGetFQDNFromServerDN of another {where}", answer[-4:] == struct.pack("<I", 0x8004010F), answer)
    dce.disconnect()


def refused_over_http(checks):
    for name, arguments in (("an unknown port", {"port": 6005}), ("an unknown host", {"port": 6001, "host": "nobody"}),
                            ("a wrong password", {"port": 6001, "password": "not-the-password"})):
        error = error_of(lambda: connect_over_http(interface=EMSMDB, **arguments))
        wanted = "401" if "password" in arguments else 0x6BA
        checks.that(f"{name} over HTTP is refused", error == wanted or str(wanted) in str(error), error)


def wrong_password(checks, port):
    from impacket.dcerpc.v5 import rpcrt

    def sign_in():
        dce = connect(port, ECHO, rpcrt.RPC_C_AUTHN_LEVEL_PKT_PRIVACY, "not-the-password")
        call(dce, 1, struct.pack("<II", 0, 0))
    status = error_of(sign_in)
    checks.that("a wrong password is refused", status == ACCESS_DENIED, status)


def main():
    peer.need_module("impacket.dcerpc.v5.epm", "python3-impacket")
    peer.into_namespace()
    checks = peer.Checks()
    with peer.Bench() as bench:
        bench.start_server(sys.argv[1])
        port = bench.rpc_port
        checks.run("endpoint mapper", mapper, port)
        checks.run("management", management, port)
        checks.run("programs", programs, port, bench)
        # None, connect, integrity, privacy. Impacket binds at level packet (4) too, and then protects nothing.
        for level in (None, 2, 5, 6):
            checks.run(f"echo at level {level}", echo, port, level)
        checks.run("sessions", sessions, port)
        checks.run("referral", lambda these: referral(these, connect(port, RFR, 6), "over TCP"))
        for level in (None, 6):
            checks.run(f"RPC over HTTP at level {level}", over_http, level)
        checks.run("RPC over HTTP, refused", refused_over_http)
        checks.run("wrong password", wrong_password, port)
        code = bench.stop_server()
        if checks.failed or code != 0:
            print(bench.server_log()[-4000:])
    print(f"impacket: {checks.passed} passed, {checks.failed} failed; the server ended with {code}")
    sys.exit(1 if checks.failed or code != 0 else 0)


main()
