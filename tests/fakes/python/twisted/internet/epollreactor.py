class EPollReactor:
    pass
