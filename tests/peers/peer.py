"""What the tests with other implementations share: a network namespace, a Kerberos realm, and the server in them."""
import os
import shutil
import subprocess
import sys
import tempfile
import time

import realm

PYTHON = "/usr/bin/python3"  # Debian's, which has Debian's modules
HOST = "server.ropewalk.test"
REALM = realm.REALM
DOMAIN = "ROPEWALK"
USER = "user1"
PASSWORD = "hemp-and-manila"


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def need_module(name, package):
    if subprocess.run([PYTHON, "-c", f"import {name}"], capture_output=True).returncode != 0:
        skip(f"Debian's {package} is not installed")


def into_namespace():
    """Runs the script again by Debian's Python, with no network but loopback, where port 135 is free, and its own
    mounts. What it starts ends with it."""
    if os.environ.get("ROPEWALK_IN_NAMESPACE"):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        skip("unshare and ip are needed (Debian's util-linux and iproute2)")
    for more in ([], ["--map-root-user"]):
        command = ["unshare", *more, "--net", "--mount", "--pid", "--fork", "--kill-child"]
        if subprocess.run([*command, "ip", "link", "set", "lo", "up"], capture_output=True).returncode == 0:
            os.environ["ROPEWALK_IN_NAMESPACE"] = "1"
            sys.stdout.flush()
            os.execvp("unshare", [*command, PYTHON, *sys.argv])
    skip("no network namespace can be made")


class Checks:
    """Counts what held, and says what did not."""

    def __init__(self):
        self.passed, self.failed = 0, 0

    def that(self, name, good, seen=None):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"failed: {name}: {seen!r}")

    def run(self, name, work, *arguments):
        try:
            work(self, *arguments)
        except Exception as error:  # whatever the peer raises is a finding
            self.that(name, False, error)


class Bench:
    """A folder, which goes with the bench, and what runs in it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="ropewalk-peer-")
        self.environment = dict(os.environ, SMB_CONF_PATH=self.file("smb.conf"))
        self.write("smb.conf", f"[global]\nworkgroup = {DOMAIN}\nrealm = {REALM}\ninterfaces = lo\n" + "".join(
            f"{kind} = {self.folder}\n" for kind in ("private dir", "lock dir", "state directory", "cache directory")))
        self.write("hosts", f"127.0.0.1 localhost {HOST}\n")
        subprocess.run(["mount", "--bind", self.file("hosts"), "/etc/hosts"], check=True)  # in the namespace alone
        self.keytab, self.realm, self.server, self.rpc_port = None, None, None, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.server is not None and self.server.poll() is None:
            self.server.kill()
        if self.realm is not None:
            self.realm.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def file(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.file(name), "w") as out:
            out.write(text)

    def run(self, command, **options):
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, **options)

    def start_realm(self):
        """A KDC on loopback with the user and the service; False: it is not installed."""
        if realm.missing():
            return False
        self.realm = realm.Realm(self.folder, {USER: PASSWORD}, [f"host/{HOST}"], port=88)
        self.environment.update(self.realm.environment)
        self.keytab = self.realm.keytab
        return True

    def start_server(self, program):
        """rpc_test_server, with the user; returns when it listens."""
        with open(self.file("server.log"), "w") as log:
            self.server = subprocess.Popen(
                [os.path.abspath(program), self.file("data"), f"{USER}@ropewalk.test", PASSWORD,
                 *([self.keytab] if self.keytab else [])],
                env=self.environment, stdout=subprocess.PIPE, stderr=log, text=True)
        for line in self.server.stdout:
            if line == "ready\n":
                return
            if "ncacn_ip_tcp" in line and "[135]" not in line:
                self.rpc_port = int(line[line.index("[") + 1:line.index("]")])
        sys.exit("the server did not start: " + self.server_log())

    def server_log(self):
        with open(self.file("server.log")) as log:
            return log.read()

    def stop_server(self):
        """How the server ended; 0 is well."""
        self.server.terminate()
        try:
            return self.server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            return "not at all"
