"""The suites of others that our addons must not break."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Suite:
    """Tests that run in one process."""

    name: str
    tags: tuple[str, ...]
    """As Odoo's ``--test-tags`` has them."""
    minutes: int = 30
    """How long it may take at most."""
    with_demo: bool = False


def of(name: str, minutes: int = 30) -> Suite:
    """Give the whole suite of a module."""
    return Suite(name, (f"/{name}",), minutes)


OCA = (
    "helpdesk_mgmt",
    "helpdesk_mgmt_merge",
    "helpdesk_mgmt_sale",
    "helpdesk_product",
    "repair_service",
)

SUITES = (
    Suite("oca", tuple(f"/{name}" for name in OCA)),
    of("repair"),
    of("loyalty"),
    of("sale_loyalty"),
    of("sale_stock"),
    of("sale"),
    of("portal"),
    Suite(
        "views",
        (
            "/base/tests/test_menu.py",
            "/base/tests/test_views.py",
            "migration/base:TestAllViews",
            "render_all_views/base:TestRenderAllViews",
            "/base/tests/test_acl.py",
            "/base/tests/test_overrides.py",
            "/base/tests/test_reports.py",
            "/web/tests/test_load_menus.py",
            "/web/tests/test_perf_load_menu.py",
        ),
    ),
    of("stock", 60),
    of("project", 60),
    of("account", 60),
    Suite(
        "clicks",
        ("click_all/web", "/web:TestMenusAdminLight", "/web:TestMenusDemoLight"),
        120,
        with_demo=True,
    ),
)
"""What is most likely to break comes first."""
