"""As much of Synapse as core/forkserver.py touches, imported in no time."""
