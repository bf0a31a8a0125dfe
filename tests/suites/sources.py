"""Debian's source packages, in .cache/suites: fetched with apt's own client and a sources list made for that command
from the machine's, so that nothing about the machine changes."""
import os
import pathlib
import re
import subprocess

from support.pool import ROOT

CACHE = ROOT / ".cache/suites"
KEYRING = "debian-archive-keyring"
PROGRAMS = ("postgresql-15", "postgresql-client-15", "postgresql-server-dev-15")


def source_list():
    """The machine's Debian entries, turned into those of sources."""
    stanzas = []
    for path in pathlib.Path("/etc/apt/sources.list.d").glob("*.sources"):
        stanzas += [s for s in path.read_text().split("\n\n") if KEYRING in s]
    old = pathlib.Path("/etc/apt/sources.list")
    for line in old.read_text().splitlines() if old.exists() else []:
        if words := re.match(r"deb\s+(\[.*?\]\s+)?(\S+)\s+(\S+)\s+(.*)", line):
            stanzas.append(f"Types: deb\nURIs: {words[2]}\nSuites: {words[3]}\nComponents: {words[4]}\n")
    return "\n\n".join(re.sub(r"(?m)^Types:.*$", "Types: deb-src", s) for s in stanzas) + "\n"


def apt(command, *arguments, **options):
    lists = CACHE / "lists"
    lists.mkdir(parents=True, exist_ok=True)
    own = CACHE / "deb-src.sources"
    own.write_text(source_list())
    return subprocess.run([command, "-q", "-o", f"Dir::Etc::sourcelist={own}", "-o", "Dir::Etc::sourceparts=-", "-o",
                           f"Dir::State::lists={lists}", "-o", "APT::Sandbox::User=root", *arguments], check=True,
                          stdin=subprocess.DEVNULL, **options)


def installed_version(package):
    return subprocess.check_output(["dpkg-query", "-W", "-f", "${source:Version}", package], text=True)


def fetch(source, package):
    """The unpacked source of what is installed as `package`; of another version of that source where Debian no
    longer has that one."""
    CACHE.mkdir(parents=True, exist_ok=True)
    if not found(source):
        apt("apt-get", "update", stdout=subprocess.DEVNULL)
        shown = apt("apt-cache", "showsrc", source, capture_output=True, text=True).stdout
        versions = {installed_version(package): 0} | dict.fromkeys(re.findall(r"(?m)^Version: (\S+)", shown))
        for version in versions:
            try:
                apt("apt-get", "source", f"{source}={version}", cwd=CACHE, stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL)
                break
            except subprocess.CalledProcessError:
                print(f"suites: no source of {source} {version}", flush=True)
    if not found(source):
        raise SystemExit(f"suites: Debian's sources of {source} cannot be had here; give them with --source")
    return found(source)[0]


def found(source):
    return [p for p in sorted(CACHE.glob(f"{source}-*"), reverse=True) if p.is_dir()]


def postgres_programs(source, target):
    """Where the programs of exactly this source's version are: PostgreSQL's expected outputs change with its minor
    versions. None: the installed ones are of that version; else Debian's, unpacked into `target`."""
    version = re.search(r"PACKAGE_VERSION='(.*?)'", (source / "configure").read_text())[1]
    if installed_version("postgresql-15").startswith(f"{version}-"):
        return None
    known = subprocess.check_output(["apt-cache", "madison", "postgresql-15"], text=True)
    packaged = re.search(rf"\| (\S*{re.escape(version)}-\S+) \|.* Packages", known)
    if not packaged:
        raise SystemExit(f"suites: the tests are those of {version}, and its programs cannot be had here")
    print(f"suites: with PostgreSQL {version}, as its tests are", flush=True)
    debs = CACHE / f"postgresql-{version}"
    debs.mkdir(parents=True, exist_ok=True)
    if len(list(debs.glob("*.deb"))) < len(PROGRAMS):
        subprocess.run(["apt-get", "download", "-q", "-o", "APT::Sandbox::User=root",
                        *(f"{name}={packaged[1]}" for name in PROGRAMS)], check=True, cwd=debs)
    for deb in debs.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", deb, target], check=True)
    return target / "usr/lib/postgresql/15/bin"


def install(package):
    """Only where it is missing: what a suite alone needs."""
    if subprocess.run(["dpkg", "-s", package], capture_output=True).returncode:
        subprocess.run(["apt-get", "install", "-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300",
                        package], check=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
