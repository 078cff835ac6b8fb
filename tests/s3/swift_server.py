"""swift_server.py - one of the servers of OpenStack Swift, with everything below one directory.

    /usr/bin/python3 tests/s3/swift_server.py proxy|account|container|object|rings DIRECTORY

Swift takes its main configuration from /etc/swift and nowhere else; so the name of that file is
changed before the server's own program is run.  `rings` makes the rings: one device, one replica.
"""

import os
import runpy
import sys

kind, where = sys.argv[1], sys.argv[2]

import swift.common.utils  # noqa: E402

MODULES = [swift.common.utils]
try:  # from Swift 2.34 on
    import swift.common.utils.config
    MODULES.append(swift.common.utils.config)
except ImportError:
    pass
for module in MODULES:
    if hasattr(module, "SWIFT_CONF_FILE"):
        module.SWIFT_CONF_FILE = os.path.join(where, "swift.conf")


def rings():
    from swift.common.ring import RingBuilder
    for name, port in (p.split("=") for p in sys.argv[3:]):
        builder = RingBuilder(2, 1, 0)
        builder.add_dev({"id": 0, "region": 1, "zone": 1, "weight": 1, "ip": "127.0.0.1",
                         "port": int(port), "device": "disk", "meta": ""})
        builder.rebalance()
        builder.get_ring().save(os.path.join(where, name + ".ring.gz"))


if kind == "rings":
    rings()
else:
    program = f"/usr/bin/swift-{kind}-server"
    sys.argv = [program, os.path.join(where, kind + ".conf"), "--verbose"]
    runpy.run_path(program, run_name="__main__")
