"""Keeps the process from holding on to what it has freed."""

import ctypes

# Of <malloc.h>, with the values below in bytes (the last: a count).
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8


def give_back_freed_memory() -> bool:
    """Has glibc return freed memory to the system; to be called before threads start. False with another C library.

    By itself glibc raises its threshold for blocks of their own with the largest block that was ever freed. Bodies, tables and
    answers of up to megabytes then share heaps, one for each thread, with what lives long, and leave holes between it: memory
    grew by a tenth every few thousand operations although nothing was kept.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    options = {_MMAP_THRESHOLD: 64 * 1024, _TRIM_THRESHOLD: 128 * 1024, _ARENA_MAX: 2}
    return all([mallopt(option, value) for option, value in options.items()])
