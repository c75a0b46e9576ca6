"""`rulepack serve`: the web catalogue on this machine, as any web server would show it."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rulepack.cli.options import project_option, say

if TYPE_CHECKING:
    from http.server import ThreadingHTTPServer

SITE = "site"


@click.command()
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes any free one.")
@click.option("--open", "open_browser", is_flag=True, help="Open it in the browser.")
@project_option
def serve(folder: Path | None, port: int, project_folder: Path | None, *, open_browser: bool) -> int:
    """Show the web catalogue that `build` wrote, on this machine only.

    FOLDER is another folder to show than docs-out/site/. It is for looking: any web server can show the catalogue to
    others, from any path.
    """
    found = folder if folder is not None else _built(project_folder or Path.cwd())
    server = _server(found.resolve(), port)
    url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    say(f"{url}\n\nThis machine only. Ctrl-C stops it.")
    try:
        if open_browser:
            import webbrowser  # noqa: PLC0415 (only when asked for)

            webbrowser.open(url)
        threading.Event().wait()
    except KeyboardInterrupt:
        say("stopped", err=True)
    finally:
        server.shutdown()
        server.server_close()
    return 0


def _built(start: Path) -> Path:
    """The folder of the project's catalogue."""
    from rulepack import api  # noqa: PLC0415 (not needed for --help)
    from rulepack.errors import OutputError  # noqa: PLC0415 (the same)

    project = api.project(start)
    folder = project.docs / SITE
    if not (folder / "index.html").is_file():
        raise OutputError(f"there is no catalogue in {project.display(folder)} yet", "write it with `rulepack build`")
    return folder


def _server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of the files of a folder, that listens on this machine only."""
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer  # noqa: PLC0415 (not needed for --help)

    from rulepack.errors import OutputError  # noqa: PLC0415 (the same)

    class Handler(SimpleHTTPRequestHandler):
        """Gives files with their types, and lists no folder."""

        extensions_map = {  # noqa: RUF012 (as the class above has it)
            "": "application/octet-stream",
            ".html": "text/html; charset=utf-8",
            ".css": "text/css; charset=utf-8",
            ".js": "text/javascript; charset=utf-8",
            ".json": "application/json",
            ".ndjson": "application/x-ndjson",
            ".csv": "text/csv; charset=utf-8",
            ".txt": "text/plain; charset=utf-8",
            ".md": "text/markdown; charset=utf-8",
            ".xml": "application/xml",
            ".svg": "image/svg+xml",
        }

        def end_headers(self) -> None:
            # A page is asked for again each time, and sent again only if it was built anew.
            self.send_header("Cache-Control", "no-cache")
            self.send_header("X-Content-Type-Options", "nosniff")
            super().end_headers()

        def parse_request(self) -> bool:
            # Another site's name for this address would let its scripts read what is here.
            if not super().parse_request():
                return False
            if self.headers.get("Host", "").partition(":")[0] in {"127.0.0.1", "localhost"}:
                return True
            self.send_error(421, "Ask for 127.0.0.1")
            return False

        def list_directory(self, path: object) -> None:  # noqa: ARG002 (as the class above has it)
            self.send_error(404, "There is no such page")

        def log_message(self, *_: object) -> None:
            """Say nothing of each request."""

    try:
        return ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, directory=str(folder)))
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"cannot listen on port {port}: {reason}", "choose another with --port, or 0") from error
