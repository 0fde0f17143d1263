"""What of ours is not accessible: axe-core on the portal's pages and on the screens of the backend.

Only our own elements are judged: on pages that we extend, the parts that are named here. In these, what is
wrong with the web client's own components, on every screen of Odoo, is left out by ``CORE``.
"""

import re

import pytest

from tools import axe

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
CORE = {
    "aria-allowed-attr": ".o-autocomplete--input, .o-dropdown, .o_tag",
    "aria-dialog-name": ".modal",
    "aria-prohibited-attr": ".o_tag",
    "aria-required-parent": ".o_notebook .nav-link",
    "autocomplete-valid": ".o_select_menu_input",
    "button-name": ".o_optional_columns_dropdown > button, .o_calendar_container .oi-panel-right, "
    ".o-dropdown-caret.fa-font",
    "color-contrast": ".badge, .o_setting_right_pane > .text-muted, .o_pivot_measure_row, "
    ".o_date_item_cell.o_out_of_range *, .o_kanban_header *",
    "image-alt": ".o_avatar, .o-mail-Avatar img",
    "label": ".o_list_record_selector input, .o_calendar_filter input",
}
"""By rule of axe-core, the elements of the web client that break it wherever they stand."""

CHECK = """
async ([include, tags, core]) => {
    const {violations} = await axe.run(
        {include: include.filter((selector) => document.querySelector(selector))},
        {resultTypes: ["violations"], runOnly: tags}
    );
    const found = [];
    for (const {id, impact, help, nodes} of violations) {
        if (!["serious", "critical"].includes(impact)) continue;
        for (const node of nodes) {
            const element = document.querySelector(node.target[0]);
            if (!core[id] || !element?.matches(core[id]))
                found.push(`${id} (${help}): ${node.html}`);
        }
    }
    return found;
}
"""
PATIENCE = 120_000
"""Milliseconds for a page: the first after an installation makes the assets."""

TICKET = "helpdesk.ticket"
LAMPS = "Delivery two weeks late, shop opening missed"
"""A ticket of the demo data on which every service can begin."""


def violations(page, *include):
    """Give what breaks axe-core's serious and critical rules in our elements of a page.

    At least one of the selectors in ``include`` has to be there.
    """
    page.wait_for_selector(", ".join(include))
    page.wait_for_timeout(500)  # what fades in has its colours then
    page.evaluate(axe.obtain().read_text(encoding="utf-8"))
    return page.evaluate(CHECK, [list(include), WCAG, CORE])


# ------------------------------------------------------------------------------
# The portal
# ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def customers(server):
    """Tickets with documents, each with a login of its customer that is its password, too."""
    rpc = server.rpc()
    group = rpc.call("ir.model.data", "check_object_reference", "base", "group_portal")
    lines = rpc.call(
        "helpdesk.ticket.document",
        "search_read",
        [["commercial_partner_id", "!=", False]],
        ["ticket_id", "service", "commercial_partner_id"],
    )
    found = {}
    for line in lines:
        ticket, entity = line["ticket_id"][0], line["commercial_partner_id"][0]
        login = f"customer-{entity}"
        found.setdefault(ticket, (login, set()))[1].add(line["service"])
        if not rpc.call("res.users", "search_count", [["login", "=", login]]):
            [partner] = rpc.call(
                "res.partner",
                "create",
                [
                    {
                        "name": "Annegret Donaudampfschifffahrtsgesellschaftskapitaenswitwe",
                        "parent_id": entity,
                        "email": f"{login}@example.com",
                    }
                ],
            )
            rpc.call(
                "res.users",
                "create",
                [
                    {
                        "name": "Annegret",
                        "login": login,
                        "password": login,
                        "partner_id": partner,
                        "group_ids": [[6, 0, [group[1]]]],
                    }
                ],
            )
    return found


@pytest.fixture
def visit(server, browser):
    """Open a page of the portal as a customer: ``page = visit(login, path, viewport=(360, 740))``."""

    def open_page(login, path, **options):
        page = browser(**options)
        page.set_default_timeout(PATIENCE)
        server.log_in(page, login, login)
        page.goto(server.url + path)
        return page

    return open_page


def test_every_service_is_in_the_demo(customers):
    services = set().union(*(services for _login, services in customers.values()))
    assert services == {"refund", "coupon", "return", "repair", "fieldservice"}


@pytest.mark.parametrize("width", [360, 1366])
def test_ticket(customers, visit, width):
    for ticket, (login, _services) in customers.items():
        page = visit(login, f"/my/ticket/{ticket}", viewport=(width, 800))
        if page.locator("#after_sales").count():  # drafts alone are not shown
            assert not violations(page, "#after_sales")
            part = page.locator("#after_sales").bounding_box()
            assert part["x"] >= 0
            assert part["x"] + part["width"] <= width
        page.context.close()


def test_what_is_wrong_is_found(customers, visit):
    page = open_of_all(customers, visit)
    page.evaluate(
        """() => document.querySelector("#after_sales li").insertAdjacentHTML(
            "beforeend", "<button></button><p style='color: #ccc'>Pale</p>"
        )"""
    )
    rules = [violation.split()[0] for violation in violations(page, "#after_sales")]
    assert sorted(rules) == ["button-name", "color-contrast"]


def open_of_all(customers, visit, **options):
    """Open the ticket with documents of most services."""
    ticket = max(customers, key=lambda ticket: len(customers[ticket][1]))
    page = visit(customers[ticket][0], f"/my/ticket/{ticket}", **options)
    page.wait_for_selector("#after_sales")
    return page


def test_ticket_fits_a_phone_with_long_names(customers, visit, server):
    rpc = server.rpc()
    tasks = rpc.call("project.task", "search", [["ticket_id", "!=", False]])
    names = rpc.call("project.task", "read", tasks, ["name"])
    rpc.call("project.task", "write", tasks, {"name": "Kapitaensmuetzen" * 12})
    try:
        page = open_of_all(customers, visit, viewport=(360, 740))
        assert page.get_by_text("KapitaensmuetzenKapitaensmuetzen").count()
        too_wide = page.evaluate(
            """() => [...document.querySelectorAll("#after_sales *")].filter(
                (element) => element.getBoundingClientRect().right > innerWidth + 1
                    && !element.closest(".visually-hidden")
            ).map((element) => element.outerHTML)"""
        )
        assert not too_wide
    finally:
        for task in names:
            rpc.call("project.task", "write", [task["id"]], {"name": task["name"]})


def test_ticket_without_javascript(customers, visit):
    page = open_of_all(customers, visit, java_script_enabled=False)
    documents = page.locator("#after_sales > ol > li")
    assert documents.count()
    for document in documents.all():
        assert document.locator("h4").is_visible()
        assert document.locator("p").first.inner_text()
    assert not page.locator("#after_sales .o_copy:visible").count()


def test_ticket_by_keyboard(customers, visit):
    """Tab reaches all that can be pressed, in the order in which it is read, and one sees where one is."""
    page = open_of_all(customers, visit)
    page.wait_for_timeout(1000)
    controls = page.locator("#after_sales a:visible, #after_sales button:visible")
    wanted = [control.inner_text() for control in controls.all()]
    assert wanted
    controls.first.focus()
    reached = []
    for _control in wanted:
        text, is_seen = page.evaluate(
            """() => {
                const element = document.activeElement, style = getComputedStyle(element);
                return [
                    element.innerText,
                    style.outlineStyle !== "none" || style.boxShadow !== "none",
                ];
            }"""
        )
        reached.append(text)
        assert is_seen, text
        page.keyboard.press("Tab")
    assert reached == wanted


def test_visit(server, customers, visit):
    rpc = server.rpc()
    [task] = rpc.call(
        "project.task",
        "search_read",
        [["ticket_id", "!=", False], ["state", "=", "1_done"]],
        ["ticket_id", "partner_id"],
        limit=1,
    )
    login = customers[task["ticket_id"][0]][0]
    partner = rpc.call(
        "res.users", "search_read", [["login", "=", login]], ["partner_id"]
    )[0]["partner_id"][0]
    rpc.call("project.task", "message_subscribe", [task["id"]], [partner])
    page = visit(login, f"/my/tasks/{task['id']}")
    page.wait_for_selector("#visit_report")
    assert not violations(page, "#visit_report", "[name^=visit_]")


LAMP_TOO_MANY = "One floor lamp too many"
"""A ticket of the demo data whose customer has asked for a return, and can ask for more."""


@pytest.fixture
def ask(server, customers, visit):
    """Open the form to ask for a return, as a customer: ``page = ask(viewport=(360, 740))``."""
    [ticket] = server.rpc().call(TICKET, "search", [["name", "=", LAMP_TOO_MANY]])
    login, _services = customers[ticket]
    return lambda **options: visit(login, f"/my/ticket/{ticket}/return", **options)


@pytest.mark.parametrize("width", [360, 1366])
def test_ask_for_a_return(ask, width):
    """Also with what is to be mended, and back on the ticket, which has requests."""
    page = ask(viewport=(width, 800))
    assert not violations(page, "#ask_for_return")
    page.evaluate("document.querySelector('#ask_for_return form').noValidate = true")
    page.get_by_role("button", name="Send Request").click()
    page.wait_for_selector("#errors")
    assert not violations(page, "#ask_for_return")
    assert page.evaluate("document.activeElement.id") == "errors"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("link", name="Back to the Ticket").click()
    assert not violations(page, "#return_requests")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_answer_to_a_request_fits_a_phone(ask, server):
    rpc = server.rpc()
    returns = rpc.call(
        "stock.picking", "search", [["ticket_id.name", "=", LAMP_TOO_MANY]]
    )
    rpc.call(
        "stock.picking", "write", returns, {"request_answer": "Kapitaensmuetzen" * 12}
    )
    try:
        page = ask(viewport=(360, 740))
        page.get_by_role("link", name="Back to the Ticket").click()
        page.wait_for_selector(
            "#return_requests >> text=KapitaensmuetzenKapitaensmuetzen"
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    finally:
        rpc.call("stock.picking", "write", returns, {"request_answer": False})


def test_ask_for_a_return_without_javascript(ask):
    page = ask(java_script_enabled=False)
    quantity = page.get_by_label("Floor Lamp")
    quantity.fill("0.5")
    page.get_by_label("Why?").select_option("It arrived damaged")
    page.get_by_label("Exchange").check()
    page.get_by_label("Photographs").set_input_files(
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}
    )
    page.get_by_role("button", name="Send Request").click()
    assert "a.jpg is no photograph" in page.locator("#errors").inner_text()
    # What was entered is kept.
    assert float(quantity.input_value()) == 0.5
    assert page.get_by_label("Exchange").is_checked()
    page.get_by_role("button", name="Send Request").click()
    assert page.locator("#return_requests [role=status]").is_visible()
    assert page.get_by_text("0.50 Units Floor Lamp").first.is_visible()


def test_ask_for_a_return_by_keyboard(ask):
    """From the first field on, with nothing but the keyboard."""
    page = ask()
    page.get_by_label("Floor Lamp").focus()
    page.keyboard.type("0.25")
    page.keyboard.press("Tab")
    page.keyboard.type("It arr")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    for _field in ("photographs", "button"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#return_requests [role=status]")


def test_new_ticket(customers, visit):
    page = visit(next(iter(customers.values()))[0], "/new/ticket")
    page.wait_for_selector("#goods")
    assert not violations(page, "label[for=goods]", "#goods")


# ------------------------------------------------------------------------------
# The backend
# ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rpc(server):
    return server.rpc()


@pytest.fixture
def backend(server, browser):
    """Open a screen as administrator: ``page = backend("helpdesk-tickets")``."""

    def open_screen(path, **options):
        page = browser(viewport=(1366, 900), **options)
        page.set_default_timeout(PATIENCE)
        server.log_in(page)
        page.goto(f"{server.url}/odoo/{path}")
        page.wait_for_selector(".o_view_controller")
        return page

    return open_screen


def find_ticket(rpc, name=LAMPS):
    [ticket] = rpc.call(TICKET, "search", [["name", "=", name]])
    return ticket


def our_fields(rpc, model):
    """Give selectors of the fields that our addons define, where they stand in a form."""
    found = rpc.call(
        "ir.model.fields", "search_read", [["model", "=", model]], ["name", "modules"]
    )
    ours = [
        field["name"]
        for field in found
        if re.match("helpdesk_(?!mgmt|product)", field["modules"].split(",")[0])
    ]
    return [f".o_form_view [name='{name}']" for name in ours]


def test_ticket_in_the_backend(rpc, backend):
    page = backend(f"helpdesk-tickets/{find_ticket(rpc)}")
    page.get_by_role("tab", name="After-Sales").click()
    page.wait_for_selector("[name=document_ids] .o_data_row")
    buttons = [".o_statusbar_buttons", "[name=button_box]"]
    assert not violations(page, *our_fields(rpc, TICKET), *buttons)


def test_team(rpc, backend):
    [team] = rpc.call(
        "helpdesk.ticket.team", "search", [["use_refund", "=", True]], limit=1
    )
    page = backend(f"helpdesk-teams/{team}")
    page.get_by_role("tab", name="After-Sales").click()
    assert not violations(page, ".o_notebook_content .tab-pane")


@pytest.mark.parametrize("name", ["refund", "coupon", "return", "create_task"])
def test_wizard(rpc, backend, name):
    page = backend(f"helpdesk-tickets/{find_ticket(rpc)}")
    page.locator(f"button[name=action_{name}]").click()
    assert not violations(page, ".modal .o_form_view", ".modal footer")


def test_return_request(rpc, backend):
    """What the agent sees of it, from the ticket to the dialog that declines it."""
    [ticket] = rpc.call(TICKET, "search", [["name", "=", LAMP_TOO_MANY]])
    page = backend(f"helpdesk-tickets/{ticket}")
    assert not violations(page, ".alert")
    page.get_by_role("button", name="Open the Request").click()
    confirm = "button[name=action_confirm_request]"
    page.wait_for_selector(f".o_list_view .o_data_row, {confirm}")
    if page.locator(".o_list_view").count():
        page.locator(".o_data_row .o_data_cell").first.click()
        page.wait_for_selector(confirm)
    ours = [name for name in our_fields(rpc, "stock.picking") if "request" in name]
    assert not violations(page, ".alert", "[name=return_request]", *ours)
    page.locator("button[name=action_decline_request]").click()
    assert not violations(page, ".modal .o_form_view", ".modal footer")


def test_return_reasons(backend):
    assert not violations(backend("return-reasons"), ".o_list_view .o_content")


def test_repair(rpc, backend):
    page = backend(f"helpdesk-tickets/{find_ticket(rpc)}")
    page.locator("button[name=action_repair]").click()
    page.wait_for_selector("[name=repair_description]")
    assert not violations(page, *our_fields(rpc, "repair.order"))
    for tab in ("Operations", "Quotation Notes"):
        page.get_by_role("tab", name=tab).click()
        assert not violations(page, ".o_notebook_content .tab-pane")


@pytest.mark.parametrize("view", ["graph", "pivot", "list"])
def test_analysis(backend, view):
    page = backend("after-sales-analysis")
    page.locator(f".o_switch_view.o_{view}").click()
    assert not violations(page, f".o_{view}_view .o_content")


@pytest.mark.parametrize(
    "path", ["my-tasks", "tasks", "planning", "technicians", "analysis"]
)
def test_field_service(backend, path):
    page = backend(f"field-service-{path}")
    assert not violations(page, ".o_view_controller .o_content")


def test_visit_in_the_backend(rpc, backend):
    [task] = rpc.call(
        "project.task", "search", [["visit_report", "!=", False]], limit=1
    )
    page = backend(f"field-service-tasks/{task}")
    page.wait_for_selector(".o_form_view")
    assert not violations(page, *our_fields(rpc, "project.task"))
