import os

sdnotify_sockaddr = os.getenv("NOTIFY_SOCKET")
