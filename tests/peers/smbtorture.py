#!/usr/bin/env python3
"""smbtorture's tests of RPC services (Debian's samba-testsuite) against this RPC server.

Usage: smbtorture.py RPC_TEST_SERVER

Ends with 0, with 1 where a test fails (or one succeeds that is known to fail), with 77 where something is missing to run.
"""
import re
import shutil
import subprocess
import sys

import peer

# Options of the binding, and the test
RUNS = [("", "rpc.epmapper.epmapper.Map_simple"), ("", "rpc.epmapper.epmapper.Lookup_simple"),
        ("", "rpc.epmapper.epmapper.Lookup_terminate_search"), ("", "rpc.mgmt"), ("", "rpc.scanner"),
        ("seal", "rpc.scanner"), ("", "rpc.echo"), ("sign", "rpc.echo"), ("seal", "rpc.echo"),
        ("spnego,sign", "rpc.echo"), ("spnego,seal", "rpc.echo"), ("krb5,sign", "rpc.echo"), ("krb5,seal", "rpc.echo"),
        ("bigendian", "rpc.echo"), ("ndr64,seal", "rpc.echo")]
EXPECTED = {
    # Samba's own server answers so. [MS-RPCE] 2.2.1.2.4: 0 is "at least one element", 0x16C9A0D6 "no elements"; clients
    # that go by it would drop the elements.
    "epmapper.Lookup_simple": "wants the status 'there are no elements' along with the last elements",
}


def torture(bench, options, test):
    """Names of the tests that succeeded, those that failed, and what was printed."""
    kerberos = "krb5" in options
    user = f"{peer.USER}@{peer.REALM}" if kerberos else f"{peer.DOMAIN}\\{peer.USER}"
    command = ["smbtorture", "-s", bench.file("smb.conf"), "-k", "yes" if kerberos else "no", "-U",
               f"{user}%{peer.PASSWORD}", f"ncacn_ip_tcp:{peer.HOST if kerberos else '127.0.0.1'}[{options}]", test]
    try:
        ran = bench.run(command, timeout=60)
    except subprocess.TimeoutExpired:
        return [], [f"{test} (no end)"], ""
    passed = re.findall(r"^success: (\S+)", ran.stdout, re.M)
    failed = re.findall(r"^(?:failure|error): (\S+)", ran.stdout, re.M)
    if not passed and not failed:
        failed = [f"{test} (did not run)"]
    return passed, failed, ran.stdout + ran.stderr


def main():
    if shutil.which("smbtorture") is None:
        peer.skip("Debian's samba-testsuite is not installed")
    peer.into_namespace()
    passed, expected, wrong = 0, 0, []
    with peer.Bench() as bench:
        has_realm = bench.start_realm()
        bench.start_server(sys.argv[1])
        for options, test in RUNS:
            if "krb5" in options and not has_realm:
                continue
            good, bad, output = torture(bench, options, test)
            known = [name for name in bad if name in EXPECTED]
            unexpected = [name for name in bad if name not in EXPECTED]
            unexpected += [f"{name} (succeeds although it is expected to fail)" for name in good if name in EXPECTED]
            print(f"{test} [{options}]: {len(good)} passed, {len(bad)} failed" +
                  "".join(f"; {name}: {EXPECTED[name]}" for name in known))
            if unexpected:
                print(output)
            passed, expected, wrong = passed + len(good), expected + len(known), wrong + unexpected
        code = bench.stop_server()
        if wrong or code != 0:
            print(bench.server_log()[-4000:])
    for name in wrong:
        print(f"wrong: {name}")
    print(f"smbtorture: {passed} passed, {expected} failed as expected, {len(wrong)} wrong; the server ended with {code}")
    sys.exit(1 if wrong or code != 0 else 0)


main()
