def installReactor(_):
    pass
