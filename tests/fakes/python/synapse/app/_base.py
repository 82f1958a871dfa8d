import os

sdnotify_sockaddr = os.getenv("NOTIFY_SOCKET")


def sdnotify(_):
    return sdnotify_sockaddr
