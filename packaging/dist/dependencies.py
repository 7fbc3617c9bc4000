"""What is inside of the binary: its licence texts, and its bill of materials (CycloneDX 1.5).

Cargo names the crates that are linked for a target, and its registry cache has their texts. The build of the dashboard
writes down what it bundles. Nothing is fetched.
"""

import base64
import json
import re
import sys
import tomllib
import uuid
from datetime import datetime, timezone
from pathlib import Path

from sources import ROOT, output_of

DASHBOARD = ROOT / "crates/server/dashboard"
TEXTS = re.compile(r"(?i)^(licen[cs]e|copying|notice|unlicense)")


def linked(target):
    """The crates that are linked, as (name, version), each with those that it uses. The first is clairon itself."""
    tree = output_of("cargo", "tree", "--locked", "--package", "clairon", "--target", target, "--no-dedupe",
                     "--edges", "normal,no-proc-macro", "--prefix", "depth", "--format", " {p}")
    uses, path = {}, []
    for line in tree.splitlines():
        depth, name, version = re.match(r"(\d+) (\S+) v(\S+)", line).groups()
        del path[int(depth):]
        if path:
            uses[path[-1]].add((name, version))
        uses.setdefault((name, version), set())
        path.append((name, version))
    return uses


def texts_of(package):
    """The texts that a package ships, also those of the C sources in it. If it ships none, its terms must be MIT's."""
    folder = Path(package["manifest_path"]).parent
    found = [file for file in sorted(folder.rglob("*")) if TEXTS.match(file.name) and file.is_file()
             and file.suffix in ("", ".md", ".txt")]
    if found:
        return [file.read_text(errors="replace").strip() for file in found]
    if "MIT" not in package["license"]:
        sys.exit(f"{package['name']} {package['version']} ships no licence text, and is not under MIT")
    terms = (ROOT / "LICENSE").read_text().partition("Permission is")
    return [f"Copyright (c) {', '.join(package['authors'])}\n\n{terms[1]}{terms[2]}".strip()]


def license_texts(packages):
    """All texts; equal ones once, with the names of the packages that are under them."""
    texts, names = {}, {}
    for package in packages:
        for text in texts_of(package):
            same = " ".join(text.split())
            texts.setdefault(same, text)
            names.setdefault(same, {})[f"{package['name']} {package['version']}"] = None
    rust = Path(output_of("rustc", "--print", "sysroot"), "share/doc/rust/licenses/MIT.txt").read_text()
    rust = rust.replace("<year> <copyright holders>", "The Rust Project contributors")
    head = f"Clairon\n\n{(ROOT / 'LICENSE').read_text().strip()}\n\nClairon contains the works below.\n"
    parts = [head, f"The standard library of Rust ({output_of('rustc', '--version')})\n\n{rust.strip()}\n"]
    parts += [f"{', '.join(names[same])}\n\n{text}\n" for same, text in texts.items()]
    parts.append(f"In the dashboard:\n\n{(DASHBOARD / 'dist/licenses.txt').read_text()}")
    return f"\n{'-' * 80}\n\n".join(parts)


def bundled():
    """The npm packages in the dashboard, as components of the bill. All of them are direct dependencies."""
    locked = json.loads((DASHBOARD / "package-lock.json").read_text())["packages"]
    for name in sorted(locked[""]["dependencies"]):
        package = locked[f"node_modules/{name}"]
        purl = f"pkg:npm/{name}@{package['version']}"
        algorithm, digest = package["integrity"].split("-", 1)
        yield {
            "type": "library", "bom-ref": purl, "name": name, "version": package["version"], "purl": purl,
            "hashes": [{"alg": algorithm.replace("sha", "SHA-"), "content": base64.b64decode(digest).hex()}],
            "licenses": [{"expression": package["license"]}],
        }


def bill(uses, packages, time):
    """The bill of materials, as CycloneDX has it."""
    locked = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    checksums = {(crate["name"], crate["version"]): crate.get("checksum") for crate in locked}

    def purl(crate):
        return "pkg:cargo/{}@{}".format(*crate)

    def component(crate):
        package = packages[crate]
        entry = {"type": "library", "bom-ref": purl(crate), "name": crate[0], "version": crate[1], "purl": purl(crate)}
        if package["description"]:
            entry["description"] = " ".join(package["description"].split())
        if checksums[crate]:
            entry["hashes"] = [{"alg": "SHA-256", "content": checksums[crate]}]
        return entry | {"licenses": [{"expression": package["license"].replace("/", " OR ")}]}

    clairon, *others = uses
    npm = list(bundled())

    def depends(crate, used):
        embedded = [entry["bom-ref"] for entry in npm] if crate == clairon else []
        return {"ref": purl(crate), "dependsOn": sorted(map(purl, used)) + embedded}

    body = {
        "metadata": {
            "timestamp": datetime.fromtimestamp(time, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": component(clairon) | {"type": "application"},
        },
        "components": [component(crate) for crate in sorted(others)] + npm,
        "dependencies": [depends(crate, used) for crate, used in uses.items()],
    }
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(body))
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": f"urn:uuid:{serial}", "version": 1} | body


def describe(target, time):
    """The licence texts and the bill of materials of the binary for a target. `time` is in seconds since 1970."""
    uses = linked(target)
    known = json.loads(output_of("cargo", "metadata", "--locked", "--format-version", "1"))["packages"]
    packages = {(package["name"], package["version"]): package for package in known}
    foreign = [packages[crate] for crate in sorted(uses) if packages[crate]["source"]]
    return license_texts(foreign), json.dumps(bill(uses, packages, time), indent=1) + "\n"
