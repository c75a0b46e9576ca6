"""Packages, their archives and a project's own data, small enough to write down."""

import io
import zipfile

from rulepack.reference import Reference, manifests, package, storage
from rulepack.reference.integrations import BEATS_FILE, MANIFESTS_FILE, Integrations
from rulepack.reference.manifests import Manifest, Manifests
from rulepack.reference.package import Package, Stream
from rulepack.stack import StackVersion

V8, V9 = StackVersion(8, 19), StackVersion(9, 4)

MANIFEST = """\
format_version: 3.0.0
name: acme
version: 2.1.0
conditions:
  kibana:
    version: "^8.17.0 || ^9.0.0"
policy_templates:
  - name: acme
  - name: acme_cloud
"""
AUDIT = """\
- name: data_stream.dataset
  type: constant_keyword
- name: event.action
  external: ecs
- name: acme.audit
  type: group
  fields:
    - name: actor
      type: keyword
      multi_fields:
        - name: text
          type: match_only_text
    - name: details
      type: flattened
    - name: labels
      type: object
      object_type: keyword
    - name: metrics.*
      type: object
      object_type: long
    - name: target
      type: group
      fields:
        - name: id
          type: long
    - name: who
      type: alias
      path: acme.audit.actor
    - name: parts
      type: nested
      fields:
        - name: name
"""
FILES = {
    "manifest.yml": MANIFEST,
    "data_stream/audit/manifest.yml": "title: Audit\ndataset: acme.events.audit\n",
    "data_stream/audit/fields/fields.yml": AUDIT,
    "data_stream/log/manifest.yml": "title: Log\n",
    "data_stream/log/fields/base.yml": "- name: acme.line\n  type: long\n",
    "docs/README.md": "# Acme",
}


def zipped(files=FILES, top="acme-2.1.0/", **compression):
    """The bytes of a package."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", **compression) as archive:
        for name, content in files.items():
            archive.writestr(top + name, content)
    return packed.getvalue()


def unpacked(folder, files=FILES):
    """A package in a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder


def store(folder, *packages, beats=None, **conditions):
    """Write packages, Beats, and manifests (`acme={"2.1.0": "^8.17.0"}`) as an update would."""
    integrations = Integrations(folder)
    for each in packages:
        storage.write_bytes(integrations.path(each.name), storage.pack(package.KIND, each.to_payload()))
    if beats:
        storage.write_bytes(folder / BEATS_FILE, storage.pack(package.KIND, beats.to_payload()))
    known = {
        name: {version: Manifest(condition) for version, condition in versions.items()}
        for name, versions in conditions.items()
    }
    if known:
        storage.write_bytes(folder / MANIFESTS_FILE, storage.pack(manifests.KIND, Manifests(known).to_payload()))
    return Reference(folder)


def one_package(name="acme", dated="", **streams):
    """A package of one version: data streams to fields to types."""
    held = {stream: Stream(fields) for stream, fields in streams.items()}
    return Package.of(name, {"2.1.0": held}, dated=dated)
