"""What every service's tests stand on.

``AfterSalesContract`` holds for every service: subclass it together with a test case,
say which service it is, and write ``_create_documents``.

``QueryComparison`` counts the queries of two ways to do the same, in the same run.
"""

import re
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user
from odoo.tools import SQL, mute_logger
from odoo.tools.safe_eval import safe_eval

from odoo.addons.helpdesk_after_sales.models.helpdesk_ticket_document import SLOTS

from .customer_mails import CustomerMailsContract


class QueryComparison:
    """Count queries, to compare what we add with what core does anyway."""

    overrides: dict[type, tuple[str, ...]] = {}
    """What ``_without_overrides`` leaves out: by class the names of its methods."""

    @contextmanager
    def _without_overrides(self):
        """As if the overrides were not there and the models were core's alone."""
        with ExitStack() as stack:
            for owner, names in self.overrides.items():
                for name in names:
                    stack.enter_context(self._without_override(owner, name))
            yield

    def _without_override(self, owner, name):
        def call_super(records, *args, **kwargs):
            return getattr(super(owner, records), name)(*args, **kwargs)

        vars(call_super).update(vars(getattr(owner, name)))
        return patch.object(owner, name, call_super)

    def count_queries(self, call: Callable[[], object]) -> int:
        """Count the queries of a call, from empty caches to the database.

        The call is made twice, so that what a registry caches for good does not count.

        :param call: what is measured; undone afterwards
        """
        for _run in range(2):
            with self.env.cr.savepoint(flush=True) as savepoint:
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                call()
                self.env.flush_all()
                queries = self.env.cr.sql_log_count - before
                savepoint.rollback()
            self.env.invalidate_all(flush=False)
        return queries

    def _get_form_spec(self, record, without_addons: re.Pattern | None = None) -> dict:
        """Tell which fields the web client reads to open a record's form.

        :param record: the record, with the user who opens it
        :param without_addons: leave out the fields that these addons define
        """
        spec = Form(record)._view["fields_spec"]
        if without_addons:
            spec = {
                name: value
                for name, value in spec.items()
                if not without_addons.match(record._fields[name]._module or "")
            }
        return spec

    def count_opening_queries(self, records, without_addons=None) -> int:
        """Count the queries of opening records as the web client does.

        :param records: one record (its form) or more, with the user who opens them
        :param without_addons: as if the addons that match were not there
        """
        spec = self._get_form_spec(records[0], without_addons)
        return self.count_queries(lambda: records.web_read(spec))


class AfterSalesCommon:
    """A team, its agents and a customer's tickets."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context={
                **cls.env.context,
                "mail_create_nolog": True,
                "no_reset_password": True,
            }
        )
        helpdesk = "helpdesk_mgmt.group_helpdesk_"
        cls.agent = new_test_user(
            cls.env, "after_sales_agent", groups=f"{helpdesk}user"
        )
        cls.team_agent = new_test_user(
            cls.env, "after_sales_team_agent", groups=f"{helpdesk}user_team"
        )
        cls.own_agent = new_test_user(
            cls.env, "after_sales_own_agent", groups=f"{helpdesk}user_own"
        )
        cls.manager = new_test_user(
            cls.env, "after_sales_manager", groups=f"{helpdesk}manager"
        )
        cls.employee = new_test_user(
            cls.env, "after_sales_employee", groups="base.group_user"
        )
        cls.team = cls.env["helpdesk.ticket.team"].create(
            {"name": "Care", "user_ids": [Command.set(cls.team_agent.ids)]}
        )
        cls.customer = cls.env["res.partner"].create(
            {"name": "Ada's Workshop", "is_company": True, "email": "ada@example.com"}
        )
        cls.portal_user = new_test_user(
            cls.env, "after_sales_portal", groups="base.group_portal"
        )
        cls.portal_user.partner_id.parent_id = cls.customer
        cls.tickets = cls.env["helpdesk.ticket"].create(
            [cls._prepare_ticket_vals(name=f"Ticket {number}") for number in range(4)]
        )
        cls.ticket = cls.tickets[0]

    @classmethod
    def _prepare_ticket_vals(cls, **vals) -> dict:
        return {
            "name": "It does not work",
            "description": "<p>What now?</p>",
            "partner_id": cls.customer.id,
            "team_id": cls.team.id,
            **vals,
        }


class AccountantGroups:
    """Let the user of core's accounting tests, whose class comes after, do more."""

    more_groups = (
        "helpdesk_mgmt.group_helpdesk_manager",
        "sales_team.group_sale_manager",
    )

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups().union(*map(cls.quick_ref, cls.more_groups))


class ServiceCommon:
    """A team with one service, and a contact of a customer with a ticket."""

    service: str
    """The service's code."""
    ticket_values = {"name": "It does not work", "description": "What now?"}
    """What the tickets say."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "no_reset_password": True})
        cls.company = cls.env.company
        cls.team = cls.env["helpdesk.ticket.team"].create(
            {"name": "Care", f"use_{cls.service}": True}
        )
        cls.customer = cls.env["res.partner"].create(
            {
                "name": "Lakeside Interiors",
                "is_company": True,
                "email": "office@lakeside.example.com",
            }
        )
        cls.contact = cls.env["res.partner"].create(
            {
                "name": "Nora Field",
                "parent_id": cls.customer.id,
                "email": "nora@lakeside.example.com",
            }
        )
        cls.stranger = cls.env["res.partner"].create({"name": "Harbour Coffee"})
        cls.ticket = cls._create_ticket()

    @classmethod
    def _create_user(cls, login, groups):
        return new_test_user(
            cls.env,
            login=login,
            groups=groups,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def _create_ticket(cls, **values):
        return cls.env["helpdesk.ticket"].create(
            {
                **cls.ticket_values,
                "partner_id": cls.contact.id,
                "team_id": cls.team.id,
                **values,
            }
        )

    def _open_wizard_on(self, ticket, user, button):
        """Open a wizard as its button on the ticket does.

        :param button: the ticket's method behind the button
        """
        action = getattr(ticket.with_user(user), button)()
        wizards = self.env[action["res_model"]].with_user(user)
        return Form(wizards.with_context(**action["context"]))


class TicketPortal:
    """Look at the ticket's portal page as its visitors do, over HTTP."""

    @classmethod
    def _create_portal_user(cls, login, parent, **values):
        """A contact who can sign in.

        :param parent: the contact's company
        """
        user = new_test_user(
            cls.env, login, groups="base.group_portal", password=login, **values
        )
        user.partner_id.parent_id = parent
        return user

    def _log_in(self, user):
        """Sign in; nobody: sign out. The password of who signs in is their login."""
        if user:
            user.password = user.login
            self.authenticate(user.login, user.login)
        else:
            self.authenticate(None, None)

    def _get_ticket_query(self, ticket, partner=None) -> dict:
        """What the links of a ticket's emails say of the ticket.

        :param partner: to whom the email was sent; none: the access token alone
        """
        query = {"access_token": ticket._portal_ensure_token()}
        if partner:
            query.update(pid=partner.id, hash=ticket._sign_token(partner.id))
        self.env.flush_all()
        return query

    def _get_after_sales(self, ticket, user=None, query=()):
        """The After-Sales part of the ticket's page, as text with single spaces.

        :return: empty where the page has no such part, ``None`` where there is no page
        """
        self._log_in(user)
        answer = self.url_open(f"/my/ticket/{ticket.id}", params=dict(query))
        parts = etree.HTML(answer.text)
        if not parts.xpath("//*[@id='helpdesk_ticket_content']"):
            return None
        return " ".join(" ".join(parts.xpath("//*[@id='after_sales']//text()")).split())

    def _get_pdf(self, ticket, line, user=None, query=()):
        """The answer to the link to a document's PDF."""
        self._log_in(user)
        return self.url_open(
            f"/my/ticket/{ticket.id}/after-sales/{line.id}/pdf", params=dict(query)
        )


class AfterSalesContract(CustomerMailsContract, AfterSalesCommon, QueryComparison):
    """What holds for every service."""

    service: str
    """The service's code."""
    documents: str
    """The ticket's one2many of the documents."""
    count: str
    """The ticket's counter of the documents."""
    button: str
    """The method behind the button that starts the service."""
    smart_button: str
    """The method behind the smart button."""
    opening_queries: int = 1
    """How many queries the service adds to opening a ticket."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team[f"use_{cls.service}"] = True
        cls.other_team = cls.env["helpdesk.ticket.team"].create(
            {"name": "Elsewhere", f"use_{cls.service}": True}
        )

    def _create_documents(self, tickets):
        """Make one document for each ticket, in a state that the smart button counts.

        :param tickets: the tickets, one for each document; a ticket may come twice
        :return: the documents, in the tickets' order
        """
        raise NotImplementedError

    def _get_service_user(self):
        """The user who has every right that the service asks for."""
        return self.env.ref("base.user_admin")

    def _get_view(self, user):
        arch = self.ticket.with_user(user).get_view(view_type="form")["arch"]
        return etree.fromstring(arch)

    def _is_button_visible(self, name, ticket, user) -> bool:
        nodes = self._get_view(user).xpath(f"//button[@name='{name}']")
        if not nodes:
            return False
        self.assertEqual(len(nodes), 1)
        expression = nodes[0].get("invisible") or "False"
        names = set(re.findall(r"[a-z_]\w*", expression)) & set(ticket._fields)
        record = ticket.with_user(user)
        values = {name: record[name] for name in names}
        return not safe_eval(expression, values)

    # --------------------------------------------------------------------------
    # Counting and opening
    # --------------------------------------------------------------------------

    def test_contract_count(self):
        first, second, third = self.tickets[:3]
        self._create_documents(first + second + second)
        self.assertEqual(
            [ticket[self.count] for ticket in (first, second, third)], [1, 2, 0]
        )

    def test_contract_count_of_a_new_ticket(self):
        with Form(self.env["helpdesk.ticket"]) as ticket_form:
            self.assertFalse(ticket_form[self.count])
            ticket_form.name = "New"
            ticket_form.description = "New"

    def test_contract_count_queries(self):
        """Counting for many tickets costs one query."""
        self._create_documents(self.tickets)
        self.env.flush_all()
        self.env.invalidate_all()
        self.tickets.fetch(["name"])
        with self.assertQueryCount(1):
            counts = self.tickets.mapped(self.count)
        self.assertEqual(counts, [1] * len(self.tickets))

    def test_contract_opening_queries(self):
        """Opening a ticket costs as few queries more as the service says, and three for
        the After-Sales page; eighty tickets cost as many as one."""
        tickets = self.env["helpdesk.ticket"].create(
            [self._prepare_ticket_vals(name=f"Ticket {index}") for index in range(80)]
        )
        self._create_documents(tickets)
        tickets = tickets.with_user(self._get_service_user())
        ours = re.compile(f"helpdesk_(after_sales|{self.service})$")
        bare = self.count_opening_queries(tickets[0], ours)
        spec = self._get_form_spec(tickets[0])
        self.assertIn(self.count, spec)
        page = self._get_form_spec(tickets[0], re.compile("helpdesk_after_sales$"))
        service_queries = self.count_queries(lambda: tickets[0].web_read(page)) - bare
        page_queries = self.count_opening_queries(tickets[0]) - bare - service_queries
        self.assertLessEqual(service_queries, self.opening_queries)
        self.assertLessEqual(page_queries, 3)
        bare_80 = self.count_opening_queries(tickets, ours)
        self.assertLessEqual(
            self.count_opening_queries(tickets) - bare_80,
            service_queries + page_queries,
        )

    def test_contract_documents_queries(self):
        """The lines of a ticket come with all that they say, in one query."""
        self._create_documents(self.ticket)
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(1):
            lines = self.ticket.sudo().document_ids
            self.assertTrue(lines.mapped("name"))
            self.assertTrue(lines.mapped("state"))

    def test_contract_list_and_kanban_queries(self):
        """Neither the list nor the kanban of tickets shows anything of the service."""
        for view_type in ("list", "kanban"):
            arch = etree.fromstring(self.ticket.get_view(view_type=view_type)["arch"])
            names = {node.get("name") for node in arch.iter("field")}
            foreign = [
                name
                for name in names & set(self.ticket._fields)
                if self.ticket._fields[name]._module
                in ("helpdesk_after_sales", f"helpdesk_{self.service}")
            ]
            self.assertFalse(foreign, view_type)

    def test_contract_smart_button(self):
        document = self._create_documents(self.ticket)
        ticket = self.ticket.with_user(self._get_service_user())
        action = getattr(ticket, self.smart_button)()
        self.assertEqual(action["res_model"], document._name)
        self.assertEqual(action["res_id"], document.id)
        self.assertFalse(
            {name for name in action["context"] if name.startswith("default_")}
        )
        more = self._create_documents(self.ticket)
        action = getattr(ticket, self.smart_button)()
        found = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(found, document + more)

    def test_contract_smart_button_is_there_when_it_counts(self):
        user = self._get_service_user()
        self.assertFalse(self._is_button_visible(self.smart_button, self.ticket, user))
        self._create_documents(self.ticket)
        self.assertTrue(self._is_button_visible(self.smart_button, self.ticket, user))

    # --------------------------------------------------------------------------
    # Switching the service on and off
    # --------------------------------------------------------------------------

    def test_contract_button(self):
        """The button is there, and works, only while the service acts on the ticket."""
        user = self._get_service_user()
        ticket = self.ticket
        self.assertTrue(self._is_button_visible(self.button, ticket, user))
        ticket.stage_id = self.env["helpdesk.ticket.stage"].search(
            [("closed", "=", True)], limit=1
        )
        self.assertTrue(self._is_button_visible(self.button, ticket, user), "closed")
        for change, undo in (
            (lambda: ticket.action_archive(), lambda: ticket.action_unarchive()),
            (
                lambda: ticket.write({"team_id": False, "user_id": False}),
                lambda: ticket.write({"team_id": self.team.id}),
            ),
            (
                lambda: self.team.write({f"use_{self.service}": False}),
                lambda: self.team.write({f"use_{self.service}": True}),
            ),
        ):
            change()
            self.assertFalse(self._is_button_visible(self.button, ticket, user))
            with self.assertRaises(UserError) as refused:
                getattr(ticket.with_user(user), self.button)()
            self.assertIn(ticket.number, str(refused.exception))
            undo()

    def test_contract_documents_outlast_the_service(self):
        """What was made before the service was switched off stays in reach."""
        user = self._get_service_user()
        self._create_documents(self.ticket)
        self.team[f"use_{self.service}"] = False
        self.assertTrue(self._is_button_visible(self.smart_button, self.ticket, user))
        self.assertTrue(self.ticket.has_after_sales)

    def test_contract_switch_service_off(self):
        """Uninstalling the addon switches the service off, in archived teams too."""
        self.other_team.active = False
        self.env["helpdesk.ticket.team"]._switch_service_off(self.service)
        self.assertFalse(self.team[f"use_{self.service}"])
        self.assertFalse(self.other_team[f"use_{self.service}"])

    def test_contract_team_page(self):
        arch = etree.fromstring(self.team.get_view(view_type="form")["arch"])
        page = arch.xpath("//page[@name='after_sales']")[0]
        self.assertTrue(page.xpath(f".//setting//field[@name='use_{self.service}']"))

    # --------------------------------------------------------------------------
    # Chatter
    # --------------------------------------------------------------------------

    def _get_links(self, record, target) -> list:
        """The messages of a record that link to another."""
        link = f'data-oe-model="{target._name}" data-oe-id="{target.id}"'
        return [body for body in record.message_ids.mapped("body") if link in body]

    def test_contract_chatters_link(self):
        document = self._create_documents(self.ticket)
        self.assertTrue(self._get_links(self.ticket, document))
        self.assertEqual(len(self._get_links(document, self.ticket)), 1)

    def test_contract_chatter_escapes(self):
        self.ticket.name = "<script>alert(1)</script>"
        document = self._create_documents(self.ticket)
        for body in (document.message_ids + self.ticket.message_ids).mapped("body"):
            self.assertNotIn("<script", body)

    def test_contract_chatter_is_internal(self):
        """The customer does not read the links."""
        document = self._create_documents(self.ticket)
        for message in self.ticket.message_ids:
            if document.display_name in message.body:
                self.assertTrue(message.is_internal or message.subtype_id.internal)

    # --------------------------------------------------------------------------
    # Documents without their ticket, tickets without their documents
    # --------------------------------------------------------------------------

    def test_contract_document_survives(self):
        document = self._create_documents(self.ticket)
        self.ticket.action_archive()
        self.assertEqual(document.ticket_id, self.ticket)
        self.assertEqual(len(self.ticket.document_ids), 1)
        self.ticket.unlink()
        self.assertTrue(document.exists())
        self.assertFalse(document.ticket_id)

    def test_contract_copy_has_no_documents(self):
        document = self._create_documents(self.ticket)
        copy = self.ticket.copy()
        self.assertFalse(copy[self.count])
        self.assertFalse(copy.document_ids)
        self.assertFalse(document.copy_data()[0].get("ticket_id"))

    def test_contract_documents_stay_the_customers(self):
        """A ticket that is given to another customer keeps its documents, and they
        stay whose they are."""
        document = self._create_documents(self.ticket)
        owner = document._get_document_customer()
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        self.ticket.partner_id = stranger
        self.assertEqual(document.ticket_id, self.ticket)
        self.assertEqual(self.ticket[self.count], 1)
        self.assertEqual(document._get_document_customer(), owner)
        line = self.ticket.document_ids
        self.assertEqual(
            line.commercial_partner_id, owner.commercial_partner_id or stranger
        )

    def test_contract_company_of_ticket_stays(self):
        self._create_documents(self.ticket)
        company = self.env["res.company"].create({"name": "Other"})
        with self.assertRaisesRegex(UserError, "open a new ticket in Other instead"):
            self.ticket.company_id = company

    def test_contract_link_needs_the_ticket(self):
        """Nobody links a document to a ticket that they cannot read."""
        ticket = self.env["helpdesk.ticket"].create(
            self._prepare_ticket_vals(team_id=self.other_team.id)
        )
        document = self._create_documents(self.ticket)
        with self.assertRaises(AccessError):
            document.with_user(self.employee).ticket_id = ticket
        with self.assertRaises(AccessError):
            document.with_user(self.employee)._check_ticket_access()

    def test_contract_form_needs_the_ticket(self):
        """No form tells of a ticket that its user cannot read, saved or not."""
        ticket = self.env["helpdesk.ticket"].create(
            self._prepare_ticket_vals(team_id=self.other_team.id)
        )
        document = self._create_documents(self.ticket)
        shown = {"ticket_id": {"fields": {"display_name": {}}}}
        forms = document.browse().with_user(self.employee)
        for record, context, values in (
            (document, {}, {"ticket_id": ticket.id}),
            (forms, {}, {"ticket_id": ticket.id}),
            (forms, {"default_ticket_id": ticket.id}, {}),
            (forms, {"default_ticket_id": ticket.id}, ""),
        ):
            record = record.with_user(self.employee).with_context(**context)
            with (
                self.subTest(values=values, context=context),
                self.assertRaisesRegex(AccessError, "helpdesk.ticket"),
            ):
                record.onchange(values, list(values), shown)

    # --------------------------------------------------------------------------
    # Merging tickets, where that is installed
    # --------------------------------------------------------------------------

    def _create_merger(self):
        """A user who may merge tickets and has no rights on the service's app.

        An administrator: nobody else moves messages, which merging does, in Odoo 19.

        :return: nothing where merging is not installed
        """
        if "helpdesk.ticket.merge" not in self.env:
            return None
        return new_test_user(
            self.env,
            "after_sales_merger",
            groups="helpdesk_mgmt.group_helpdesk_user,base.group_system",
        )

    def _merge(self, merger, tickets, **values):
        wizards = self.env["helpdesk.ticket.merge"].with_user(merger)
        wizard = wizards.with_context(active_ids=tickets.ids).create(values)
        return wizard.merge_tickets()

    def _get_merge_notes(self, ticket):
        """The notes that tell which documents came or went."""
        return ticket.message_ids.filtered(
            lambda message: (
                message.message_type == "notification"
                and f'data-oe-model="{self.ticket._fields[self.documents].comodel_name}"'
                in message.body
                and 'data-oe-model="helpdesk.ticket"' in message.body
            )
        )

    def test_contract_merge(self):
        """Documents go along with their tickets; each chatter gets one note of it."""
        merger = self._create_merger()
        if not merger:
            return
        first, second, third = self.tickets[:3]
        documents = self._create_documents(first + second + second)
        lines = (first + second).document_ids
        self._merge(merger, self.tickets[:3], dst_ticket_id=third.id)
        self.assertEqual(documents.ticket_id, third)
        self.assertEqual(
            [ticket[self.count] for ticket in (first, second, third)], [0, 0, 3]
        )
        self.assertEqual(third.document_ids, lines)
        self.assertFalse((first + second).document_ids)
        for ticket in first + second:
            self.assertEqual(len(self._get_merge_notes(ticket)), 1)
        note = self._get_merge_notes(third)
        self.assertEqual(len(note), 1)
        for document in documents:
            self.assertIn(f'data-oe-id="{document.id}"', note.body)
            self.assertEqual(len(self._get_links(document, third)), 1)
        found = getattr(third.with_user(self._get_service_user()), self.smart_button)()
        self.assertEqual(
            self.env[found["res_model"]].search(found["domain"]), documents
        )

    def test_contract_merge_into_a_new_ticket(self):
        merger = self._create_merger()
        if not merger:
            return
        documents = self._create_documents(self.tickets)
        if "active" in documents._fields:
            documents[0].active = False
        action = self._merge(
            merger,
            self.tickets,
            create_new_ticket=True,
            dst_ticket_name="All of it",
            dst_helpdesk_team_id=self.team.id,
        )
        ticket = self.env["helpdesk.ticket"].browse(action["res_id"])
        self.assertNotIn(ticket, self.tickets)
        self.assertEqual(documents.mapped("ticket_id"), ticket)
        self.assertFalse(any(self.tickets.mapped("active")))

    def test_contract_merge_queries(self):
        """A service's documents are moved and told of at once; ten times as many cost at
        most what core looks at in each record that is written, as it does in entries."""
        merger = self._create_merger()
        if not merger:
            return
        first, second, third = self.tickets[:3]
        self._create_documents(first.concat(*[second] * 10))
        few = self.count_queries(
            lambda: self._merge(merger, first + third, dst_ticket_id=third.id)
        )
        many = self.count_queries(
            lambda: self._merge(merger, second + third, dst_ticket_id=third.id)
        )
        self.assertLessEqual(many, few + 9)

    def test_contract_merge_is_refused(self):
        """No document becomes another customer's or company's, and nothing is left."""
        merger = self._create_merger()
        if not merger:
            return
        document = self._create_documents(self.ticket)
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        company = self.env["res.company"].create({"name": "Elsewhere Ltd"})
        merger.company_ids += company
        others = self.env["helpdesk.ticket"].create(
            [
                self._prepare_ticket_vals(partner_id=stranger.id),
                self._prepare_ticket_vals(team_id=False, company_id=company.id),
            ]
        )
        for other, owner in zip(
            others, (self.customer, self.ticket.company_id), strict=True
        ):
            with self.assertRaises(UserError) as refused:
                self._merge(merger, self.ticket + other, dst_ticket_id=other.id)
            for name in (self.ticket.document_ids.name, owner.display_name):
                self.assertIn(name, str(refused.exception))
            self.assertEqual(document.ticket_id, self.ticket)
            self.assertTrue(self.ticket.active)
        # Without documents tickets are merged as ever.
        self._merge(merger, self.tickets[1] + others[0], dst_ticket_id=others[0].id)
        self.assertFalse(self.tickets[1].active)

    # --------------------------------------------------------------------------
    # The ticket's documents
    # --------------------------------------------------------------------------

    def test_contract_line(self):
        document = self._create_documents(self.ticket)
        line = self.ticket.document_ids
        self.assertEqual(len(line), 1)
        self.assertEqual(line.service, self.service)
        self.assertEqual((line.res_model, line.res_id), (document._name, document.id))
        self.assertTrue(line.name)
        self.assertTrue(line.state)
        self.assertTrue(line.date)
        self.assertEqual(line.team_id, self.team)
        self.assertEqual(line.commercial_partner_id, self.customer)
        self.assertEqual(line.company_id, self.ticket.company_id)

    def test_contract_line_id_is_stable(self):
        document = self._create_documents(self.ticket)
        queries = self.env["helpdesk.ticket.document"]._get_document_queries()
        slots = [query.slot for query in queries]
        self.assertEqual(len(set(slots)), len(slots))
        self.assertTrue(all(0 < slot < SLOTS for slot in slots))
        slot = next(query.slot for query in queries if query.service == self.service)
        self.assertEqual(self.ticket.document_ids.id, document.id * SLOTS + slot)

    def test_contract_lines_are_found_by_index(self):
        """Neither a ticket's lines nor a line by its id are sought in all documents."""
        document = self._create_documents(self.ticket)
        line = self.ticket.document_ids
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        for domain in ([("ticket_id", "=", self.ticket.id)], [("id", "=", line.id)]):
            query = line.sudo()._search(domain)
            self.env.cr.execute(SQL("EXPLAIN %s", query.select()))
            plan = "\n".join(row[0] for row in self.env.cr.fetchall())
            self.assertNotIn(f"Seq Scan on {document._table}", plan)
            self.assertRegex(plan, f"Index.*{document._table}_")

    def test_contract_columns_cost_what_is_asked_for(self):
        """What a column alone needs is not looked for where it is not asked for."""
        query = self.env["helpdesk.ticket.document"].sudo()._search([])
        self.env.cr.execute(SQL("EXPLAIN %s", query.select(SQL("count(*)"))))
        plan = "\n".join(row[0] for row in self.env.cr.fetchall())
        self.assertNotRegex(plan, "(Left|Right|Full) Join|SubPlan")

    def test_contract_line_ids_are_known_to_be_unique(self):
        """PostgreSQL expects one line of an id, not a share of all documents."""
        document = self._create_documents(self.ticket)
        self.env.cr.execute(
            """
            SELECT bool_or(k.indisunique AND k.indpred IS NOT NULL)
              FROM pg_index AS k JOIN pg_class AS i ON i.oid = k.indexrelid
             WHERE k.indrelid = %s::regclass AND i.relname LIKE %s
            """,
            [document._table, f"{document._table}%ticket_document_idx"],
        )
        self.assertEqual(self.env.cr.fetchone(), (True,))

    def test_contract_line_follows_the_ticket(self):
        """Who reads the ticket reads its line, whatever their rights on the document."""
        self._create_documents(self.ticket)
        line = self.ticket.document_ids
        Document = self.env["helpdesk.ticket.document"]
        self.ticket.user_id = False
        for user in (self.agent, self.team_agent, self.manager):
            self.assertEqual(
                Document.with_user(user).search([("ticket_id", "=", self.ticket.id)]),
                line,
            )
            self.assertTrue(line.with_user(user).read(["name", "document_state"]))
            self.assertTrue(line.with_user(user).has_access("read"))
        for user in (self.own_agent, self.employee, self.portal_user):
            self.assertFalse(line.with_user(user).has_access("read"))
            with self.assertRaises(AccessError), mute_logger("odoo.models"):
                line.with_user(user).read(["name"])
        for user in (self.own_agent, self.employee):
            found = Document.with_user(user).search(
                [("ticket_id", "=", self.ticket.id)]
            )
            self.assertFalse(found)
            self.assertFalse(
                Document.with_user(user)._read_group(
                    [("ticket_id", "=", self.ticket.id)], ["service"], ["__count"]
                )
            )
        with self.assertRaises(AccessError):
            Document.with_user(self.portal_user).search([])
        self.ticket.message_subscribe(self.employee.partner_id.ids)
        self.assertTrue(line.with_user(self.employee).has_access("read"))
        with self.assertRaises(AccessError):
            line.with_user(self.manager).unlink()

    def test_contract_reader_without_rights(self):
        """A helpdesk user without the service's rights gets the ticket's form, its
        counter and its lines, and no error from the smart button."""
        document = self._create_documents(self.ticket)
        ticket = self.ticket.with_user(self.agent)
        with Form(ticket) as ticket_form:
            self.assertEqual(ticket_form[self.count], 1)
            self.assertTrue(ticket_form.has_after_sales)
        self.assertTrue(
            self._is_button_visible(self.smart_button, self.ticket, self.agent)
        )
        action = getattr(ticket, self.smart_button)()
        if document.with_user(self.agent).has_access("read"):
            self.assertEqual(action["res_model"], document._name)
        else:
            self.assertEqual(action["res_model"], "helpdesk.ticket.document")
            self.assertEqual(action["res_id"], ticket.document_ids.id)
            opened = ticket.document_ids.action_open_document()
            self.assertEqual(opened["res_model"], "helpdesk.ticket.document")

    # --------------------------------------------------------------------------
    # What the customer sees in the portal
    # --------------------------------------------------------------------------

    def _create_shown_documents(self, tickets):
        """Make documents, one for each ticket, that their customer sees in the portal.

        To be extended where those of ``_create_documents`` are not for the customer yet.
        """
        return self._create_documents(tickets)

    def _get_portal_documents(self, viewer, ticket=None) -> list:
        """What a customer who is signed in sees on the ticket's page.

        :param viewer: a ``res.partner``
        """
        ticket = (ticket or self.ticket).with_user(self.portal_user)
        return ticket._get_portal_documents(viewer)

    def _render_portal(self, documents) -> str:
        """The After-Sales part of the ticket's page, with these documents."""
        return str(
            self.env["ir.qweb"]._render(
                "helpdesk_after_sales.portal_ticket_documents",
                {
                    "ticket": self.ticket,
                    "after_sales_documents": documents,
                    "after_sales_query": "",
                },
            )
        )

    def _create_stranger(self):
        return self.env["res.partner"].create({"name": "Stranger", "is_company": True})

    def test_contract_portal(self):
        """All contacts of the customer see the document, in words and with its links."""
        document = self._create_shown_documents(self.ticket)
        colleague = self.env["res.partner"].create(
            {"name": "Colleague", "parent_id": self.customer.id}
        )
        for viewer in (self.customer, self.portal_user.partner_id, colleague):
            [shown] = self._get_portal_documents(viewer)
            self.assertEqual(shown["record"], document)
            self.assertEqual(shown["line"], self.ticket.document_ids)
            self.assertTrue(shown["title"])
            self.assertTrue(shown["state"])
            self.assertNotIn(shown["state"], (shown["line"].document_state, ""))
            for label, address in shown["pages"]:
                self.assertTrue(label)
                self.assertTrue(address.startswith("/my/"))

    def test_contract_portal_of_others(self):
        """Nobody else sees the document, also not as a follower of the ticket."""
        document = self._create_shown_documents(self.ticket)
        stranger = self._create_stranger()
        others = (stranger, self.agent.partner_id, stranger.browse())
        self.ticket.message_subscribe((stranger + self.agent.partner_id).ids)
        for viewer in others:
            self.assertFalse(self._get_portal_documents(viewer))
        if document._get_document_customer():
            # It stays where it is when the ticket is given to somebody else.
            self.ticket.partner_id = stranger
            self.assertFalse(self._get_portal_documents(stranger))
            self.assertEqual(len(self._get_portal_documents(self.customer)), 1)

    def test_contract_portal_page(self):
        """The page has no internal note, and shows names as they are."""
        self.ticket.name = "<script>alert(1)</script>"
        first = self._create_shown_documents(self.ticket)
        second = self._create_shown_documents(self.ticket)
        for record in (self.ticket, first):
            record._message_log(body="Not for the customer")
        documents = self._get_portal_documents(self.customer)
        self.assertEqual(
            [shown["record"].id for shown in documents], [second.id, first.id]
        )
        page = self._render_portal(documents)
        self.assertNotIn("Not for the customer", page)
        self.assertNotIn("<script", page)
        parts = etree.fromstring(page.strip())
        self.assertEqual(len(parts.xpath("//h3")), 1)
        titles = [title.text for title in parts.xpath("//ol/li/h4")]
        self.assertEqual(titles, [shown["title"] for shown in documents])
        self.assertFalse(parts.xpath("//a[not(text() or .//text())]"))

    def test_contract_portal_pdf(self):
        """There is a PDF where the page has a link to one."""
        self._create_shown_documents(self.ticket)
        [shown] = self._get_portal_documents(self.customer)
        if shown["pdf"]:
            name, content = shown["record"]._render_portal_pdf()
            self.assertTrue(name.endswith(".pdf"))
            self.assertTrue(content)

    def test_contract_portal_queries(self):
        """Ten documents cost as many queries as one."""
        one, ten, none = self.tickets[:3]
        self._create_shown_documents(one.concat(*[ten] * 10))
        queries = {
            ticket: self.count_queries(
                lambda ticket=ticket: self._render_portal(
                    self._get_portal_documents(self.customer, ticket)
                )
            )
            for ticket in (one, ten, none)
        }
        self.assertLessEqual(queries[ten], queries[one])
        self.assertLessEqual(queries[none], 5)

    # --------------------------------------------------------------------------
    # Back to the ticket
    # --------------------------------------------------------------------------

    def test_contract_back_to_the_ticket(self):
        document = self._create_documents(self.ticket)
        user = self._get_service_user()
        arch = etree.fromstring(
            document.with_user(user).get_view(view_type="form")["arch"]
        )
        button = arch.xpath("//button[@name='action_view_ticket']")
        self.assertEqual(len(button), 1)
        self.assertEqual(button[0].get("invisible"), "not is_ticket_readable")
        self.assertTrue(document.with_user(user).is_ticket_readable)
        action = document.with_user(user).action_view_ticket()
        self.assertEqual(action["res_model"], "helpdesk.ticket")
        self.assertEqual(action["res_id"], self.ticket.id)
