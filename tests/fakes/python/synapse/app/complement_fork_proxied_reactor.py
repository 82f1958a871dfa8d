class ProxiedReactor:
    real = None

    def _install_real_reactor(self, reactor):
        self.real = reactor
