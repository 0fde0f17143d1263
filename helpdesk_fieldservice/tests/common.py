from odoo.tests import new_test_user

from odoo.addons.helpdesk_after_sales.tests.common import AfterSalesCommon


class FieldServiceCommon(AfterSalesCommon):
    """A team that makes visits, a contact with a portal login, and a technician."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.use_fieldservice = True
        cls.project = cls.team.fieldservice_project_id
        cls.technician = new_test_user(
            cls.env,
            "after_sales_technician",
            name="Tess Wrench",
            groups="project.group_project_user",
        )
        cls.contact = cls.portal_user.partner_id
        cls.contact.write(
            {
                "name": "Nora Field",
                "email": "nora@example.com",
                "street": "14 Shore Road",
            }
        )
        cls.ticket.partner_id = cls.contact
        other = cls.env["res.partner"].create({"name": "Bob's Bikes"})
        cls.stranger = new_test_user(
            cls.env, "after_sales_stranger", groups="base.group_portal"
        )
        cls.stranger.partner_id.parent_id = other

    @classmethod
    def _open_popup(cls, user=None, ticket=None, **vals):
        ticket = ticket or cls.ticket
        popup = cls.env["helpdesk.fieldservice.create"].with_user(user or cls.agent)
        return popup.with_context(
            active_model="helpdesk.ticket", active_id=ticket.id
        ).create(vals)

    @classmethod
    def _create_visit(cls, user=None, **vals):
        popup = cls._open_popup(user, **vals)
        popup.action_create()
        return cls.ticket.fieldservice_task_ids.sorted("id")[-1]
