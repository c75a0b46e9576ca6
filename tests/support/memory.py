"""How much memory a process needed at most, as Linux counts it."""

# Gives a program `peak()`, in kilobytes. `ru_maxrss` would not do: it begins with what the process had that started
# this one, which after a thousand tests is more than rulepack ever needs.
PEAK = """
def peak():
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("VmHWM:")).split()[1])
"""
