#!/usr/bin/env python3
"""`./dev bench`: the built server under the built load generator, as child processes on loopback.

Prints one line per measurement with the goal it is held against and, where something of the same run can stand beside it, the ratio.
Nothing here is a test: figures depend on the machine. Only Python's standard library is used.
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "peers"))
import realm  # noqa: E402

PASSWORD = "hemp and manila"
USERS = [f"user{i}@ropewalk.test" for i in range(1, 9)]


class Bench:
    def __init__(self, program, seconds):
        self.program = program
        self.seconds = seconds
        self.data = tempfile.mkdtemp(prefix="ropewalk-bench-")
        self.realm, self.environment = None, None
        self.users_file = os.path.join(self.data, "users.txt")

    def run(self, *arguments, text=None):
        done = subprocess.run([self.program, *arguments], input=text, capture_output=True, text=True, env=self.environment)
        if done.returncode != 0:
            sys.exit(f"bench: ropewalk {' '.join(arguments[:3])}: {done.stderr.strip()}")
        return done.stdout

    def prepare(self):
        for user in USERS:
            self.run("user", "add", "--data", self.data, user, "--password-stdin", "--ntlm", text=PASSWORD)
        with open(os.path.join(self.data, "ropewalk.toml"), "w") as out:
            out.write("[sessions]\nper_user = 100000\n")  # else the oldest of many sessions would end, not be held
        with open(self.users_file, "w") as out:
            out.writelines(f"{user} {PASSWORD}\n" for user in USERS)

    def start_realm(self):
        """A KDC that knows the users; what is in the way of one, empty where nothing is."""
        self.realm, self.environment = None, dict(os.environ)
        why = realm.missing()
        if why:
            return why
        folder = os.path.join(self.data, "realm")
        os.mkdir(folder)
        try:
            self.realm = realm.Realm(folder, {user.split("@")[0]: PASSWORD for user in USERS}, ["exchangeMDB/127.0.0.1"])
        except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
            return f"no KDC: {error}"
        self.environment.update(self.realm.environment)
        with open(os.path.join(self.data, "ropewalk.toml"), "a") as out:
            out.write(f'[rpc]\nkeytab = "{self.realm.keytab}"\n')
        return ""

    def write_mail(self, count):
        folder = os.path.join(self.data, "mail")
        os.makedirs(folder, exist_ok=True)
        for i in range(count):
            with open(os.path.join(folder, f"{i:06}.eml"), "w") as out:
                out.write(f"From: Rigging <rigging@ropewalk.test>\r\nTo: user1@ropewalk.test\r\n"
                          f"Subject: Cable number {i * 7919 % count}\r\n"
                          f"Date: Tue, 03 Mar 2026 {i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02} +0000\r\n"
                          f"Message-ID: <{i}.bench@ropewalk.test>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
                          + "Three strands, laid up right-handed. " * 27 + "\r\n")
        return folder

    def import_mail(self, count):
        folder = self.write_mail(count)
        before, start = os.times(), time.monotonic()
        self.run("import", "--data", self.data, "--mailbox", USERS[0], folder, "--json")
        after, took = os.times(), time.monotonic() - start
        cpu = after.children_user - before.children_user + after.children_system - before.children_system
        shutil.rmtree(folder)
        return count / took, count / cpu

    def serve(self):
        self.server = subprocess.Popen(
            [self.program, "serve", "--data", self.data, "--https-port", "0", "--http-port", "0", "--rpc-port", "0", "--listen", "127.0.0.1"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=self.environment)
        self.urls = {}
        while len(self.urls) < 3:
            line = self.server.stdout.readline()
            if not line:
                sys.exit("bench: the server did not start")
            url = line.split()[-1]
            self.urls[url.split(":")[0]] = url.split("/mapi/")[0]  # http, https, ncacn_ip_tcp
        self.urls["ncacn_http"] = "ncacn_http:" + self.urls["https"].split("//")[1]

    def load(self, scheme, scenario, connections, *more):
        out = self.run("bench", self.urls[scheme], "--insecure", "--scenario", scenario, "--connections", str(connections),
                       "--seconds", str(self.seconds), "--server-pid", str(self.server.pid), "--json", *more)
        return json.loads(out)

    def start_load(self, scheme, scenario, connections, *more):
        """As load(), beside what comes next, and three times as long."""
        return subprocess.Popen([self.program, "bench", self.urls[scheme], "--scenario", scenario, "--connections",
                                 str(connections), "--seconds", str(3 * self.seconds + 20), "--json", *more],
                                stdout=subprocess.PIPE, text=True)

    def memory(self):
        with open(f"/proc/{self.server.pid}/status") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        return 0

    def stop(self):
        self.server.send_signal(signal.SIGTERM)
        code = self.server.wait(timeout=60)
        if self.realm is not None:
            self.realm.stop()
        shutil.rmtree(self.data, ignore_errors=True)
        return code


def line(what, value, goal="", ratio=""):
    print(f"{what:<56} {value:>16}  {goal:<26} {ratio}", flush=True)


def hold_rpc(bench, count, users):
    """Idle RPC connections, sealed by NTLM, a half with a session; each costs the client two files, hence two clients."""
    before = bench.memory()
    bound = bench.start_load("ncacn_ip_tcp", "bound", 8, "--sessions", str(count // 2), *users)
    held = bench.load("ncacn_ip_tcp", "idle", 8, "--sessions", str(count // 2), *users)
    with_sessions = held["server_memory_bytes"] - before  # both are there
    first = json.loads(bound.communicate()[0])
    errors = held["errors"] + first["errors"]
    line(f"{count} idle RPC connections, half of them with sessions", f"{with_sessions / count / 1024:.1f} KiB each", "",
         f"{with_sessions / 2**20:.0f} MiB; {errors} errors")


def fsync_rate(folder):
    """How many 4 KiB appends a second reach the disk one by one: what durable saves without group commit could not pass."""
    path = os.path.join(folder, "fsync")
    handle = os.open(path, os.O_CREAT | os.O_WRONLY)
    count, start = 0, time.monotonic()
    while time.monotonic() - start < 1:
        os.write(handle, b"r" * 4096)
        os.fdatasync(handle)
        count += 1
    os.close(handle)
    os.unlink(path)
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--messages", type=int, default=10000)
    parser.add_argument("--sessions", type=int, default=10000)
    parser.add_argument("--connections", type=int, default=10000, help="of RPC, held idle")
    options = parser.parse_args()
    bench = Bench(os.path.abspath(options.program), options.seconds)
    bench.prepare()
    line("measurement", "value", "goal", "beside it in this run")

    per_second, per_cpu_second = bench.import_mail(options.messages)
    line(f"import of {options.messages} .eml files", f"{per_second:.0f}/s", ">= 2000/s on one core", f"{per_cpu_second:.0f} per CPU second")

    no_kerberos = bench.start_realm()
    bench.serve()
    idle = bench.memory()
    line("idle server, resident", f"{idle / 2**20:.1f} MiB", "< 30 MiB")
    user, everybody = ("--user", USERS[0], "--password-stdin"), ("--users-from", bench.users_file)
    # First of all: later, sessions would live in memory that load has left behind.
    result = bench.load("http", "idle", 8, "--sessions", str(options.sessions), *everybody)
    held = result["server_memory_bytes"] - idle
    line(f"{options.sessions} idle sessions held", f"{held / options.sessions / 1024:.1f} KiB each", "< 64 KiB each",
         f"{result['errors']} errors")

    hold_rpc(bench, options.connections, everybody)

    def load(*arguments):
        return bench.load(*arguments, *everybody)

    plain = None
    for scheme in ("http", "https"):
        for connections in (1, 8, 64):
            result = load(scheme, "open-folder", connections)
            cpu = result["server_cpu_us_per_request"]
            plain = plain or cpu
            line(f"OpenFolder+Release, {scheme}, {connections} connections", f"{result['requests_per_second']:.0f}/s",
                 "<= 50 us of server CPU", f"{cpu:.1f} us, {cpu / plain:.2f} of the first line; p99 {result['p99_ms']:.2f} ms")
    for name, scheme, more in (("RPC sealed by NTLM", "ncacn_ip_tcp", ()), ("RPC sealed by Kerberos", "ncacn_ip_tcp", ("--auth", "kerberos")),
                               ("RPC/HTTPS", "ncacn_http", ("--auth", "none")), ("RPC/HTTPS sealed by NTLM", "ncacn_http", ())):
        for connections in (1, 8):
            what = f"OpenFolder+Release, {name}, {connections} connections"
            if no_kerberos and "kerberos" in more:
                line(what, "-", "", no_kerberos)
                continue
            result = load(scheme, "open-folder", connections, *more)
            cpu = result["server_cpu_us_per_request"]
            line(what, f"{result['requests_per_second']:.0f}/s", "",
                 f"{cpu:.1f} us, {cpu / plain:.2f} of the first line; p99 {result['p99_ms']:.2f} ms")
    one = USERS[0]
    only = os.path.join(bench.data, "one.txt")
    with open(only, "w") as out:
        out.write(f"{one} {PASSWORD}\n")
    for columns in (6, 12):
        result = bench.load("https", "query-rows", 8, "--rows", "50", "--columns", str(columns), "--users-from", only)
        line(f"QueryRows 50 x {columns}, https, 8 connections", f"{result['rows_per_second']:.0f} rows/s", "<= 5 us of CPU a row",
             f"{result['server_cpu_us_per_row']:.2f} us")
    result = bench.load("https", "contents-table", 1, "--users-from", only)
    line(f"contents table of {options.messages}, first 50 rows", f"{result['p50_ms']:.2f} ms", "< 3 ms", f"p99 {result['p99_ms']:.2f} ms")
    syncs = fsync_rate(bench.data)
    for name, more in (("8 mailboxes", everybody), ("one mailbox", ("--users-from", only))):
        result = bench.load("https", "create", 8, *more)
        line(f"messages created, 8 connections, {name}", f"{result['requests_per_second']:.0f}/s", ">= 1200/s, <= 900 us of CPU",
             f"{result['server_cpu_us_per_request']:.0f} us; {result['requests_per_second'] / syncs:.2f} of single fdatasyncs")
    code = bench.stop()
    if code != 0:
        sys.exit(f"bench: the server ended with {code}")


main()
