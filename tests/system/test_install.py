"""An installed tree works wherever it stands: the shim finds the broker beside itself, the command line both."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

from support import pg, pool as support_pool, wait


@pytest.fixture
def shared():
    """A directory that others may enter."""
    directory = pg.scratch("podpool-volume-")
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def prefix(tmp_path):
    prefix = tmp_path / "elsewhere"
    subprocess.run(["cmake", "--install", support_pool.BUILD, "--prefix", prefix], check=True, stdout=subprocess.DEVNULL)
    assert sorted(str(p.relative_to(prefix)) for p in prefix.rglob("*") if p.is_file()) == [
        "bin/podpool", "lib/libpodpool.so"]
    return prefix


def end(podpool, env):
    def status():
        return subprocess.run([podpool, "status", "--json"], env=env, capture_output=True).stdout
    pid = json.loads(wait.until(status, "the broker answers", seconds=30))["pid"]
    assert os.readlink(f"/proc/{pid}/exe") == str(podpool)
    os.kill(pid, signal.SIGTERM)
    wait.until(lambda: not os.path.exists(env["PODPOOL_DIR"] + "/sock"), "the broker has ended")


@pytest.mark.pooled
@pytest.mark.parametrize("how", ["preloaded", "run"])
def test_an_installed_tree_is_complete(how, prefix, tmp_path, postgres_trust):
    podpool = prefix / "bin/podpool"
    rundir = tmp_path / "run"
    rundir.mkdir(mode=0o700)
    env = pg.clean_env(PODPOOL_DIR=str(rundir), PODPOOL_TARGETS=f"*:{postgres_trust.port}")
    ask = ["psql", "-XAtc", "select 40 + 2", postgres_trust.dsn("app", user="app")]
    if how == "preloaded":
        said = subprocess.run(ask, env=env | {"LD_PRELOAD": f"{prefix}/lib/libpodpool.so"}, stdout=subprocess.PIPE, text=True)
    else:
        said = subprocess.run([podpool, "run", "--", *ask], env=env, stdout=subprocess.PIPE, text=True)
    assert (said.returncode, said.stdout) == (0, "42\n")
    end(podpool, env)


README = pathlib.Path(__file__).parents[2] / "README.md"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: to be somebody else")
def test_the_init_container_of_the_readme_may_copy_into_its_volume(shared, prefix):
    """An emptyDir is root's and everybody's; the image of Dockerfile.example runs as nobody."""
    shutil.copytree(prefix, shared / "image")
    volume = shared / "volume"
    volume.mkdir()
    volume.chmod(0o777)
    command = re.search(r"command: \[(cp, .*?)\]", README.read_text())[1].split(", ")
    command = [{"/opt/podpool/.": f"{shared}/image/.", "/mnt": str(volume)}.get(word, word) for word in command]
    assert str(volume) in command
    subprocess.run(["setpriv", "--reuid", "65534", "--clear-groups", "--", *command], check=True)
    assert os.access(volume / "bin/podpool", os.X_OK) and (volume / "lib/libpodpool.so").exists()
