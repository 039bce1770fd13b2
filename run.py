"""Set up and start CASSIA Workbench.

  python3 run.py              set everything up (first time: a few minutes), start the app, open the browser
  python3 run.py test         set everything up and run all checks and tests, as CI does;
                              with something behind it, pytest alone: python3 run.py test tests/unit
  python3 run.py setup        set everything up and stop
  python3 run.py cli ...      the command line, such as: python3 run.py cli doctor
  python3 run.py screenshots  take the pictures of all screens anew (needs chromium)

Options of the start: --port N (default 8501), --no-browser, --address A (default localhost).
Needs Python 3.11, 3.12 or 3.13 and, the first time, a network. Everything goes into the folder .venv beside
this file;
delete that folder to undo it.
"""

# Standard library only, and plain syntax, so that an old Python can still print its message.
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(HERE, ".venv")
REQUIREMENTS = os.path.join(HERE, "requirements.txt")
STAMP = os.path.join(VENV, "installed.txt")
OLDEST, NEWEST = (3, 11), (3, 13)
DEFAULT_PORT = 8501


def stop(what, remedy):
    """Say what is wrong and what to do, and end."""
    sys.stderr.write("\n{}\n{}\n".format(what, remedy))
    sys.exit(1)


def check_python():
    """End with a plain message when this Python is too old or too new."""
    version = sys.version_info[:2]
    if OLDEST <= version <= NEWEST:
        return
    which = getattr(shutil, "which", lambda name: None)  # Python 2 has none
    other = next((name for name in ("python3.13", "python3.12", "python3.11") if which(name)), None)
    remedy = (
        "Start it with a Python that fits: {} run.py".format(other)
        if other
        else "Install Python 3.13 from python.org (or your system's packages) and start run.py with it."
    )
    stop("This is Python {}.{}; CASSIA Workbench needs 3.11, 3.12 or 3.13.".format(*version), remedy)


def venv_python():
    """Path of the Python inside .venv."""
    parts = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return os.path.join(VENV, *parts)


def wanted_stamp():
    """What a finished set-up leaves behind: the Python and a hash of the pinned packages."""
    with open(REQUIREMENTS, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    return "{}.{}.{} {}".format(sys.version_info[0], sys.version_info[1], sys.version_info[2], digest)


def is_set_up():
    """Whether .venv holds exactly what requirements.txt asks for."""
    try:
        with open(STAMP) as file:
            return file.read() == wanted_stamp() and os.path.exists(venv_python())
    except OSError:
        return False


def set_up():
    """Make .venv and install the pinned packages, unless that is done already."""
    if is_set_up():
        return
    print("Setting up in {} (about 1.5 GB; a few minutes the first time).".format(VENV))
    make_venv()
    install()
    with open(STAMP, "w") as file:
        file.write(wanted_stamp())
    print("Set-up is done.")


def make_venv():
    """Make the virtual environment; one of another Python is made anew."""
    result = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True)
    if result.returncode != 0:
        sys.stderr.write(result.stdout + result.stderr)
        stop(
            "A virtual environment could not be made.",
            "On Debian or Ubuntu: sudo apt-get install python{}.{}-venv. Elsewhere: check that the folder {} "
            "can be written and the disk is not full.".format(sys.version_info[0], sys.version_info[1], HERE),
        )


def install():
    """Install the pinned packages with pip."""
    command = [
        venv_python(),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--require-virtualenv",
        "-q",
        "-r",
        REQUIREMENTS,
    ]
    waiting = threading.Event()
    threading.Thread(target=show_time, args=(waiting,), daemon=True).start()
    result = subprocess.run(command, capture_output=True, text=True)
    waiting.set()
    if result.returncode == 0:
        return
    sys.stderr.write(result.stderr[-3000:])
    words = result.stderr.lower()
    if any(
        w in words for w in ("connection", "resolve", "network", "retries exceeded", "timed out", "proxy")
    ):
        stop(
            "The packages could not be fetched: there seems to be no network.",
            "Connect to the internet (or set the proxy your institute uses: HTTPS_PROXY) and start again.",
        )
    if "no space" in words:
        stop("The disk is full.", "Free about 2 GB and start again.")
    stop("The packages could not be installed.", "The lines above say why. Start again after mending it.")


def show_time(done):
    """A line every 20 seconds, so that nobody thinks it hangs."""
    begun = time.time()
    while not done.wait(20):
        print("  still installing, {:.0f} s".format(time.time() - begun))
        sys.stdout.flush()


def port_is_free(address, port):
    """Whether nothing listens there."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def read_start_options(arguments):
    """--port, --address and --no-browser; anything else is refused."""
    options = {"--port": str(DEFAULT_PORT), "--address": "localhost", "browser": True}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--no-browser":
            options["browser"] = False
        elif word in ("--port", "--address") and rest:
            options[word] = rest.pop(0)
        else:
            stop("`{}` is not understood.".format(word), "python3 run.py --help lists what can be said.")
    if not options["--port"].isdigit() or not 0 < int(options["--port"]) < 65536:
        stop("The port must be a number from 1 to 65535.", "For example: python3 run.py --port 8600")
    return options


def start(arguments):
    """Start the app and open the browser when it answers."""
    options = read_start_options(arguments)
    port, address = int(options["--port"]), options["--address"]
    if not port_is_free(address, port):
        stop(
            "Port {} is taken: the app may be running already, or another program uses it.".format(port),
            "Open http://localhost:{} to see, or choose another port: python3 run.py --port {}".format(
                port, port + 1
            ),
        )
    set_up()
    command = ["-m", "cassia_core", "app", "--port", str(port), "--address", address]
    return inside(command + ([] if options["browser"] else ["--no-browser"]))


def inside(arguments):
    """Run a command with .venv's Python; its exit code is ours."""
    process = subprocess.Popen([venv_python()] + arguments, cwd=HERE)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # Ctrl-C reaches the command too, which ends by itself
            continue


def main(arguments):
    """Read the command and carry it out."""
    if any(word in ("-h", "--help", "help") for word in arguments[:1]):
        print(__doc__)
        return 0
    check_python()
    command = arguments[0] if arguments and not arguments[0].startswith("-") else "start"
    rest = arguments[1:] if command != "start" or arguments[:1] == ["start"] else arguments
    if command == "start":
        return start(rest)
    commands = {
        "test": ["-m", "pytest"] if rest else ["scripts/check"],
        "cli": ["-m", "cassia_core"],
        "screenshots": ["scripts/screenshots.py"],
        "setup": ["-c", "print('Ready.')"],
    }
    if command not in commands:
        stop("`{}` is not understood.".format(command), "python3 run.py --help lists what can be said.")
    set_up()
    return inside(commands[command] + rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
