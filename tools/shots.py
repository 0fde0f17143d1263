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
    Visit,
    choose,
    click,
    fill,
    go,
    press,
    see,
    select,
    ticket,
)

ADMIN, TECHNICIAN = "admin", "demo"
AGENT = "helpdesk"  # with rights on the helpdesk alone
CUSTOMER = "customer"  # with access to the portal
PHONE = (390, 780)


def see_planning(visit: Visit) -> None:
    """Open the week of the demo data's visits, the last one if a week has begun since."""
    visit.go("/odoo/field-service-planning")
    visit.page.locator(".fc-view").wait_for()
    visit.settle()
    if not visit.page.locator(".fc-event").count():
        click(".o_calendar_button_prev")(visit)


# What is in a picture.
TOP = ".o_control_panel"
HEADER = ".o_form_statusbar"
TITLE = ".oe_title"
SHEET = ".o_form_sheet"
DIALOG = ".modal-content"
ALL = ".o_action_manager"

AFTER_SALES_PAGE = click(".o_notebook a.nav-link[name=after_sales]")
BACK_TO_TICKET = click("button[name=action_view_ticket]")
SEND_MAIL = see(".modal button[name=action_send_mail]")
AGENTS = "docs/agents/images/"
ADMINISTRATORS = "docs/administrators/images/"

STORY = "Arc lamp arrived broken"  # all five services
SPARE = "One floor lamp too many"  # the customer has asked for a return
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
        "readme",
        ADMIN,
        (
            Shot(
                "docs/images/ticket",
                [ticket(STORY), AFTER_SALES_PAGE],
                [ALL],
                languages=["en"],
            ),
        ),
        window=(1600, 1060),
    ),
    Story(
        "ticket",
        ADMIN,
        (
            Shot(f"{AGENTS}ticket", [ticket(STORY), AFTER_SALES_PAGE], [TOP, SHEET]),
            _described("helpdesk_after_sales", "ticket", [TOP, SHEET]),
            _described("helpdesk_after_sales_merge", "ticket", [TOP, SHEET]),
            Shot(
                f"{AGENTS}analysis",
                [go("/odoo/after-sales-analysis"), see(".o_graph_renderer canvas")],
                [ALL],
            ),
            _described("helpdesk_after_sales", "analysis", [ALL]),
        ),
        window=(1280, 1060),
    ),
    Story(
        "customer",
        CUSTOMER,
        (
            Shot(
                f"{AGENTS}customer",
                [go(f"/my/ticket/{{{STORY}}}"), see("#after_sales")],
                ["#after_sales"],
            ),
            _described("helpdesk_after_sales", "portal", ["#after_sales"]),
            Shot(
                f"{AGENTS}customer-asks",
                [
                    go(f"/my/ticket/{{{CRACKED}}}/return"),
                    fill("#goods input[type=number]", "1"),
                    select("#reason", 1),
                    click("#wish input[value=exchange]"),
                ],
                ["main h1", "form[enctype]"],
            ),
            _described("helpdesk_return", "request", ["main h1", "form[enctype]"]),
            Shot(
                f"{AGENTS}customer-asked",
                [
                    click("form[enctype] button[type=submit]"),
                    see("#return_requests [role=status]"),
                ],
                ["#return_requests"],
            ),
        ),
        window=(860, 2400),
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
                f"{AGENTS}refund-smart-button",
                [
                    click("button[name=action_post]"),
                    see(".o_arrow_button_current[data-value=posted]"),
                    BACK_TO_TICKET,
                ],
                [TOP, HEADER, TITLE],
                mark="button[name=action_view_credit_notes]",
            ),
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
                    click(".modal button[name=action_send_mail]"),
                    see("button[name=action_view_coupons]"),
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
            Shot(
                f"{AGENTS}return-smart-button",
                [
                    click(".modal button[name=action_send_mail]"),
                    click("button[name=button_validate]"),
                    see(".o_arrow_button_current[data-value=done]"),
                    BACK_TO_TICKET,
                ],
                [TOP, HEADER, TITLE],
                mark="button[name=action_view_returns]",
            ),
        ),
    ),
    Story(
        "request",
        ADMIN,
        (
            Shot(
                f"{AGENTS}request",
                [ticket(SPARE)],
                [TOP, HEADER, TITLE],
                mark="button[name=action_view_return_requests]",
            ),
            Shot(
                f"{AGENTS}request-return",
                [
                    click("button[name=action_view_return_requests]"),
                    see("button[name=action_confirm_request]"),
                ],
                [TOP, HEADER, SHEET],
                mark="button[name=action_confirm_request]",
            ),
            Shot(
                f"{AGENTS}request-confirmed",
                [
                    click("button[name=action_confirm_request]"),
                    see("[name=request_state]"),
                ],
                [TOP, HEADER, SHEET],
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
            Shot(
                f"{AGENTS}repair-smart-button",
                [
                    click(".o_form_button_save"),
                    see("button[name=action_view_ticket]"),
                    BACK_TO_TICKET,
                ],
                [TOP, HEADER, TITLE],
                mark="button[name=action_view_repairs]",
            ),
        ),
    ),
    Story(
        "workshop",
        ADMIN,
        (
            Shot(
                f"{AGENTS}repair-quotation",
                [
                    ticket(GRINDER),
                    click("button[name=action_view_repairs]"),
                    click("button[name=action_create_sale_order]"),
                    see("[name=order_line] .o_data_row"),
                ],
                [TOP, HEADER, SHEET],
            ),
            Shot(
                f"{AGENTS}repair-sent-back",
                [
                    click("button[name=action_confirm]"),
                    see(".o_arrow_button_current[data-value=sale]"),
                    ticket(GRINDER),
                    click("button[name=action_view_repairs]"),
                    click("button[name=action_validate]"),
                    click("button[name=action_repair_start]"),
                    click("button[name=action_repair_end]"),
                    click("button[name=action_send_back]"),
                    click("button[name=button_validate]"),
                    click(".modal button[name=dont_send_sms]"),
                    see(".o_arrow_button_current[data-value=done]"),
                ],
                [TOP, HEADER, SHEET],
            ),
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
                [see_planning, see(".fc-event")],
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
                    click(".o_kanban_record:not(.o_kanban_ghost) .fw-bold"),
                    see("[name=visit_address]"),
                ],
            ),
            Shot(
                f"{AGENTS}fieldservice-report",
                [
                    click("button[name=action_start_visit]"),
                    click("button[name=action_finish_visit]"),
                    see(".modal [name=visit_report]"),
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
        window=(1280, 1240),
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

TEXTS: Texts = {
    "de": {
        "helpdesk.ticket.team": {("name", "Customer Care"): "Kundenservice"},
        "helpdesk.ticket": {
            ("name", STORY): "Bogenlampe kam beschädigt an",
            ("name", SPARE): "Eine Stehlampe zu viel",
            ("name", CRACKED): "Monitor kam mit gesprungenem Display an",
            ("name", TWICE): "Espressomaschine doppelt berechnet",
            ("name", LAMP): "Stehlampe flackert nach einer Woche",
            ("name", LATE): "Lieferung zwei Wochen zu spät, Eröffnung verpasst",
            ("name", GRINDER): "Eine von zwei Kaffeemühlen ist viel lauter",
            ("name", LEAK): "Espressomaschine leckt nach einem Monat",
            ("name", COLD): "Espressomaschine heizt nicht",
        },
        "product.product": {
            ("name", "Arc Lamp"): "Bogenlampe",
            ("name", "Floor Lamp"): "Stehlampe",
            ("name", "Espresso Machine"): "Espressomaschine",
            ("name", "Coffee Grinder"): "Kaffeemühle",
            ("name", "Group Head Gasket"): "Dichtung der Brühgruppe",
            ("name", "Repair Work"): "Reparaturarbeit",
        },
        "project.task": {
            ("name", "Hang the lamps"): "Lampen aufhängen",
            ("name", "Change the heating element"): "Heizelement wechseln",
            ("name", "Look at the other lamps"): "Die anderen Lampen ansehen",
            ("name", "Mount the arc lamp"): "Bogenleuchte montieren",
        },
        "repair.order": {
            (
                "repair_description",
                "Leaks at the group head",
            ): "Undicht an der Brühgruppe",
            ("quotation_notes", "%gasket%"): (
                "<p>Wir ersetzen die <b>Dichtung</b> und entkalken die Maschine. Bitte "
                "lassen Sie den Wasserfilter alle zwei Monate wechseln.</p>"
            ),
        },
    }
}
