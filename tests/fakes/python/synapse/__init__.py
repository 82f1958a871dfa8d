"""As much of Synapse as core/process/forkserver.py touches, imported in no time."""
