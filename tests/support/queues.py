"""What the kernel holds of a TCP connection within this host."""


def in_the_kernel(sock):
    """Bytes said on this connection, in either direction, that the other end has not read."""
    near, far = f":{sock.getsockname()[1]:04X}", f":{sock.getpeername()[1]:04X}"
    total = 0
    with open("/proc/net/tcp") as table:
        for _, here, there, _, queues, *_ in map(str.split, table):
            if {here[-5:], there[-5:]} == {near, far}:
                total += sum(int(queue, 16) for queue in queues.split(":"))
    return total
