# SPDX-License-Identifier: BSD-2-Clause
"""What must be there before anything else works: Debian's packages on this machine, the guests'
arm64 packages (unpacked into the build folder, never installed), and a finished build. Each
function returns at once when there is nothing to do. Standard library only: this runs first."""

import contextlib
import fcntl
import json
import os
import pathlib
import re
import shutil
import subprocess
import tarfile

from .steps import Failure, say, step_run

ROOT = pathlib.Path(__file__).resolve().parents[2]

HOST_PACKAGES = """
    qemu-system-arm gcc-aarch64-linux-gnu binutils-aarch64-linux-gnu picolibc-aarch64-linux-gnu
    meson ninja-build pkg-config gcc libc6-dev binutils libcmocka-dev
    clang libclang-rt-14-dev clang-format spin python3-libfdt python3-pyelftools
    """.split()
DEBUG_PACKAGES = ["gdb-multiarch"]

# What a `debian:` file of a system description stands for: package and pattern of the file in it.
DEBIAN_FILES = {
    "cloud": ("linux-image-cloud-arm64", r"\./boot/vmlinuz-.*"),
    "generic": ("linux-image-arm64", r"\./boot/vmlinuz-.*"),
    "rt": ("linux-image-rt-arm64", r"\./boot/vmlinuz-.*"),
    "u-boot": ("u-boot-qemu", r"\./usr/lib/u-boot/qemu_arm64/u-boot\.bin"),
}
METAPACKAGE = re.compile(r"linux-image(-cloud|-rt)?-arm64")


def build_folder():
    return pathlib.Path(os.environ.get("SKERRY_BUILD") or ROOT / "build").resolve()


@contextlib.contextmanager
def _locked(folder):
    """One set-up at a time in a build folder; the second waits and then finds it done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / ".lock", "w", encoding="ascii")
    except OSError as error:
        raise Failure(f"{folder}: {error.strerror}; set SKERRY_BUILD to a folder to write to, "
                      "or run as its owner") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _missing(packages):
    if shutil.which("dpkg-query") is None:  # no Debian
        return packages
    query = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n",
                            *packages], capture_output=True, text=True, check=False)
    there = {line.split()[0] for line in query.stdout.splitlines() if line.endswith(" installed")}
    return [package for package in packages if package not in there]


def _apt(text, *arguments, cwd=None, attempts=3):
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive", LC_ALL="C.UTF-8")
    return step_run(text, ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=600",
                           "-o", "Acquire::Retries=3", "-o", "APT::Sandbox::User=root", *arguments],
                    cwd=cwd, env=env, attempts=attempts)


def _update():
    """A source that does not answer is no reason to stop: what is needed may be in the others."""
    try:
        _apt("reading Debian's package lists", "update")
    except Failure as failure:
        say(f"{failure}; going on with the lists that are here")


def setup_host(debug=False):
    """Installs what the build, the tests and QEMU need on this machine."""
    missing = _missing(HOST_PACKAGES + (DEBUG_PACKAGES if debug else []))
    if not missing:
        return
    if shutil.which("apt-get") is None:
        raise Failure("this machine has no apt-get; install: " + " ".join(missing))
    if os.geteuid() != 0:
        raise Failure("run once as root, or install: " + " ".join(missing))
    with _locked(build_folder()):
        _update()
        _apt(f"installing {len(missing)} Debian packages", "install", "--no-install-recommends",
             *missing)


def _foreign():
    """Makes this machine's apt know arm64 packages; nothing of them is ever installed."""
    known = subprocess.run(["dpkg", "--print-foreign-architectures"], capture_output=True,
                           text=True, check=True).stdout.split()
    native = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True,
                            check=True).stdout.strip()
    if "arm64" not in [native, *known]:
        if os.geteuid() != 0:
            raise Failure("run once as root: the guests' packages need "
                          "`dpkg --add-architecture arm64`")
        step_run("adding the arm64 architecture", ["dpkg", "--add-architecture", "arm64"])


def _candidate(package):
    """Name and architecture as apt wants them, metapackages followed; None if apt knows none."""
    for name in (f"{package}:arm64", package):
        shown = subprocess.run(["apt-cache", "show", "--no-all-versions", name],
                               capture_output=True, text=True, check=False)
        if shown.returncode != 0 or not shown.stdout.strip():
            continue
        if not METAPACKAGE.fullmatch(package):
            return name
        real = re.search(r"^Depends:.*?(linux-image-[0-9][^ ,(]*)", shown.stdout, re.M)
        if real:
            return real[1] + ":arm64"
    return None


def _unpack(archive, folder):
    """Unpacks a .deb, but no kernel modules and documentation: they are most of its size."""
    process = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE)
    with process.stdout, tarfile.open(fileobj=process.stdout, mode="r|") as files:
        for member in files:
            name = member.name.removeprefix("./")
            if not name.startswith(("lib/modules/", "usr/share/doc/", "usr/share/man/")):
                files.extract(member, folder, set_attrs=False, numeric_owner=True)
    if process.wait() != 0:
        raise Failure(f"{archive.name} does not unpack; delete it and try again")


def _fetch(package, folder):
    name = _candidate(package)
    if name is None:
        _foreign()
        _update()
        name = _candidate(package)
    if name is None:
        raise Failure(f"Debian's package lists know no {package}; check the network "
                      "and /etc/apt/sources.list")
    work = folder.with_suffix(".part")
    shutil.rmtree(work, ignore_errors=True)
    (work / "deb").mkdir(parents=True)
    try:
        _apt(f"fetching {name}", "download", name, cwd=work / "deb", attempts=1)
    except Failure:
        _update()
        _apt(f"fetching {name} again", "download", name, cwd=work / "deb")
    archive = next((work / "deb").glob("*.deb"))
    _unpack(archive, work / "files")
    shutil.rmtree(folder, ignore_errors=True)
    (work / "files").rename(folder)
    (folder.parent / (folder.name + ".version")).write_text(archive.name + "\n", encoding="ascii")
    shutil.rmtree(work)


def setup_guest_package(package):
    """The folder with the unpacked files of one arm64 package, fetched if it is not there."""
    store = build_folder() / "debian"
    folder = store / package
    if not (store / (package + ".version")).exists():
        with _locked(store):
            if not (store / (package + ".version")).exists():
                _fetch(package, folder)
    return folder


def setup_debian_file(name):
    """The path of a file that a description calls `debian:NAME`."""
    package, pattern = DEBIAN_FILES[name]
    folder = setup_guest_package(package)
    for path in sorted(folder.rglob("*")):
        if re.fullmatch(pattern, "./" + str(path.relative_to(folder))):
            return path
    raise Failure(f"package {package} holds no file {pattern}; delete {folder} and try again")


def _configured(build):
    """Not if one of the folders was moved, or copied: Meson's files hold both paths."""
    if not (build / "build.ninja").exists():
        return False
    try:
        information = json.loads((build / "meson-info/meson-info.json").read_bytes())
        folders = information["directories"]
        project = json.loads((build / "meson-info/intro-projectinfo.json").read_bytes())
        name = project["descriptive_name"]
    except (OSError, ValueError, KeyError):  # an interrupted set-up's
        return False
    if name != "skerry":
        raise Failure(f"{build} is the build folder of {name}; set SKERRY_BUILD to another")
    return (folders["source"], folders["build"]) == (str(ROOT), str(build))


def setup_build():
    """Configures the build folder if needed and brings everything in it up to date."""
    build = build_folder()
    with _locked(build):
        if not _configured(build):
            for folder in ("meson-private", "meson-info"):
                shutil.rmtree(build / folder, ignore_errors=True)
            step_run("configuring the build", ["meson", "setup", str(build), str(ROOT),
                                               "--cross-file", str(ROOT / "tools/cross.ini")])
        plan = subprocess.run(["ninja", "-C", str(build), "-n"], capture_output=True, text=True,
                              errors="replace", check=False)
        if "no work to do" not in plan.stdout:
            step_run("building", ["ninja", "-C", str(build)])
    return build
