#!/usr/bin/env python3
"""Samba's tests of the raw DCE/RPC protocol against this RPC server.

Usage: raw_protocol.py RPC_TEST_SERVER EXPECTED [TEST...]

Runs samba.tests.dcerpc.raw_protocol (Debian's python3-samba) in a network namespace of its own, with a Kerberos realm,
and compares: a test that fails without standing in EXPECTED, or stands there and succeeds, is an error. EXPECTED has a
line per test that is known to fail, with the reason behind a tab. Ends with 0, with 1 on a difference, with 77 where
something is missing to run at all.
"""
import re
import sys

import peer


def read_expected(name):
    with open(name) as lines:
        pairs = [line.rstrip("\n").split("\t", 1) for line in lines if line.strip() and not line.startswith("#")]
    return dict(pairs)


def run_tests(bench, chosen):
    bench.environment.update(SERVER="127.0.0.1", TARGET_HOSTNAME=peer.HOST, DOMAIN=peer.DOMAIN, REALM=peer.REALM,
                             USERNAME=peer.USER, PASSWORD=peer.PASSWORD, IGNORE_RANDOM_PAD="1", MAX_NUM_AUTH="2049")
    names = [f"samba.tests.dcerpc.raw_protocol.TestDCERPC_BIND.{name}" for name in chosen]
    return bench.run([peer.PYTHON, "-m", "unittest", "-v", *(names or ["samba.tests.dcerpc.raw_protocol"])]).stderr


def main():
    program, expected, chosen = sys.argv[1], read_expected(sys.argv[2]), sys.argv[3:]
    peer.need_module("samba.tests.dcerpc.raw_protocol", "python3-samba")
    peer.into_namespace()
    with peer.Bench() as bench:
        if not bench.start_realm():
            peer.skip("Debian's krb5-kdc and krb5-admin-server are not installed")
        bench.start_server(program)
        output = run_tests(bench, chosen)
        code = bench.stop_server()
        log = bench.server_log()
    # "test_x (module.Class...) ... ok", perhaps with other output in between
    results = re.findall(r"^(test_\w+) \([^)]*\).*?(ok|FAIL|ERROR|skipped)\b", output, re.M | re.S)
    failed = [name for name, result in results if result in ("FAIL", "ERROR")]
    passed = [name for name, result in results if result == "ok"]
    unexpected = [name for name in failed if name not in expected]
    mended = [name for name in passed if name in expected]
    if unexpected or chosen or not results:
        print(output)
        print(log[-4000:])
    for name in unexpected:
        print(f"failed: {name}")
    for name in mended:
        print(f"succeeds although it is expected to fail: {name}")
    print(f"samba raw_protocol: {len(passed)} passed, {len(failed)} failed, {len(failed) - len(unexpected)} of them as "
          f"expected, {len(results)} in all; the server ended with {code}")
    sys.exit(1 if unexpected or mended or code != 0 or not results else 0)


main()
