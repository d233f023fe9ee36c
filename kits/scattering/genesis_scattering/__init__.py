"""Small-angle scattering: simulated curves of many shapes, a network that tells shape and size, and its use on measured curves."""

VERSION = "1.1.2"
