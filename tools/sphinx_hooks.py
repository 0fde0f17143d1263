"""Sphinx: the hooks of an addon with their docstrings, read from its source without importing Odoo.

``.. hooks:: helpdesk_refund`` documents the methods of the addon's models and wizards that
others may call or extend: those with a docstring, less computes, constraints and the like,
which are Odoo's to call.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from tools.paths import ROOT

FOLDERS = ("models", "wizards", "controllers")
INTERNAL = (
    "_compute_",
    "_inverse_",
    "_search_",
    "_check_",
    "_onchange_",
    "_default_",
    "__",
)


@dataclass(frozen=True)
class Hook:
    """One method to call or to extend."""

    name: str
    signature: str
    docstring: str


@dataclass(frozen=True)
class Model:
    """A class of an addon and its hooks."""

    name: str
    docstring: str
    hooks: tuple[Hook, ...]


def read_models(addon: Path) -> list[Model]:
    """Read the models of an addon that have hooks, in the order of their names."""
    models = [
        model
        for folder in FOLDERS
        for file in sorted((addon / folder).glob("*.py"))
        for model in _models_of(file)
    ]
    return sorted(models, key=lambda model: model.name)


def _models_of(file: Path) -> Iterator[Model]:
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.ClassDef):
            continue
        hooks = tuple(
            Hook(
                item.name,
                f"({ast.unparse(_without_self(item.args))})"
                + (f" -> {ast.unparse(item.returns)}" if item.returns else ""),
                ast.get_docstring(item) or "",
            )
            for item in node.body
            if isinstance(item, ast.FunctionDef)
            and ast.get_docstring(item)
            and not item.name.startswith(INTERNAL)
        )
        if hooks:
            yield Model(_model_name(node), ast.get_docstring(node) or "", hooks)


def _without_self(arguments: ast.arguments) -> ast.arguments:
    if arguments.args and arguments.args[0].arg in ("self", "cls"):
        arguments.args = arguments.args[1:]
    return arguments


def _model_name(node: ast.ClassDef) -> str:
    """Give the model's name: ``_name``, or what is inherited; of a controller, the class's."""
    values = {}
    for item in node.body:
        if isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name):
            try:
                values[item.targets[0].id] = ast.literal_eval(item.value)
            except ValueError:
                continue
    name = values.get("_name") or values.get("_inherit") or node.name
    return name if isinstance(name, str) else name[0]


class Hooks(SphinxDirective):
    """Document the hooks of the addon that is named."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Write the hooks as reStructuredText, which their docstrings are, and parse it."""
        addon = ROOT / self.arguments[0]
        for folder in FOLDERS:
            for file in (addon / folder).glob("*.py"):
                self.env.note_dependency(str(file))
        container = nodes.container()
        self.state.nested_parse(
            StringList(list(_lines(addon)), source=str(addon)), 0, container
        )
        return container.children


def _lines(addon: Path) -> Iterator[str]:
    for model in read_models(addon):
        yield f".. py:class:: {model.name}"
        yield "   :no-index:"
        yield ""
        yield from _indented(model.docstring, 3)
        for hook in model.hooks:
            yield f"   .. py:method:: {hook.name}{hook.signature}"
            yield "      :no-index:"
            yield ""
            yield from _indented(hook.docstring, 6)


def _indented(text: str, width: int) -> Iterator[str]:
    for line in text.splitlines():
        yield " " * width + line if line else ""
    yield ""


def setup(app: Any) -> dict[str, bool]:
    """Tell Sphinx of the directive."""
    app.add_directive("hooks", Hooks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
