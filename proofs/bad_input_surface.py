"""What of ours anybody can call: methods over RPC and routes over HTTP, found in the registry itself."""

import json
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from tools import addons
from tools.errors import KitError, last_line
from tools.odoo import Odoo
from tools.paths import PYTHON, ROOT

GENERIC = (
    "create",
    "write",
    "copy",
    "default_get",
    "onchange",
    "read",
    "search_read",
    "formatted_read_group",
    "name_search",
    "unlink",
)
"""Core's methods by which values, names of fields and contexts reach the code of a model."""

LOOK = """
import inspect
import json

from odoo.http import _generate_routing_rules

OURS = {ours}
GENERIC = {generic}
KINDS = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def is_ours(cls):
    path = cls.__module__.split(".")
    return path[:2] == ["odoo", "addons"] and path[2] in OURS


def describe(model, name):
    parameters = []
    for cls in model.mro():
        if name in vars(cls) and inspect.isfunction(vars(cls)[name]):
            parameters += [
                parameter.name
                for parameter in list(inspect.signature(vars(cls)[name]).parameters.values())[1:]
                if parameter.kind not in KINDS
            ]
    method = getattr(model, name)
    return dict(
        parameters=list(dict.fromkeys(parameters)), has_ids=not getattr(method, "_api_model", False)
    )


models = dict()
for name, model in env.registry.items():
    classes = [cls for cls in model.mro() if is_ours(cls)]
    if model._abstract or not classes:
        continue
    own = dict.fromkeys(
        key
        for cls in classes
        for key, value in vars(cls).items()
        if not key.startswith("_")
        and inspect.isfunction(value)
        and not getattr(getattr(model, key), "_api_private", False)
    )
    own_fields = [
        field.name for field in model._fields.values() if set(field._modules) & set(OURS)
    ]
    if not own and not own_fields:
        continue
    models[name] = dict(
        table=model._table if model._auto and not model._transient else "",
        is_transient=model._transient,
        own_fields=own_fields,
        methods={{
            method: describe(model, method)
            for method in dict.fromkeys((*own, *(GENERIC if own_fields else ())))
        }},
        own=list(own),
    )
routes = []
for url, endpoint in _generate_routing_rules(sorted(env.registry._init_modules), nodb_only=False):
    classes = type(endpoint.func.__self__).mro()
    bases = {{base for cls in classes if is_ours(cls) for base in (cls, *cls.__bases__)}}
    if any(endpoint.func.__name__ in vars(base) for base in bases if base in classes):
        parameters = inspect.signature(endpoint.original_endpoint).parameters.values()
        routes.append(
            dict(
                url=url,
                type=endpoint.routing["type"],
                is_own=any(is_ours(cls) and endpoint.func.__name__ in vars(cls) for cls in classes),
                parameters=[one.name for one in parameters if one.kind not in KINDS][1:],
            )
        )
print(json.dumps(dict(models=models, routes=routes)))
"""


@dataclass(frozen=True)
class Method:
    """A method that can be called over RPC."""

    model: str
    name: str
    parameters: tuple[str, ...]
    has_ids: bool
    is_own: bool
    """Whether it is written or extended by us, and not core's that works on our fields."""


@dataclass(frozen=True)
class Model:
    """A model of ours, or one that we extend."""

    name: str
    table: str
    """Where its records are; nothing for what has no table, or none that lasts."""
    is_transient: bool
    own_fields: tuple[str, ...]
    methods: tuple[Method, ...]


@dataclass(frozen=True)
class Route:
    """A route of ours, or one of a controller that we extend."""

    url: str
    is_json: bool
    is_own: bool
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class Surface:
    """All that can be called."""

    models: tuple[Model, ...]
    routes: tuple[Route, ...]
    context_keys: tuple[str, ...]
    """The keys of the context that our code reads."""


def look(odoo: Odoo, database: str) -> Surface:
    """Find out what there is in a database.

    :raises KitError: when Odoo does not tell
    """
    ours = [addon.name for addon in addons.ours()]
    done = subprocess.run(
        [PYTHON, "-m", "odoo", "shell", "-d", database, "--no-http", "--log-level", "error"],
        input=LOOK.format(ours=ours, generic=GENERIC), env=odoo.environment(), text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode or not done.stdout.strip():
        raise KitError(
            f"Odoo could not tell what can be called: {last_line(done.stderr)}"
        )
    found = json.loads(done.stdout.strip().splitlines()[-1])
    models = tuple(
        Model(
            name,
            model["table"],
            model["is_transient"],
            tuple(model["own_fields"]),
            tuple(
                Method(
                    name,
                    method,
                    tuple(facts["parameters"]),
                    facts["has_ids"],
                    method in model["own"],
                )
                for method, facts in model["methods"].items()
            ),
        )
        for name, model in sorted(found["models"].items())
    )
    routes = {
        Route(
            route["url"],
            route["type"] != "http",
            route["is_own"],
            tuple(route["parameters"]),
        )
        for route in found["routes"]
    }
    return Surface(
        models,
        tuple(sorted(routes, key=lambda route: route.url)),
        context_keys(ours),
    )


def context_keys(names: Sequence[str]) -> tuple[str, ...]:
    """Find the keys of the context that addons read, in their source."""
    keys: set[str] = set()
    for name in names:
        source = "\n".join(
            path.read_text(encoding="utf-8")
            for path in (ROOT / name).rglob("*.py")
            if "tests" not in path.parts
        )
        constants = dict(re.findall(r'^([A-Z_]+) = "([^"]+)"$', source, re.MULTILINE))
        for read in re.findall(
            r'context(?:\.get\(|\[)\s*("[^"]+"|[A-Z_]+)|_holds_records\(([A-Z_]+)',
            source,
        ):
            key = next(filter(None, read))
            keys.add(key.strip('"') if key.startswith('"') else constants.get(key, key))
    return tuple(sorted(keys))
