"""What is sent: wrong, huge, hostile and forged values, and right ones among them to get far with."""

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from proofs.bad_input_surface import Method, Model

SCRIPT = "<script>window.__hit=1</script>"
PICTURE_WITH_SCRIPT = '<img src="x" onerror="window.__hit=1">'
VECTOR_WITH_SCRIPT = (
    b'<svg xmlns="http://www.w3.org/2000/svg" onload="window.__hit=1"/>'
)
PIXEL = base64.b64encode(
    base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
).decode()
MEGABYTE = "x" * 2**20
TEXTS = (
    SCRIPT,
    PICTURE_WITH_SCRIPT,
    "javascript:window.__hit=1",
    "=cmd|'/c calc'!A1",
    "%s",
    "%(x)s %d %",
    "{0} {x} {x.__class__} {",
    "\u202e\u05e9\u05dc\u05d5\u05dd",
    "a\x00b",
    "\ud800",
    "' OR 1=1 --",
    "../../etc/passwd",
    "",
    " ",
    "0",
    "-1",
    "1e308",
    "NaN",
    "2026-13-45",
    "0001-01-01",
    "9999-12-31 23:59:59",
    MEGABYTE,
)
NUMBERS = (
    0,
    1,
    -1,
    0.1,
    2**31 - 1,
    2**31,
    -(2**31) - 1,
    2**63,
    1e308,
    -1e308,
    1e-308,
    math.nan,
    math.inf,
    -math.inf,
)
DEEP: list = []
for _level in range(60):
    DEEP = [DEEP]
SHAPES = (
    None,
    True,
    False,
    [],
    {},
    [[]],
    [None],
    DEEP,
    {"a": {"b": []}},
    [[6, 0, [1]]],
    [[0, 0, {}]],
    [[4, "x"]],
    [[9, 9, 9]],
    [1, 2],
    {"id": 1},
)
DATES = ("2026-11-24", "2026-11-24 08:00:00", "0001-01-01", "9999-12-31", "2026-13-45")
OPERATORS = ("=", "!=", "in", "not in", "=", "in", "ilike", "<", "child_of", "nope", 5)

MANDATORY = {
    "read": ("fields",),
    "search_read": ("domain", "fields", "limit"),
    "formatted_read_group": ("aggregates", "domain", "groupby"),
    "message_post": (),
}
"""Methods of many parameters, and those that they are always called with."""

anything: SearchStrategy = st.one_of(
    st.sampled_from(TEXTS),
    st.sampled_from(NUMBERS),
    st.sampled_from(SHAPES),
    st.text(max_size=12),
    st.integers(),
    st.floats(),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text(max_size=4), inner, max_size=3)
        ),
        max_leaves=6,
    ),
)
"""All that JSON can carry, and more of what has hurt others before."""


@dataclass
class Pool:
    """What there is in the database, so that some of what is sent is right."""

    ids: dict[str, list[int]] = field(default_factory=dict)
    """Of each model, records to work on."""
    fields: dict[str, dict[str, Mapping[str, Any]]] = field(default_factory=dict)
    """Of each model, what ``fields_get`` says."""
    required: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Of each model, what a record cannot be made without."""
    deleted: int = 0
    """An id that no record has any more."""
    tickets: list[int] = field(default_factory=list)
    """Tickets of a team that has all services on."""
    context_keys: Sequence[str] = ()


@dataclass(frozen=True)
class Call:
    """A call over RPC."""

    args: list
    kwargs: dict


def rarely(draw: DrawFn, times: int) -> bool:
    """Say yes once in so many times; no is what hypothesis takes for simpler."""
    return draw(st.sampled_from(range(times))) == times - 1


@st.composite
def ids(draw: DrawFn, pool: Pool, model: str) -> Any:
    """Give ids of a model: mostly of one record that there is."""
    kind = draw(st.sampled_from(range(20)))
    own = pool.ids.get(model) or [pool.deleted]
    if kind < 16:
        return [draw(st.sampled_from(own))]
    if kind < 18:
        return draw(st.lists(st.sampled_from(own), max_size=4))
    if kind == 18:
        return [draw(st.sampled_from((pool.deleted, 0, -1, 2**31, 2**63)))]
    return draw(anything)


@st.composite
def value(draw: DrawFn, pool: Pool, model: str, name: str) -> Any:
    """Give a value of a field: mostly of the right type, and not a likely one."""
    if rarely(draw, 5):
        return draw(anything)
    facts = pool.fields[model][name]
    records = pool.ids.get(facts.get("relation", ""), []) or [pool.deleted]
    wrong = (pool.deleted, 0, -1, 2**31)
    match facts["type"]:
        case "many2one" | "many2one_reference":
            return draw(st.sampled_from([*records[:12], *wrong, False]))
        case "one2many" | "many2many":
            record = draw(st.sampled_from([*records[:12], *wrong]))
            return draw(
                st.sampled_from(
                    (
                        [[6, 0, [record]]],
                        [[4, record]],
                        [[3, record]],
                        [[2, record]],
                        [[5]],
                        [[0, 0, {}]],
                        [[1, record, {}]],
                    )
                )
            )
        case "selection":
            choices = [key for key, _label in facts.get("selection", ())]
            return draw(st.sampled_from([*choices, "nope", False]))
        case "boolean":
            return draw(st.booleans())
        case "integer" | "float" | "monetary":
            return draw(st.sampled_from(NUMBERS) | st.floats(-10, 10))
        case "date" | "datetime":
            return draw(st.sampled_from((*DATES, False)))
        case "binary":
            return draw(
                st.sampled_from(
                    (PIXEL, base64.b64encode(VECTOR_WITH_SCRIPT).decode(), "!", "")
                )
            )
        case _:
            return draw(st.sampled_from(TEXTS) | st.text(max_size=20))


@st.composite
def values(draw: DrawFn, pool: Pool, model: Model, is_new: bool = False) -> Any:
    """Give values of a record, of our fields before others."""
    if rarely(draw, 20):
        return draw(anything)
    known = pool.fields[model.name]
    own = [name for name in model.own_fields if name in known] or list(known)
    names = draw(
        st.lists(st.sampled_from(own) | st.sampled_from(list(known)), max_size=3)
    )
    found = (
        dict(pool.required.get(model.name, {}))
        if is_new and not rarely(draw, 4)
        else {}
    )
    found.update({name: draw(value(pool, model.name, name)) for name in names})
    return found


@st.composite
def contexts(draw: DrawFn, pool: Pool, model: Model) -> dict:
    """Give a context: of a ticket's button often, and forged."""
    context: dict[str, Any] = {}
    kind = draw(st.sampled_from(range(10)))
    if kind < (7 if model.is_transient else 2):
        ticket = draw(st.sampled_from(pool.tickets or [pool.deleted]))
        context = {
            "active_model": "helpdesk.ticket",
            "active_id": ticket,
            "active_ids": [ticket],
        }
    for _number in range(draw(st.sampled_from((0, 0, 1, 1, 2)))):
        known = pool.fields[model.name]
        own = [name for name in model.own_fields if name in known] or list(known)
        kind = draw(st.sampled_from(range(6)))
        if kind < 2:
            name = draw(st.sampled_from(own))
            context[f"default_{name}"] = draw(value(pool, model.name, name))
        elif kind == 2:
            name = draw(st.sampled_from(list(known)))
            context[f"default_{name}"] = draw(anything)
        elif kind == 3:
            context[draw(st.sampled_from(pool.context_keys))] = draw(
                st.sampled_from([*pool.tickets, pool.deleted, -1, True]) | anything
            )
        elif kind == 4:
            context["active_model"] = draw(
                st.sampled_from(("helpdesk.ticket", "account.move", "nope", 5, None))
            )
            context["active_id"] = draw(anything)
            context["active_ids"] = draw(anything)
        else:
            name = draw(st.sampled_from(("lang", "tz", "allowed_company_ids", "uid")))
            right = {
                "lang": "en_US",
                "tz": "Europe/Berlin",
                "allowed_company_ids": [1],
                "uid": 1,
            }
            context[name] = draw(st.just(right[name]) | anything)
    return context


@st.composite
def domains(draw: DrawFn, pool: Pool, model: Model) -> Any:
    """Give a domain, on our fields before others."""
    known = pool.fields[model.name]
    own = [name for name in model.own_fields if name in known] or list(known)
    if rarely(draw, 6):
        return draw(anything)
    found = []
    for _number in range(draw(st.integers(0, 2))):
        name = draw(st.sampled_from(own))
        operator = draw(st.sampled_from(OPERATORS))
        one = draw(value(pool, model.name, name))
        found.append([name, operator, [one] if operator in ("in", "not in") else one])
    return found


@st.composite
def names(draw: DrawFn, pool: Pool, model: Model) -> Any:
    """Give names of fields, ours before others."""
    if rarely(draw, 10):
        return draw(anything)
    known = [*model.own_fields, *pool.fields[model.name]]
    return draw(st.lists(st.sampled_from(known), max_size=8))


def argument(pool: Pool, model: Model, method: str, name: str) -> SearchStrategy:
    """Give what is sent for a parameter, by its name."""
    match name:
        case "vals_list":
            one = values(pool, model, is_new=True)
            return st.lists(one, max_size=2) | one
        case "vals" | "values" | "default":
            return values(pool, model, is_new=method == "onchange")
        case "fields" | "field_names" | "allfields" | "groupby":
            return names(pool, model)
        case "fields_spec":
            return names(pool, model).map(
                lambda chosen: (
                    {name: {} for name in chosen if isinstance(name, str)}
                    if isinstance(chosen, list)
                    else chosen
                )
            )
        case "aggregates":
            return st.sampled_from([["__count"]] * 9 + [["nope:sum"], 5])
        case "domain":
            return domains(pool, model)
        case "name":
            return st.sampled_from((*TEXTS, "a")) | st.text(max_size=8)
        case "operator":
            return st.sampled_from(OPERATORS)
        case "limit" | "offset":
            return st.sampled_from((5, 0, 1, 80, None, -1, 2**63, "x"))
        case "order":
            return st.sampled_from(
                ("id", "id desc", "create_date", "", "nope", "id; x", 5)
            )
        case "load":
            return st.sampled_from(("_classic_read", None, 5))
        case "views":
            return st.sampled_from(([[False, "form"]], [[False, "list"]])) | anything
        case "message_type":
            return st.sampled_from(("comment", "notification")) | anything
        case "subtype_xmlid":
            return (
                st.sampled_from(("mail.mt_note", "mail.mt_comment", "nope")) | anything
            )
        case _:
            return anything


@st.composite
def calls(draw: DrawFn, pool: Pool, model: Model, method: Method) -> Call:
    """Give a call of a method."""
    args = [draw(ids(pool, model.name))] if method.has_ids else []
    wanted = list(method.parameters)
    if method.name in MANDATORY:
        chosen = {*MANDATORY[method.name]}
        if wanted and rarely(draw, 3):
            chosen |= draw(st.sets(st.sampled_from(wanted), max_size=3))
        kwargs = {
            name: draw(argument(pool, model, method.name, name))
            for name in sorted(chosen)
        }
    else:
        kwargs = {}
        args += [draw(argument(pool, model, method.name, name)) for name in wanted]
    if rarely(draw, 25):
        args = args[:-1] if draw(st.booleans()) else [*args, draw(anything)]
    context = draw(contexts(pool, model))
    if context:
        kwargs["context"] = context
    return Call(args, kwargs)
