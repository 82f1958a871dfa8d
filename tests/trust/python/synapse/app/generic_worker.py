"""A worker of the same kind."""

from synapse.app.homeserver import main

if __name__ == "__main__":
    main()
