"""Tries one operation on one path as a user, and undoes it; see matrix."""

import ctypes
import os
import stat
import threading


class Denied(Exception):
    pass


def as_them(uid, gid, function):
    """Runs function with a user's ids of the file system and no capability that goes with root's."""
    result = []

    def run():
        libc = ctypes.CDLL(None, use_errno=True)
        # By the kernel's own calls: those of the library would change every thread.
        libc.syscall(116, 0, None)  # setgroups
        libc.syscall(119, gid, gid, gid)  # setresgid
        libc.syscall(117, uid, uid, uid)  # setresuid
        try:
            result.append((True, function()))
        except OSError as error:
            result.append((False, error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    done, value = result[0]
    if not done:
        raise Denied(value)
    return value


SPARE = ".trust-spare"


class Cell:
    """One path, by a descriptor of its directory, so that undoing goes where doing went."""

    def __init__(self, path):
        self.parent, self.name = os.path.split(path)
        self.path = path
        self.dir = os.open(self.parent, os.O_PATH | os.O_DIRECTORY)
        self.upper = os.open(os.path.dirname(self.parent), os.O_PATH | os.O_DIRECTORY)
        self.stat = os.stat(self.name, dir_fd=self.dir, follow_symlinks=False)

    def close(self):
        os.close(self.dir)
        os.close(self.upper)

    def read(self):
        if stat.S_ISDIR(self.stat.st_mode):
            os.close(os.open(self.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=self.dir))
            return lambda: None
        if stat.S_ISSOCK(self.stat.st_mode):
            if not os.access(self.name, os.R_OK | os.W_OK, dir_fd=self.dir, effective_ids=True):
                raise PermissionError
            return lambda: None
        os.close(os.open(self.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=self.dir))
        return lambda: None

    def write(self):
        if stat.S_ISDIR(self.stat.st_mode):
            fd = os.open(self.name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=self.dir)
            try:
                os.mkdir(SPARE, dir_fd=fd)
            except OSError:
                os.close(fd)
                raise

            def undo():
                os.rmdir(SPARE, dir_fd=fd)
                os.close(fd)
            return undo
        if stat.S_ISSOCK(self.stat.st_mode):
            if not os.access(self.name, os.W_OK, dir_fd=self.dir, effective_ids=True):
                raise PermissionError
            return lambda: None
        os.close(os.open(self.name, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=self.dir))
        return lambda: None

    def rename(self):
        os.rename(self.name, SPARE, src_dir_fd=self.dir, dst_dir_fd=self.dir)
        return lambda: os.rename(SPARE, self.name, src_dir_fd=self.dir, dst_dir_fd=self.dir)

    # What is unlinked must come back, so root keeps another name of it; of a directory its emptiness is in the way, and
    # whether it may go is what rename tells.
    def unlink(self):
        if stat.S_ISDIR(self.stat.st_mode):
            return self.rename()
        self.rename()()
        kept = self.kept
        os.unlink(self.name, dir_fd=self.dir)
        return lambda: os.link(kept, self.name, dst_dir_fd=self.dir)

    def over(self, make):
        os.rename(self.name, SPARE, src_dir_fd=self.dir, dst_dir_fd=self.dir)
        made = False
        try:
            make()
            made = True
        finally:
            def undo():
                if made:
                    os.unlink(self.name, dir_fd=self.dir)
                os.rename(SPARE, self.name, src_dir_fd=self.dir, dst_dir_fd=self.dir)
            if not made:
                undo()
        return undo

    def link(self):
        return self.over(lambda: os.symlink("/etc/passwd", self.name, dir_fd=self.dir))

    def fifo(self):
        return self.over(lambda: os.mkfifo(self.name, 0o666, dir_fd=self.dir))

    def replace_directory(self):
        name = os.path.basename(self.parent)
        os.rename(name, SPARE, src_dir_fd=self.upper, dst_dir_fd=self.upper)
        os.mkdir(name, dir_fd=self.upper)

        def undo():
            os.rmdir(name, dir_fd=self.upper)
            os.rename(SPARE, name, src_dir_fd=self.upper, dst_dir_fd=self.upper)
        return undo

    METHODS = {"read": "read", "write": "write", "rename": "rename", "unlink": "unlink", "link over it": "link",
               "replace its directory": "replace_directory", "FIFO in its place": "fifo"}
    kept = None


def attempt(cell, operation, uid, gid, keep):
    """Whether it was done; it is undone by then."""
    method = getattr(cell, Cell.METHODS[operation])
    if operation == "unlink" and not stat.S_ISDIR(cell.stat.st_mode):
        cell.kept = os.path.join(keep, "kept")
        try:
            os.link(cell.path, cell.kept, follow_symlinks=False)
        except OSError:
            return attempt(cell, "rename", uid, gid, keep)  # another file system: the same permission
    try:
        undo = as_them(uid, gid, method)
    except Denied:
        return False
    else:
        undo()
        return True
    finally:
        if cell.kept:
            os.unlink(cell.kept)
            cell.kept = None
