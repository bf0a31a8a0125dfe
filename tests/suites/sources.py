"""Debian's source packages, in .cache/suites: fetched with apt's own client and a sources list made for that command
from the machine's, so that nothing about the machine changes."""
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
    """"" where it is not installed."""
    return subprocess.run(["dpkg-query", "-W", "-f", "${source:Version}", package], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True).stdout


def fetch(source, package):
    """The unpacked source of what is installed as `package`; of another version of that source where Debian no
    longer has that one."""
    CACHE.mkdir(parents=True, exist_ok=True)
    installed = installed_version(package)
    upstream = installed.partition(":")[2] or installed
    wanted = CACHE / f"{source}-{upstream.rpartition('-')[0]}"
    if not wanted.is_dir():
        apt("apt-get", "update", stdout=subprocess.DEVNULL)
        shown = apt("apt-cache", "showsrc", source, capture_output=True, text=True).stdout
        for version in {installed: 0} | dict.fromkeys(re.findall(r"(?m)^Version: (\S+)", shown)):
            try:
                apt("apt-get", "source", f"{source}={version}", cwd=CACHE, stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL)
                break
            except subprocess.CalledProcessError:
                print(f"suites: no source of {source} {version}", flush=True)
    unpacked = [p for p in sorted(CACHE.glob(f"{source}-*"), reverse=True) if p.is_dir()]
    if not unpacked:
        raise SystemExit(f"suites: Debian's sources of {source} cannot be had here; give them with --source")
    return wanted if wanted.is_dir() else unpacked[0]


def postgres_programs(source, target):
    """Where the programs of exactly this source's version are: PostgreSQL's expected outputs change with its minor
    versions. None: those installed, if all are there; else Debian's, unpacked into `target`: installing would
    replace the programs under whoever runs them."""
    version = re.search(r"PACKAGE_VERSION='(.*?)'", (source / "configure").read_text())[1]
    if all(installed_version(name).startswith(f"{version}-") for name in PROGRAMS):
        return None
    known = subprocess.check_output(["apt-cache", "madison", "postgresql-15"], text=True)
    packaged = re.search(rf"\| (\S*{re.escape(version)}-\S+) \|.* Packages", known)
    if not packaged:
        raise SystemExit(f"suites: the tests are those of {version}, and its programs cannot be had here")
    print(f"suites: with PostgreSQL {version}, as its tests are", flush=True)
    debs = CACHE / f"debs-{packaged[1]}"
    debs.mkdir(parents=True, exist_ok=True)
    if len(list(debs.glob("*.deb"))) < len(PROGRAMS):
        subprocess.run(["apt-get", "download", "-q", "-o", "APT::Sandbox::User=root",
                        *(f"{name}={packaged[1]}" for name in PROGRAMS)], check=True, cwd=debs)
    for deb in debs.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", deb, target], check=True)
    return target / "usr/lib/postgresql/15/bin"
