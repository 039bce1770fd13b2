"""`class`: codes with which people of a class sign in to a shared server."""

from __future__ import annotations

import argparse

from cassia_core.services.sharing import class_codes


def create(options: argparse.Namespace) -> int:
    """`class create NAME --people 30`: print the codes, once."""
    made = class_codes.create_class(options.name, options.people, options.role)
    print(
        f"Class {options.name}. Write these down: they are kept as hashes only and cannot be shown again.\n"
    )
    for code in made:
        print(f"{code.person:32s} {class_codes.in_parts(code.code)}  {code.role}")
    return 0


def list_all(_: argparse.Namespace) -> int:
    """`class list`: names, sizes, days."""
    for known in class_codes.list_classes():
        print(f"{known.name:32s} {known.people:4d} codes, made {known.made_at[:10]}")
    return 0


def revoke(options: argparse.Namespace) -> int:
    """`class revoke NAME`: its codes open nothing any more; the work of its people stays."""
    class_codes.revoke_class(options.name)
    print(f"The codes of {options.name} are closed. The workspaces of its people stay on disk.")
    return 0
