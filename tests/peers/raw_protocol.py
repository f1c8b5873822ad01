#!/usr/bin/env python3
"""Samba's tests of the raw DCE/RPC protocol against this server's endpoint mapper and management interface.

Usage: raw_protocol.py PROGRAM EXPECTED [TEST...]

Starts `PROGRAM serve` with the endpoint mapper on port 135 in a network namespace of its own (so needs root), runs
samba.tests.dcerpc.raw_protocol (Debian's python3-samba), and compares: a test that fails without standing in EXPECTED, or
stands there and succeeds, is an error. EXPECTED has a line per test that is known to fail, with the reason behind a tab.
Ends with 0, with 1 on a difference, with 77 where something is missing to run at all.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

PASSWORD = "hemp and manila"


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def into_namespace():
    """Runs this script again where port 135 is free, whatever runs beside it."""
    if os.environ.get("ROPEWALK_IN_NAMESPACE"):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        skip("unshare and ip are needed")
    if subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode != 0:
        skip("no network namespace can be made (root is needed)")
    os.environ["ROPEWALK_IN_NAMESPACE"] = "1"
    os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])


def serve(program, folder):
    data = os.path.join(folder, "data")
    subprocess.run([program, "user", "add", "--data", data, "user1@ropewalk.test", "--password-stdin", "--ntlm"],
                   input=PASSWORD, text=True, check=True)
    log = open(os.path.join(folder, "serve.log"), "w")
    server = subprocess.Popen([program, "serve", "--data", data, "--epm-port", "135", "--rpc-port", "0"],
                              stdout=subprocess.PIPE, stderr=log, text=True)
    for line in server.stdout:
        if "endpoint mapper" in line:
            return server
    print(open(log.name).read())
    sys.exit("the server did not start")


def run_tests(folder, chosen):
    with open(os.path.join(folder, "smb.conf"), "w") as conf:
        conf.write(f"[global]\nworkgroup = ROPEWALK\nrealm = ROPEWALK.TEST\nprivate dir = {folder}\nlock dir = {folder}\n"
                   f"state directory = {folder}\ncache directory = {folder}\n")
    environment = dict(os.environ, SMB_CONF_PATH=os.path.join(folder, "smb.conf"), SERVER="127.0.0.1",
                       TARGET_HOSTNAME="127.0.0.1", DOMAIN="ROPEWALK", REALM="ROPEWALK.TEST", USERNAME="user1",
                       PASSWORD=PASSWORD, IGNORE_RANDOM_PAD="1")
    names = [f"samba.tests.dcerpc.raw_protocol.TestDCERPC_BIND.{name}" for name in chosen]
    return subprocess.run(["/usr/bin/python3", "-m", "unittest", "-v", *(names or ["samba.tests.dcerpc.raw_protocol"])],
                          env=environment, capture_output=True, text=True).stderr


def main():
    program, expected_file, chosen = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3:]
    if subprocess.run(["/usr/bin/python3", "-c", "import samba.tests.dcerpc.raw_protocol"], capture_output=True).returncode:
        skip("Debian's python3-samba is not installed")
    into_namespace()
    expected = {}
    with open(expected_file) as lines:
        for line in lines:
            if line.strip() and not line.startswith("#"):
                name, reason = line.rstrip("\n").split("\t", 1)
                expected[name] = reason
    folder = tempfile.mkdtemp(prefix="ropewalk-raw-")
    server = serve(program, folder)
    try:
        output = run_tests(folder, chosen)
    finally:
        server.terminate()
        code = server.wait(timeout=60)
    # "test_x (module.Class...) ... ok", perhaps with other output in between
    results = re.findall(r"^(test_\w+) \([^)]*\).*?(ok|FAIL|ERROR|skipped)\b", output, re.M | re.S)
    failed = [name for name, result in results if result in ("FAIL", "ERROR")]
    passed = [name for name, result in results if result == "ok"]
    unexpected = [name for name in failed if name not in expected]
    mended = [name for name in passed if name in expected]
    if unexpected or chosen:
        print(output)
        print(open(os.path.join(folder, "serve.log")).read()[-4000:])
    for name in unexpected:
        print(f"failed: {name}")
    for name in mended:
        print(f"succeeds although it is expected to fail: {name}")
    print(f"{len(passed)} passed, {len(failed)} failed, {len(failed) - len(unexpected)} of them as expected, "
          f"{len(results)} in all; the server ended with {code}")
    shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if unexpected or mended or code != 0 or not results else 0)


main()
