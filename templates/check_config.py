# Lets Synapse's own parser check the configuration files of every process, as `nginx -t` does for nginx. It runs as
# Synapse's user. It writes no file and opens no connection: where Synapse would write, it only tests whether that would
# work. Descriptor 0 holds this program, a NUL byte and the question: a line of JSON, then the texts that it names.
# The answer replaces them.
import builtins
import copy
import errno
import gc
import io
import json
import logging
import os
import site
import socket
import stat
import sys
import time

MOST_PROBLEMS, MOST_PATHS = 20, 400
SECONDS_TO_SEARCH = 4  # processor time to find the option behind a message that names none
REAL_OPEN, REAL_STAT, REAL_OS_OPEN = io.open, os.stat, os.open
CHANGES = ("chmod", "chown", "lchown", "link", "remove", "rename", "replace", "rmdir", "symlink", "truncate", "unlink",
           "utime")
SECRET = ("secret", "password", "token", "_key", "pepper")
WORKER_APP = "is for the file of a worker, and the main process reads this one too"
FIXED = ("server_name", "report_stats")  # the parser needs these, so leaving them out would tell nothing


class Kept(io.BytesIO):
    """A file that Synapse writes. Its content is only kept in memory."""

    def __init__(self, world, path, text=b""):
        super().__init__(text)
        self.world, self.path = world, path

    def close(self):
        if not self.closed:
            self.world.texts[self.path] = self.getvalue()
        super().close()


class Named(io.TextIOWrapper):
    """Text of a file that is only in memory. It has the file's name, so that messages show it."""

    def __init__(self, raw, path, **rest):
        super().__init__(raw, **rest)
        self.path = path

    @property
    def name(self):
        return self.path


class World:
    """The files that Synapse sees: those on disk, and over them those that the start is going to write. The class also
    records which paths Synapse has looked at."""

    def __init__(self, texts, made):
        self.texts, self.made, self.directories = dict(texts), list(made), set()
        self.read, self.looked = set(), set()
        self.doubt = None  # why the parser may accept at the start what it refuses now

    def is_made(self, path):
        return any(path == place or path.startswith(place.rstrip("/") + "/") for place in self.made)

    def fail(self, code, path):
        if code in (errno.EACCES, errno.EPERM) and self.is_made(path):
            self.doubt = path
        raise OSError(code, os.strerror(code), path)

    def try_place(self, path):
        """Raises the error that creating this path would raise."""
        parent = os.path.dirname(path)
        self.looked.add(parent)
        if parent in self.directories or self.is_made(path):
            return
        if not os.path.isdir(parent):
            self.fail(errno.ENOTDIR if os.path.exists(parent) else errno.ENOENT, path)
        if not os.access(parent, os.W_OK | os.X_OK):
            self.fail(errno.EROFS if os.statvfs(parent).f_flag & os.ST_RDONLY else errno.EACCES, path)

    def try_writing(self, path):
        try:
            found = REAL_STAT(path)
        except OSError:
            return path in self.texts or self.try_place(path)
        if stat.S_ISDIR(found.st_mode):
            self.fail(errno.EISDIR, path)
        if not os.access(path, os.W_OK) and not self.is_made(path):
            self.fail(errno.EACCES, path)

    def write(self, path, mode, rest):
        if "x" in mode and os.path.exists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
        self.try_writing(path)
        raw = Kept(self, path) if "w" in mode or "x" in mode else io.BytesIO()
        return raw if "b" in mode else Named(raw, path, write_through=True, **rest)

    def open(self, file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None):
        if isinstance(file, int):
            return REAL_OPEN(file, mode, buffering, encoding, errors, newline, closefd, opener)
        path = os.path.abspath(os.fsdecode(file))
        rest = {"encoding": encoding, "errors": errors, "newline": newline}
        if any(letter in mode for letter in "wax+"):
            return self.write(path, mode, rest)
        if path in self.texts:
            raw = io.BytesIO(self.texts[path])
            return raw if "b" in mode else Named(raw, path, **rest)
        self.read.add(path)
        try:
            return REAL_OPEN(file, mode, buffering, encoding, errors, newline, closefd, opener)
        except PermissionError as failure:
            self.fail(failure.errno, path)

    def stat(self, path, *, dir_fd=None, follow_symlinks=True):
        if isinstance(path, int) or dir_fd is not None:
            return REAL_STAT(path, dir_fd=dir_fd, follow_symlinks=follow_symlinks)
        name = os.path.abspath(os.fsdecode(path))
        if name in self.texts:
            kind, size = stat.S_IFREG | 0o640, len(self.texts[name])
        elif name in self.directories:
            kind, size = stat.S_IFDIR | 0o750, 0
        else:
            self.looked.add(name)
            try:
                return REAL_STAT(path, follow_symlinks=follow_symlinks)
            except PermissionError as failure:
                self.fail(failure.errno, name)
        return os.stat_result((kind, 0, 0, 1, os.getuid(), os.getgid(), size, 0, 0, 0))

    def mkdir(self, path, mode=0o777, *, dir_fd=None):
        name = os.path.abspath(os.fsdecode(path))
        if os.path.lexists(name) or name in self.directories:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)
        self.try_place(name)
        self.directories.add(name)

    def os_open(self, path, flags, mode=0o777, *, dir_fd=None):
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            if isinstance(path, (str, bytes, os.PathLike)) and dir_fd is None:
                self.try_writing(os.path.abspath(os.fsdecode(path)))
            return REAL_OS_OPEN("/dev/null", os.O_RDWR | os.O_CLOEXEC)
        return REAL_OS_OPEN(path, flags, mode, dir_fd=dir_fd)

    def connect(self, _socket, address):
        self.doubt = "a connection to %s" % (address,)

    def resolve(self, host, port, family=0, type=0, proto=0, flags=0):
        self.doubt = "the address of %s" % (host,)
        return [(socket.AF_INET, type or socket.SOCK_STREAM, proto, "", ("192.0.2.1", port))]

    def install(self):
        builtins.open = io.open = self.open
        os.stat, os.mkdir, os.open = self.stat, self.mkdir, self.os_open
        for name in CHANGES:
            setattr(os, name, lambda *_, **__: None)
        world = self

        class Deaf(socket.socket):
            def connect(self, address):
                world.connect(self, address)

            def connect_ex(self, address):
                world.connect(self, address)
                return 0

        socket.socket, socket.getaddrinfo = Deaf, self.resolve


class Tracked(dict):
    """The merged configuration. It records which options were read."""

    def __init__(self, given, asked):
        super().__init__(given)
        self.asked = asked

    def get(self, key, default=None):
        self.asked.append(key)
        return super().get(key, default)

    def __getitem__(self, key):
        self.asked.append(key)
        return super().__getitem__(key)

    def __contains__(self, key):
        self.asked.append(key)
        return super().__contains__(key)


class Refused(Exception):
    """A problem that the parser does not find, but that would end Synapse's start. It has the option's path."""

    def __init__(self, path, text):
        super().__init__(text)
        self.path, self.msg = path, text


class Parser:
    """Synapse's parser. What all processes have in common is loaded once."""

    def __init__(self, texts_of_secrets=()):
        import yaml
        from synapse.config import _base, homeserver
        from synapse.config.appservice import load_appservices

        self.yaml, self.base, self.secrets = yaml, _base, set(texts_of_secrets)
        self.config_class, self.load_appservices = homeserver.HomeServerConfig, load_appservices
        self.read_config_files = _base.read_config_files
        self.documents, self.templates = {}, {}
        self.remember()

    def remember(self):
        """All processes have the same files and templates, so each is parsed only once."""
        parse, compile_templates = self.yaml.safe_load, self.base.Config.read_templates

        def safe_load(stream):
            text = stream if isinstance(stream, (str, bytes)) else stream.read()
            if text not in self.documents:
                self.documents[text] = parse(io.StringIO(text) if isinstance(text, str) else io.BytesIO(text))
            return copy.deepcopy(self.documents[text])

        def read_templates(config, filenames, directories=None):
            directories = None if directories is None else list(directories)
            key = repr((filenames, directories, config.root.server.public_baseurl))
            if key not in self.templates:
                self.templates[key] = compile_templates(config, filenames, directories)
            return self.templates[key]

        self.yaml.safe_load, self.base.Config.read_templates = safe_load, read_templates

    def ask(self, process, read_config_files=None):
        """Reads the files as the process does at its start, up to the point at which it needs a database. Raises what
        the process would raise."""
        arguments = [word for path in process["files"] for word in ("-c", path)]
        self.base.read_config_files = read_config_files or self.read_config_files
        if process["name"] == "main":
            config = self.config_class.load_or_generate_config("Synapse Homeserver", arguments)
            start_of_main(config)
            log_config = config.logging.log_config
        else:
            config = self.config_class.load_config("Synapse worker", arguments)
            log_config = config.worker.worker_log_config
        start_of_logging(log_config)
        return config

    def ask_registrations(self, config):
        self.load_appservices(config.server.server_name, config.appservice.app_service_config_files)


def start_of_logging(path):
    """Loads the logging configuration as synapse.config.logger does. Log files are only tested for writing."""
    if path is None:
        return
    from synapse.config.logger import _load_logging_config

    disabled = logging.root.manager.disable
    try:
        _load_logging_config(path)
    except Refused:
        raise
    except Exception as failure:
        raise Refused(["log_config"], "%s: %s" % (path, words(failure))) from failure
    finally:
        logging.disable(disabled)


def start_of_listeners(config):
    from synapse.config.server import TCPListenerConfig
    from synapse.util.module_loader import load_module

    for listener in config.server.listeners:
        if listener.type in ("manhole", "metrics"):
            if not isinstance(listener, TCPListenerConfig):
                raise Refused(["listeners"], "a listener of type %s needs a port, it cannot be a socket" % listener.type)
            continue
        options = listener.http_options
        names = {name for resource in options.resources for name in resource.names} if options else set()
        if "media" in names and not names & {"client", "federation"} and not config.media.can_load_media_repo:
            raise Refused(["enable_media_repo"], "false, but a listener has the resource media")
        if "consent" in names:
            if config.consent.user_consent_version is None or config.consent.user_consent_template_dir is None:
                raise Refused(["listeners"], "a listener has the resource consent, and user_consent is missing")
            if config.key.form_secret is None:
                raise Refused(["form_secret"], "is missing, and a listener has the resource consent")
        for path, resource in (options.additional_resources if options else {}).items():
            load_module(resource, ("listeners", "additional_resources", path))


def start_of_main(config):
    """Repeats the tests that synapse.app.homeserver makes after parsing, and that its client resource makes later."""
    if config.worker.worker_app:
        raise Refused(["worker_app"], WORKER_APP)
    registration = config.registration
    needs = registration.registrations_require_3pid
    delegated = getattr(getattr(config, "mas", None), "enabled", False)
    if not delegated and not isinstance(needs, (list, tuple, set, dict, str)):
        raise Refused(["registrations_require_3pid"], "must be a list")
    if not delegated:
        if "email" in needs and not config.email.can_verify_email:
            raise Refused(["registrations_require_3pid"], "asks for an email address, and email is not configured")
        if "msisdn" in needs and not registration.disable_msisdn_registration:
            if not registration.account_threepid_delegate_msisdn:
                raise Refused(["registrations_require_3pid"],
                              "asks for a telephone number, and account_threepid_delegates.msisdn is missing")
    start_of_listeners(config)


def words(failure):
    """A failure as one line."""
    parts = []
    while failure is not None and len(parts) < 6:
        text = getattr(failure, "msg", None)
        if not isinstance(text, str) or isinstance(failure, OSError):
            text = str(failure)
            if len(failure.args) > 1 and not isinstance(failure, OSError):
                text = str(failure.args[0])  # the others repeat it with values
            if type(failure).__module__ == "builtins" and not isinstance(failure, (OSError, SystemExit)):
                text = "%s: %s" % (type(failure).__name__, text)
        text = " ".join(text.split()).rstrip(".")
        if text and not any(text in part for part in parts):
            parts.append(text)
        failure = failure.__cause__
    return ": ".join(parts)


class Search:
    """Finds all problems of one process. The parser stops at the first, so the option that it refused is removed, and
    the parser is asked again."""

    def __init__(self, parser, process):
        self.parser, self.process, self.problems = parser, process, []
        self.until = time.process_time() + SECONDS_TO_SEARCH
        self.files, self.good = {}, None

    def told(self, text, **rest):
        for secret in self.parser.secrets:
            text = text.replace(secret, "...")
        self.problems.append({"process": self.process["name"], "text": text, **rest})

    def yaml_problems(self):
        for path in self.process["files"]:
            try:
                with builtins.open(path) as file:
                    self.files[path] = self.parser.yaml.safe_load(file)
            except Exception as failure:
                self.told(*yaml_words(failure), **yaml_place(path, failure))
        return len(self.problems) > 0

    def merged(self):
        merged = {}
        for path in self.process["files"]:
            if isinstance(self.files.get(path), dict):
                merged.update(self.files[path])
        return merged

    def attempt(self, config):
        asked = []
        try:
            self.good = self.parser.ask(self.process, lambda _: Tracked(copy.deepcopy(config), asked))
        except (Exception, SystemExit) as failure:
            return failure, asked
        return None, asked

    def candidates(self, config, text, asked):
        """Options that the message may be about: those that it names, then those that were read last."""
        seen = []
        for key in sorted((key for key in config if isinstance(key, str) and key in text), key=len, reverse=True):
            seen.append(key)
        for key in reversed(asked):
            if isinstance(key, str) and key in config and key not in seen:
                seen.append(key)
        return [key for key in seen if key not in FIXED]

    def culprit(self, config, failure, asked):
        path = [str(step) for step in getattr(failure, "path", None) or () if not callable(step)]
        if path and path[0] in config:
            return path
        text = words(failure)
        for key in self.candidates(config, text, asked):
            if time.process_time() > self.until:
                break
            other, _ = self.attempt({name: value for name, value in config.items() if name != key})
            if other is None or words(other) != text:
                return [key]
        return path

    def file_of(self, key):
        for path in reversed(self.process["files"]):
            if isinstance(self.files.get(path), dict) and key in self.files[path]:
                return path
        return None

    def run(self, failure):
        if self.yaml_problems():
            return self.problems
        config = self.merged()
        if self.process["name"] == "main" and config.get("worker_app"):
            self.told(WORKER_APP, option=["worker_app"], file=self.file_of("worker_app"))
            del config["worker_app"]
        while failure is not None and len(self.problems) < MOST_PROBLEMS:
            self.good = None
            now, asked = self.attempt(config)
            if now is None:
                if not self.problems:
                    self.told(words(failure))
                break
            path = self.culprit(config, now, asked)
            if self.problems and (not path or path[0] not in config):
                break  # this problem only comes from the options that were removed
            self.told(words(now), option=path, file=self.file_of(path[0]) if path else None)
            if not path or path[0] not in config or path[0] in FIXED:
                break
            config = {name: value for name, value in config.items() if name != path[0]}
            if time.process_time() > self.until:
                break
        return self.problems


def yaml_words(failure):
    """PyYAML's message without the lines that it quotes from the file: they may hold a secret."""
    parts = [part for part in (getattr(failure, "context", None), getattr(failure, "problem", None)) if part]
    if not parts and getattr(failure, "reason", None):
        parts = [str(failure.reason)]
    return [" ".join(", ".join(parts).split()) or words(failure)]


def yaml_place(path, failure):
    mark = getattr(failure, "problem_mark", None) or getattr(failure, "context_mark", None)
    if mark is None:
        return {"file": path, "yaml": True}
    return {"file": path, "yaml": True, "line": mark.line + 1, "column": mark.column + 1}


def registration_problems(parser, config):
    """Checks each registration by itself, and then together with the good ones before it."""
    problems, good = [], []
    name = config.server.server_name
    for path in config.appservice.app_service_config_files:
        try:
            parser.load_appservices(name, [path])
        except Exception as failure:
            mark = getattr(failure, "problem_mark", None)
            text = yaml_words(failure)[0] if mark else registration_words(failure, path)
            problems.append({"process": "main", "file": path, "text": text, "registration": True,
                             **(yaml_place(path, failure) if mark else {})})
            continue
        try:
            parser.load_appservices(name, [*good, path])
            good.append(path)
        except Exception as failure:
            problems.append({"process": "main", "file": path, "registration": True,
                             "text": registration_words(failure, path)})
    for problem in problems:
        for secret in parser.secrets:
            problem["text"] = problem["text"].replace(secret, "...")
    return problems


def registration_words(failure, path):
    text = failure.args[0] if isinstance(failure, KeyError) and failure.args else words(failure)
    if isinstance(failure, ValueError) and len(failure.args) > 1:
        text = str(failure.args[0]).replace(" in %s", "").replace(", but got %s", "")
    return " ".join(str(text).replace("(%s)" % path, "").split())


def secrets_in(value, found, hidden=False):
    """Adds to `found` the texts that no message may show."""
    if isinstance(value, dict):
        for key, inner in value.items():
            name = str(key)
            is_path = name.endswith("_path") or name.endswith("_file")
            secrets_in(inner, found, not is_path and (hidden or any(name.endswith(end) for end in SECRET)))
    elif isinstance(value, list):
        for inner in value:
            secrets_in(inner, found, hidden)
    elif hidden and isinstance(value, str) and len(value) > 3:
        found.add(value)


def gather_secrets(parser, texts):
    for text in list(texts.values()):
        try:
            secrets_in(parser.yaml.safe_load(text.decode()), parser.secrets)
        except Exception:
            pass


def ask_all(parser, question):
    """The problems of the first process that has any. Main comes first, because a worker would repeat most of them."""
    config = None
    for process in question["processes"]:
        try:
            config = parser.ask(process) if config is None else (parser.ask(process) and config)
        except (Exception, SystemExit) as failure:
            gather_secrets(parser, question["world"].texts)
            search = Search(parser, process)
            problems = search.run(failure)
            return problems + (registration_problems(parser, search.good) if search.good else [])
    try:
        parser.ask_registrations(config)
    except Exception:
        gather_secrets(parser, question["world"].texts)
        return registration_problems(parser, config) or [{"process": "main", "text": "a registration is refused"}]
    return []


def own_modules():
    """Files of the loaded modules that belong neither to Python nor to the packages beside Synapse."""
    installed = tuple(path for path in sys.path if path.endswith(("-packages", "lib-dynload")))
    library = os.path.dirname(os.__file__)
    for name, module in list(sys.modules.items()):
        if name in ("__main__", "sitecustomize"):
            continue  # of the fork server, which may have forked this process
        path = getattr(module, "__file__", None)
        if isinstance(path, str) and not path.startswith((library, *installed)):
            yield path


def looked_at(world):
    """Paths on which the answer depends: those whose content was read, and those that were only looked for."""
    inside = tuple({os.path.dirname(os.__file__), *(path for path in sys.path if path.endswith("-packages"))})

    def kept(paths):
        return sorted(path for path in paths if not path.startswith((*inside, "/proc/", "/dev/")))

    read = kept({*world.read, *own_modules()})
    looked = [path for path in kept(world.looked) if path not in world.read and not path.startswith("/usr/")]
    return read[:MOST_PATHS], looked[:MOST_PATHS]


def question_of(data):
    head, _, rest = data.partition(b"\n")
    question, at, texts = json.loads(head), 0, {}
    for path, length in question["texts"]:
        texts[path] = rest[at : at + length]
        at += length
    question["world"] = World(texts, question["made"])
    return question


def send(answer):
    data = json.dumps(answer).encode()
    os.ftruncate(0, 0)
    os.lseek(0, 0, os.SEEK_SET)
    while data:
        data = data[os.write(0, data) :]


def silence():
    null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
    os.dup2(null, 1)
    os.dup2(null, 2)
    logging.disable(logging.CRITICAL)


def answer_to(question):
    path = os.environ.get("PATH", "")
    os.environ["PATH"] = "/nowhere"  # Synapse would ask git four times which version it is
    try:
        parser = Parser()
    except ImportError as failure:
        return {"unknown": words(failure)}
    finally:
        os.environ["PATH"] = path
    world = question["world"]
    world.install()
    problems = ask_all(parser, question)
    read, looked = looked_at(world)
    if problems and world.doubt:
        return {"unknown": "the answer depends on %s, which only the start can test" % world.doubt, "is_doubt": True}
    return {"problems": problems, "read": read, "looked": looked}


def main(data):
    question = question_of(data)
    gc.disable()  # the program ends before there is much to collect
    silence()
    os.chdir(question["cwd"])
    # Synapse's processes are started with `python -m`, which begins the path like this.
    named = [path for path in os.environ.get("PYTHONPATH", "").split(":") if path]
    sys.path[0:0] = [question["cwd"], *named]
    # The admin's modules come after Synapse's packages, as sitecustomize.py does it for Synapse's processes.
    for place in os.environ.get("SYNLUA_PYTHON_PATH", "").split(":"):
        if place:
            site.addsitedir(place)
    try:
        answer = answer_to(question)
    except BaseException as failure:
        answer = {"unknown": words(failure)}
    send({"synlua": 1, **answer})
    os._exit(0)  # a log handler may have started a thread, for which a plain exit would wait
