"""The exception lists and items of an import: lists first, then items, each on its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from rulepack import schema
from rulepack.sandbox.answers import Misfit, Payload, Request, siem
from rulepack.sandbox.context import Context
from rulepack.sandbox.exception_bodies import ItemBody, ListBody, read_body
from rulepack.sandbox.exception_items import new_comments, put_item
from rulepack.sandbox.exception_lists import ITEMS, LISTS, home_of, put_list, touch
from rulepack.sandbox.ndjson import failure
from rulepack.sandbox.wording import UNDEFINED, Issue, join_issues

# What an export has besides, and an import does not look at.
FROM_SERVER = frozenset(
    {"id", "_version", "created_at", "created_by", "updated_at", "updated_by", "tie_breaker_id", "immutable"}
)
# What an import changes of a list or an item that is there; what a line leaves out stays, but for these.
LIST_FIELDS = ("description", "meta", "name", "tags", "type")
ITEM_FIELDS = ("comments", "description", "entries", "meta", "name", "os_types", "tags", "type")
LIST_RESET: dict[str, Any] = {"tags": []}
ITEM_RESET: dict[str, Any] = {"tags": [], "os_types": []}


class ExceptionImport:
    """One import's exceptions under way: what went wrong, how many items are in, what is to be deleted."""

    def __init__(self, context: Context, request: Request, *, overwrite: bool) -> None:
        self.context = context
        self.request = request
        self.overwrite = overwrite
        self.errors: list[Payload] = []
        self.items = 0
        # Lists that were overwritten, and what of them the file has, by where they live.
        self._overwritten: list[tuple[str, str]] = []
        self._in_file: set[tuple[str, str, str]] = set()

    def run(self, lines: list[Payload]) -> Payload:
        """Import lines and give the part of the answer that is about them; refuses more than the limit."""
        limit = self.context.settings.rules_limit
        if len(lines) >= limit:
            raise siem(500, f"Can't import more than {limit} exceptions")
        items = [line for line in lines if "entries" in line or "item_id" in line]
        lists = [line for line in lines if "entries" not in line and "item_id" not in line]
        for body in self._unique(lists, ListBody, ("list_id",), "list"):
            self._list(body)
        for body in self._unique(items, ItemBody, ("item_id", "list_id"), "list item"):
            self._item(body)
        if not self.errors:
            self._delete_others()
        return {
            "exceptions_success": not self.errors,
            "exceptions_success_count": self.items,
            "exceptions_errors": self.errors,
        }

    def _unique(self, lines: Iterable[Payload], cls: type, names: tuple[str, ...], kind: str) -> Iterator[Payload]:
        """Bodies that fit, the last of those with the same ids; what does not fit, and what is twice, is an error."""
        bodies: dict[tuple[str, ...], Payload] = {}
        known = {one.name for one in schema.keys(cls).values()} | FROM_SERVER
        for line in lines:
            body, reason = self._read(cls, line, names, known)
            if reason:
                text = f"Error found importing exception {kind}: {reason}"
                self.errors.append(failure(400, text, list_id=f"(unknown {names[0]})"))
                continue
            key = tuple(body[name] for name in names)
            if key in bodies:
                text = (
                    f'More than one exception {kind} with {names[0]}: "{key[0]}" found in imports. '
                    f"The last {kind.rpartition(' ')[2]} will be used."
                )
                self.errors.append(failure(400, text, **{names[0]: key[0]}))
            bodies[key] = body
        yield from bodies.values()

    def _read(self, cls: type, line: Payload, names: tuple[str, ...], known: set[str]) -> tuple[Payload, str]:
        unknown = [name for name in line if name not in known]
        if unknown:
            return {}, f'invalid keys "{",".join(unknown)}"'
        issues: list[Issue] = [((name,), f"Expected string, {UNDEFINED}") for name in names if name not in line]
        comments = line.get("comments")
        if isinstance(comments, list):
            # Comments are new ones, whatever they were.
            line = {**line, "comments": [_comment(one) for one in comments]}
        try:
            body = read_body(cls, line, self.context.settings.version)
        except Misfit as misfit:
            body = {}
            issues = list({**dict(issues), **dict(misfit.issues)}.items())
        return body, join_issues(issues, self.context.settings.zod_version)

    def _list(self, body: Payload) -> None:
        home = home_of(self.request, body.get("namespace_type"))
        list_id = body["list_id"]
        found = self.context.state.shelf(LISTS, home).find("list_id", list_id)
        if not found:
            put_list(self.context, home, body, self.request.user)
        elif self.overwrite:
            self._overwritten.append((home, list_id))
            changed = {**LIST_RESET, **{name: body[name] for name in LIST_FIELDS if name in body}}
            touch(self.context, LISTS, home, {**found[0], **changed}, self.request.user)
        else:
            text = f'Found that list_id: "{list_id}" already exists. Import of list_id: "{list_id}" skipped.'
            self.errors.append(failure(409, text, list_id=list_id))

    def _item(self, body: Payload) -> None:
        home = home_of(self.request, body.get("namespace_type"))
        ids = {"item_id": body["item_id"], "list_id": body["list_id"]}
        state = self.context.state
        self._in_file.add((home, ids["list_id"], ids["item_id"]))
        found = state.shelf(ITEMS, home).find("item_id", ids["item_id"])
        if not state.shelf(LISTS, home).count("list_id", ids["list_id"]):
            text = (
                f'Exception list with list_id: "{ids["list_id"]}", not found for exception list item '
                f'with item_id: "{ids["item_id"]}"'
            )
            self.errors.append(failure(409, text, **ids))
        elif not found:
            put_item(self.context, home, body, self.request.user)
            self.items += 1
        elif not self.overwrite:
            text = (
                f'Found that item_id: "{ids["item_id"]}" already exists. Import of item_id: "{ids["item_id"]}" skipped.'
            )
            self.errors.append(failure(409, text, **ids))
        elif found[0]["list_id"] == ids["list_id"]:
            # An item of that name in another list is passed over without a word.
            made = {**ITEM_RESET, **{name: body[name] for name in ITEM_FIELDS if name in body}}
            made["comments"] = new_comments(self.context, body, [], self.request.user)
            touch(self.context, ITEMS, home, {**found[0], **made}, self.request.user)
            self.items += 1

    def _delete_others(self) -> None:
        """An overwritten list has only what the file has."""
        for home, list_id in self._overwritten:
            for item in self.context.state.shelf(ITEMS, home).find("list_id", list_id):
                if (home, list_id, item["item_id"]) not in self._in_file:
                    self.context.state.drop(ITEMS, home, item["id"])


def _comment(one: Any) -> Any:
    return {"comment": one["comment"]} if isinstance(one, dict) and "comment" in one else one
