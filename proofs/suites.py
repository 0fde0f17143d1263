"""The suites of others that our addons must not break."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Suite:
    """Tests that run in one process."""

    name: str
    tags: tuple[str, ...]
    """As Odoo's ``--test-tags`` has them."""
    minutes: int = 90
    """How long it may take; one that hangs has failed."""
    with_demo: bool = False

    @classmethod
    def of(cls, *modules: str, name: str = "") -> "Suite":
        """Give all that is run by default of the tests of some modules."""
        return cls(name or modules[0], tuple(f"/{module}" for module in modules))


OCA = Suite.of(
    "helpdesk_mgmt",
    "helpdesk_mgmt_merge",
    "helpdesk_mgmt_sale",
    "helpdesk_product",
    "repair_service",
    name="oca",
)
"""What ours extend of the OCA's; ``helpdesk_product`` has no tests as yet."""

VIEWS = Suite(
    "views",
    (
        "/base/tests/test_acl.py",
        "/base/tests/test_menu.py",
        "/base/tests/test_overrides.py",
        "/base/tests/test_reports.py",
        "/base/tests/test_views.py",
        "migration/base:TestAllViews",
        "render_all_views/base:TestRenderAllViews",
        "/web/tests/test_load_menus.py",
        "/web/tests/test_perf_load_menu.py",
    ),
)

CLICKS = Suite(
    "clicks",
    ("click_all/web", "/web:TestMenusAdminLight", "/web:TestMenusDemoLight"),
    minutes=150,
    with_demo=True,
)

SUITES = (
    OCA,
    Suite.of("repair"),
    Suite.of("loyalty"),
    Suite.of("sale_loyalty"),
    Suite.of("sale_stock"),
    Suite.of("sale"),
    Suite.of("portal"),
    VIEWS,
    Suite.of("stock"),
    Suite.of("project"),
    Suite.of("account"),
    CLICKS,
)
"""In the order in which they run: first what is short and most likely to break."""
