"""What :mod:`tools.pictures` takes: each picture's name, who takes it, and the steps to it.

Ticket titles and what is typed are those of the demo data; ``TEXTS`` gives the demo data
other names in the German pictures.
"""

from collections.abc import Sequence

from tools.pictures import (
    Banner,
    Shot,
    Story,
    Texts,
    User,
    choose,
    click,
    fill,
    go,
    press,
    see,
    ticket,
)

ADMIN, TECHNICIAN = "admin", "demo"
AGENT = "nina"  # with rights on the helpdesk alone
USERS = (User(AGENT, "Nina Clark", ["helpdesk_mgmt.group_helpdesk_user"]),)
PHONE = (390, 780)

# What is in a picture.
TOP = ".o_control_panel"
HEADER = ".o_form_statusbar"
TITLE = ".oe_title"
SHEET = ".o_form_sheet"
DIALOG = ".modal-content"
ALL = ".o_action_manager"

AFTER_SALES_PAGE = click(".o_notebook a.nav-link[name=after_sales]")
SEND_MAIL = see(".modal button[name=action_send_mail]")
AGENTS = "docs/agents/images/"
ADMINISTRATORS = "docs/administrators/images/"

CRACKED = "Monitor arrived with a cracked screen"
TWICE = "Charged twice for the espresso machine"
LAMP = "Floor lamp flickers after a week"
LATE = "Delivery two weeks late, shop opening missed"
GRINDER = "One of two coffee grinders is much louder"
LEAK = "Espresso machine leaks after a month"
COLD = "Espresso machine does not heat up"


def _button(name: str, action: str, title: str) -> Shot:
    """A service's button on a ticket."""
    return Shot(
        f"{AGENTS}{name}-button",
        [ticket(title)],
        crop=[TOP, HEADER, TITLE],
        mark=f"button[name={action}]",
    )


def _described(addon: str, name: str, crop: Sequence[str]) -> Shot:
    """What the story has come to, for an app's description."""
    return Shot(f"{addon}/static/description/{name}", crop=crop, languages=["en"])


STORIES = (
    Story(
        "ticket",
        ADMIN,
        (
            Shot(f"{AGENTS}ticket", [ticket(LATE), AFTER_SALES_PAGE], [TOP, SHEET]),
            Shot("docs/images/ticket", crop=[TOP, SHEET], languages=["en"]),
            _described("helpdesk_after_sales", "ticket", [TOP, SHEET]),
            _described("helpdesk_after_sales_merge", "ticket", [TOP, SHEET]),
            Shot(
                f"{AGENTS}analysis",
                [go("/odoo/after-sales-analysis"), see(".o_graph_renderer canvas")],
                [ALL],
            ),
            _described("helpdesk_after_sales", "analysis", [ALL]),
        ),
    ),
    Story(
        "refund",
        ADMIN,
        (
            _button("refund", "action_refund", LAMP),
            Shot(
                f"{AGENTS}refund-dialog",
                [
                    click("button[name=action_refund]"),
                    see(".modal [name=move_ids] .o_tag"),
                ],
                [DIALOG],
            ),
            Shot(
                f"{AGENTS}refund-methods",
                [click(".modal [name=credit_method] input")],
                [DIALOG],
            ),
            _described("helpdesk_refund", "dialog", [DIALOG]),
            Shot(
                f"{AGENTS}refund-draft",
                [
                    press("Escape"),
                    click(".modal button[name=refund_moves]"),
                    see("button[name=action_view_ticket]"),
                ],
                [TOP, HEADER, SHEET],
                mark="button[name=action_post]",
            ),
            _described("helpdesk_refund", "draft", [TOP, HEADER, SHEET]),
            Shot(
                f"{AGENTS}refund-paid",
                [
                    ticket(TWICE),
                    click("button[name=action_refund]"),
                    click(".modal [name=move_ids] input"),
                    click(".o-autocomplete--dropdown-item"),
                    see(".modal [name=full_refund_obstacle]"),
                ],
                [DIALOG],
            ),
            Shot(
                f"{AGENTS}refund-smart-button",
                [ticket(LATE)],
                [TOP, HEADER, TITLE],
                mark="button[name=action_view_credit_notes]",
            ),
        ),
    ),
    Story(
        "coupon",
        AGENT,
        (
            _button("coupon", "action_coupon", LATE),
            Shot(
                f"{AGENTS}coupon-dialog",
                [click("button[name=action_coupon]"), see(".modal [name=partner_id]")],
                [DIALOG],
            ),
            Shot(
                f"{AGENTS}coupon-code",
                [
                    click(".modal button[name=action_generate]"),
                    see(".modal [name=code]"),
                ],
                [DIALOG],
            ),
            _described("helpdesk_coupon", "code", [DIALOG]),
            Shot(
                f"{AGENTS}coupon-mail",
                [click(".modal button[name=action_send]"), SEND_MAIL],
                [DIALOG],
            ),
            _described("helpdesk_coupon", "mail", [DIALOG]),
            Shot(
                f"{AGENTS}coupon",
                [
                    ticket(TWICE),
                    click("button[name=action_view_coupons]"),
                    see("button[name=action_view_ticket]"),
                ],
                [TOP, SHEET],
            ),
        ),
    ),
    Story(
        "return",
        ADMIN,
        (
            _button("return", "action_return", GRINDER),
            Shot(
                f"{AGENTS}return-dialog",
                [
                    click("button[name=action_return]"),
                    see(".modal [name=product_return_moves] td"),
                ],
                [DIALOG],
            ),
            _described("helpdesk_return", "dialog", [DIALOG]),
            Shot(
                f"{AGENTS}return-transfer",
                [
                    click(".modal button[name=action_create_returns]"),
                    see("button[name=action_view_ticket]"),
                ],
                [TOP, HEADER, SHEET],
                mark="button[name=action_send_return_slip]",
            ),
            _described("helpdesk_return", "transfer", [TOP, HEADER, SHEET]),
            Shot(
                f"{AGENTS}return-slip-mail",
                [click("button[name=action_send_return_slip]"), SEND_MAIL],
                [DIALOG],
            ),
        ),
    ),
    Story(
        "repair",
        AGENT,
        (
            _button("repair", "action_repair", GRINDER),
            Shot(
                f"{AGENTS}repair-form",
                [
                    click("button[name=action_repair]"),
                    fill(
                        "[name=repair_description] input",
                        {"en": "Much too loud", "de": "Viel zu laut"},
                    ),
                    click("[name=repair_service_ids] .o_field_x2many_list_row_add a"),
                    choose("[name=repair_service_ids] [name=product_id] input", "WORK"),
                ],
                [TOP, HEADER, SHEET],
            ),
        ),
    ),
    Story(
        "workshop",
        ADMIN,
        (
            Shot(
                f"{AGENTS}repair-done",
                [
                    ticket(LEAK),
                    click("button[name=action_view_repairs]"),
                    see("button[name=action_send_back]"),
                ],
                [TOP, HEADER, SHEET],
                mark="button[name=action_send_back]",
            ),
            _described("helpdesk_repair", "repair", [TOP, HEADER, SHEET]),
            Shot(
                f"{AGENTS}repair-quotation-notes",
                [click(".o_notebook a.nav-link[name=quotation_notes]")],
                [".o_notebook"],
            ),
        ),
    ),
    Story(
        "fieldservice",
        AGENT,
        (
            _button("fieldservice", "action_create_task", COLD),
            Shot(
                f"{AGENTS}fieldservice-dialog",
                [
                    click("button[name=action_create_task]"),
                    choose(".modal [name=user_ids] input", "Marc"),
                ],
                [DIALOG],
            ),
            _described("helpdesk_fieldservice", "dialog", [DIALOG]),
        ),
    ),
    Story(
        "planning",
        ADMIN,
        (
            Shot(
                f"{AGENTS}fieldservice-planning",
                [go("/odoo/field-service-planning"), see(".fc-event")],
                [ALL],
            ),
            _described("helpdesk_fieldservice", "planning", [ALL]),
        ),
    ),
    Story(
        "technician",
        TECHNICIAN,
        (
            Shot(
                f"{AGENTS}fieldservice-my-tasks",
                [
                    go("/odoo/field-service-my-tasks"),
                    see(".o_kanban_record:not(.o_kanban_ghost)"),
                ],
            ),
            Shot(
                f"{AGENTS}fieldservice-visit",
                [
                    click(".o_kanban_record:not(.o_kanban_ghost)"),
                    see("[name=visit_address]"),
                ],
            ),
        ),
        window=PHONE,
    ),
    Story(
        "administrators",
        ADMIN,
        (
            Shot(
                f"{ADMINISTRATORS}team",
                [
                    go(
                        "/odoo/action-helpdesk_mgmt.helpdesk_ticket_team_action/{Customer Care}"
                    ),
                    AFTER_SALES_PAGE,
                ],
                [TOP, SHEET],
                languages=["en"],
            ),
            _described("helpdesk_after_sales", "team", [TOP, SHEET]),
        ),
    ),
)

BANNERS = (
    Banner("helpdesk_after_sales", "helpdesk_after_sales/static/description/ticket"),
    Banner("helpdesk_refund", "helpdesk_refund/static/description/dialog"),
    Banner("helpdesk_coupon", "helpdesk_coupon/static/description/mail"),
    Banner("helpdesk_return", "helpdesk_return/static/description/dialog"),
    Banner("helpdesk_repair", "helpdesk_repair/static/description/repair"),
    Banner(
        "helpdesk_fieldservice", "helpdesk_fieldservice/static/description/planning"
    ),
    Banner(
        "helpdesk_after_sales_merge",
        "helpdesk_after_sales_merge/static/description/ticket",
    ),
)

TEXTS: Texts = {"de": {}}
