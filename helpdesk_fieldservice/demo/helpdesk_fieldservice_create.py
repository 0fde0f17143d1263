from datetime import datetime, time, timedelta

from odoo import Command, api, fields, models


class HelpdeskFieldserviceCreate(models.TransientModel):
    _inherit = "helpdesk.fieldservice.create"

    @api.model
    def _create_fieldservice_demo(self) -> None:
        """Plan visits to the demonstration customers: done, overdue, today, to be planned.

        Called by the demonstration data. In Python, so that the visits are made the way
        that users do, and outlast the addon.
        """
        water = self.env["helpdesk.ticket"]._create_demo_ticket(
            self.env.ref("helpdesk_after_sales.partner_harbour_demo"),
            self.env.ref("helpdesk_after_sales.product_coffee_demo"),
            name="Espresso machine does not heat up",
            description="<p>The machine pumps, but the water stays cold. We open at "
            "seven, so please come early or after four.</p>",
        )
        done = self._create_fieldservice_demo_task(water, "Find the fault", -6)
        start = done.planned_date_start
        teams = self.env["helpdesk.ticket.team"]
        teams._date_demo_back(water, start - timedelta(days=2), 0)
        newest = self.env["mail.message"].search([], order="id desc", limit=1)
        done.action_start_visit()
        done.visit_report = (
            "<p>The heating element is broken. It has to be ordered; the machine is "
            "switched off until then.</p>"
        )
        done.action_done_visit()
        done.write(
            {
                "visit_start": start,
                "visit_end": start + timedelta(minutes=50),
            }
        )
        teams._date_demo_back(water, start + timedelta(hours=1), newest.id)
        self._create_fieldservice_demo_task(water, "Change the heating element", 0)
        late = self.env.ref("helpdesk_after_sales.ticket_late_delivery_demo")
        self._create_fieldservice_demo_task(late, "Hang the lamps", -1)
        self._create_fieldservice_demo_task(late, "Look at the other lamps", None)

    @api.model
    def _create_fieldservice_demo_task(self, ticket, name: str, days: int | None):
        """Make a visit for a ticket.

        :param ticket: the ``helpdesk.ticket``
        :param name: the visit's title
        :param days: in how many days it is planned, none for a visit to be planned
        :return: the ``project.task``
        """
        vals = {"name": name, "ticket_id": ticket.id}
        if days is not None:
            start = datetime.combine(
                fields.Date.today() + timedelta(days=days), time(15)
            )
            vals |= {
                "planned_date_start": start,
                "planned_date_end": start + timedelta(hours=1),
                "user_ids": [Command.set(self.env.ref("base.user_demo").ids)],
            }
        return self.create(vals)._create_task()
