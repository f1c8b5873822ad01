"""A Kerberos realm on loopback in a folder of its own, for the tests with other implementations and for the bench."""
import os
import socket
import subprocess
import time

REALM = "ROPEWALK.TEST"
KDC, UTIL, ADMIN = (f"/usr/sbin/{name}" for name in ("krb5kdc", "kdb5_util", "kadmin.local"))


def missing():
    """Why there can be no realm here; empty where there can."""
    for tool in (KDC, UTIL, ADMIN):
        if not os.path.exists(tool):
            return f"{os.path.basename(tool)} is not installed (Debian's krb5-kdc and krb5-admin-server)"
    return ""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Realm:
    """Users with their passwords, services with keys in the file `keytab`; `environment` is for all who take part."""

    def __init__(self, folder, users, services, port=0):
        self.folder, self.port = folder, port or free_port()
        self.keytab = self.file("keytab")
        self.environment = dict(KRB5_CONFIG=self.file("krb5.conf"), KRB5_KDC_PROFILE=self.file("kdc.conf"),
                                KRB5CCNAME="FILE:" + self.file("tickets"), KRB5RCACHENAME="file2:" + self.file("replay"))
        self.write_configuration()
        self.run(UTIL, "create", "-s", "-W", "-r", REALM, "-P", "master")
        for user, password in users.items():
            self.admin(f'addprinc -pw "{password}" {user}')
        for service in services:
            self.admin(f"addprinc -randkey {service}")
            self.admin(f"ktadd -k {self.keytab} -norandkey {service}")
        self.kdc = subprocess.Popen([KDC, "-n", "-r", REALM], env=dict(os.environ, **self.environment),
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait_for_kdc()

    def file(self, name):
        return os.path.join(self.folder, name)

    def run(self, *command):
        subprocess.run(command, env=dict(os.environ, **self.environment), capture_output=True, check=True)

    def admin(self, query):
        self.run(ADMIN, "-r", REALM, "-q", query)

    def write(self, name, text):
        with open(self.file(name), "w") as out:
            out.write(text)

    def write_configuration(self):
        self.write("krb5.conf", f"""[libdefaults]
 default_realm = {REALM}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
[realms]
 {REALM} = {{
  kdc = tcp/127.0.0.1:{self.port}
  kdc = 127.0.0.1:{self.port}
 }}
[domain_realm]
 .ropewalk.test = {REALM}
""")
        self.write("kdc.conf", f"""[kdcdefaults]
 kdc_listen = 127.0.0.1:{self.port}
 kdc_tcp_listen = 127.0.0.1:{self.port}
[realms]
 {REALM} = {{
  database_name = {self.file("principal")}
  key_stash_file = {self.file("stash")}
  acl_file = {self.file("acl")}
 }}
[logging]
 kdc = FILE:{self.file("kdc.log")}
""")

    def wait_for_kdc(self):
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.025)
        raise RuntimeError("the KDC does not answer")

    def stop(self):
        if self.kdc.poll() is None:
            self.kdc.kill()
            self.kdc.wait()
