#!/usr/bin/python3
"""squash.py SOURCE MOUNTPOINT: a directory as a file server shows it that believes root nothing.

What root asks for is done as nobody, what any other user asks for as that user; so root makes files of nobody's, reads no
more than anybody, and changes no owner. With SQUASH_ALL=UID all is done as that user, whoever asks. Needs root, FUSE and
python3-fusepy. Ends when it is unmounted.
"""

import ctypes
import errno
import os
import sys

import fusepy as fuse

NOBODY = 65534
ALL = int(os.environ.get("SQUASH_ALL", "0"))
libc = ctypes.CDLL(None, use_errno=True)


class Squash(fuse.Operations):
    use_ns = True

    def __init__(self, source):
        self.source = source

    def __call__(self, name, path, *arguments):
        uid, gid, _ = fuse.fuse_get_context()
        uid, gid = (ALL, ALL) if ALL else (NOBODY, NOBODY) if uid == 0 else (uid, gid)
        if not hasattr(self, name):
            raise fuse.FuseOSError(errno.ENOSYS)
        libc.setfsgid(gid)
        libc.setfsuid(uid)
        try:
            return getattr(self, name)(self.source + path, *arguments)
        finally:
            libc.setfsuid(0)
            libc.setfsgid(0)

    def init(self, path):
        os.setgroups([])
        os.umask(0)

    def destroy(self, path):
        pass

    def access(self, path, mode):
        # By the identity for file systems, which access(2) does not look at.
        with_mode = {os.R_OK: os.O_RDONLY, os.W_OK: os.O_WRONLY}.get(mode & 6, os.O_RDWR)
        if mode & 6 and not os.path.isdir(path):
            os.close(os.open(path, with_mode | os.O_NONBLOCK))

    def getattr(self, path, handle=None):
        found = os.lstat(path)
        plain = {key: getattr(found, key) for key in ("st_gid", "st_uid", "st_mode", "st_nlink", "st_size", "st_blocks")}
        return plain | {key: getattr(found, key + "_ns") for key in ("st_atime", "st_ctime", "st_mtime")}

    def readdir(self, path, handle):
        return [".", ".."] + os.listdir(path)

    def statfs(self, path):
        found = os.statvfs(path)
        return {key: getattr(found, key) for key in ("f_bavail", "f_bfree", "f_blocks", "f_bsize", "f_favail", "f_ffree",
                                                     "f_files", "f_flag", "f_frsize", "f_namemax")}

    def mkdir(self, path, mode): return os.mkdir(path, mode)
    def rmdir(self, path): return os.rmdir(path)
    def unlink(self, path): return os.unlink(path)
    def mknod(self, path, mode, device): return os.mknod(path, mode, device)
    def readlink(self, path): return os.readlink(path)
    def symlink(self, path, target): return os.symlink(target, path)
    def rename(self, path, to): return os.rename(path, self.source + to)
    def link(self, path, to): return os.link(self.source + to, path)
    def chmod(self, path, mode): return os.chmod(path, mode)
    def chown(self, path, uid, gid): return os.lchown(path, uid, gid)
    def utimens(self, path, times=None): return os.utime(path, ns=times)
    def truncate(self, path, length, handle=None): return os.truncate(path, length)
    def open(self, path, flags): return os.open(path, flags)
    def create(self, path, mode): return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
    def read(self, path, size, offset, handle): return os.pread(handle, size, offset)
    def write(self, path, data, offset, handle): return os.pwrite(handle, data, offset)
    def flush(self, path, handle): return os.close(os.dup(handle))
    def fsync(self, path, only_data, handle): return os.fsync(handle)
    def release(self, path, handle): return os.close(handle)


if __name__ == "__main__":
    fuse.FUSE(Squash(os.path.realpath(sys.argv[1])), sys.argv[2], foreground=True, nothreads=True, allow_other=True,
              default_permissions=False, fsname="squash")
