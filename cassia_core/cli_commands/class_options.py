"""The options of `class`; loads nothing."""

from __future__ import annotations


def add_class(commands) -> None:
    """The options of `class`."""
    command = commands.add_parser("class", help="codes with which people sign in to a shared server")
    kinds = command.add_subparsers(title="what to do", required=True, metavar="WHAT")
    new = kinds.add_parser("create", help="make codes; they are printed once")
    new.add_argument("name", metavar="NAME", help="small letters, digits and dashes")
    new.add_argument("--people", type=int, default=30, help="number of codes (default 30)")
    new.add_argument(
        "--role",
        choices=("person", "teacher", "operator"),
        default="person",
        help="what the codes open (default: person; one for the teacher is added)",
    )
    new.set_defaults(run="classes.create")
    listing = kinds.add_parser("list", help="the classes there are")
    listing.set_defaults(run="classes.list_all")
    closing = kinds.add_parser("revoke", help="close all codes of a class")
    closing.add_argument("name", metavar="NAME")
    closing.set_defaults(run="classes.revoke")
