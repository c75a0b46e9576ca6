"""`_import`: a file of rules with their exception lists and connectors. It says 200 even if all of it failed."""

from __future__ import annotations

import posixpath

from rulepack.sandbox import multipart, paging
from rulepack.sandbox.answers import Answer, Request, core, ok, siem
from rulepack.sandbox.context import BULK_IMPORT, Context
from rulepack.sandbox.imported_exceptions import ExceptionImport
from rulepack.sandbox.imported_rules import RuleImport
from rulepack.sandbox.ndjson import read_lines
from rulepack.sandbox.saved_connectors import import_connectors

FIELD = "file"
EXTENSION = ".ndjson"


def import_rules(context: Context, request: Request) -> Answer:
    """POST: each line on its own; what came before a line that fails stays."""
    settings = context.settings
    names = ("overwrite", "overwrite_exceptions", "overwrite_action_connectors", "as_new_list")
    overwrite, overwrite_exceptions, overwrite_connectors, _ = [paging.flag(request, name) for name in names]
    lines = read_lines(_file(request), settings.most_imported, settings.rules_limit)
    imported = RuleImport(context, request, overwrite=overwrite)
    candidates = imported.read(lines.rules)
    with context.state.lock:
        exceptions = ExceptionImport(context, request, overwrite=overwrite_exceptions).run(lines.exceptions)
        connectors = import_connectors(context, request, lines.connectors, overwrite=overwrite_connectors)
        imported.run(candidates, secrets=not lines.connectors)
    newest = {"unchanged_count": imported.counts["unchanged"]} if settings.version >= BULK_IMPORT else {}
    errors = imported.errors
    return ok(
        {
            "success": not errors,
            "success_count": imported.counts["success"],
            "rules_count": len(lines.rules),
            "errors": errors,
            **exceptions,
            **connectors,
            **newest,
        }
    )


def _file(request: Request) -> bytes:
    """The file of a request; the refusals are those of a handler that takes it for granted."""
    content_type = request.header("content-type") or ""
    parts = []
    if multipart.is_multipart(content_type):
        try:
            parts = multipart.parse_parts(content_type, request.body)
        except multipart.MultipartError:
            raise core(400, "Invalid multipart payload format") from None
    files = [part for part in parts if part.name == FIELD]
    if not files:
        raise siem(500, "Cannot read properties of undefined (reading 'hapi')")
    if len(files) > 1 or files[0].file_name is None:
        raise siem(500, "Cannot destructure property 'filename' of 'request.body.file.hapi' as it is undefined.")
    extension = posixpath.splitext(files[0].file_name)[1].lower()
    if extension != EXTENSION:
        raise siem(400, f"Invalid file extension {extension}")
    return files[0].data
