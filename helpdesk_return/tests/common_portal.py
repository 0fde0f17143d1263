import io
import re
import uuid

from PIL import Image

from odoo import http
from odoo.tests import new_test_user

from .common import ReturnCommon


class ReturnPortalCommon(ReturnCommon):
    """Customers in the portal: two of the ticket's company, and one of another."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.allow_return_requests = True
        cls.reason = cls.env.ref("helpdesk_return.return_reason_damaged")
        cls.colleague = cls.env["res.partner"].create(
            {"name": "Cole", "parent_id": cls.customer.id, "email": "c@example.com"}
        )
        cls.stranger.email = "s@example.com"
        cls.nora = cls._create_portal_user("nora", cls.contact)
        cls.cole = cls._create_portal_user("cole", cls.colleague)
        cls.other = cls._create_portal_user("other", cls.stranger)
        cls.delivery = cls._deliver({cls.lamp: 3, cls.desk: 1})
        cls.lamps, cls.desks = (
            cls.delivery.move_ids.filtered(
                lambda move, product=product: move.product_id == product
            )
            for product in (cls.lamp, cls.desk)
        )

    @classmethod
    def _create_portal_user(cls, login, partner):
        return new_test_user(
            cls.env,
            login=login,
            name=partner.name,
            groups="base.group_portal",
            partner_id=partner.id,
        )

    @classmethod
    def _make_photo(cls, kind="JPEG"):
        content = io.BytesIO()
        Image.new("RGB", (8, 8), "red").save(content, kind)
        return content.getvalue()

    def _log_in(self, user=None):
        user = user or self.nora
        self.authenticate(user.login, user.login)

    @property
    def _form_url(self):
        return f"/my/ticket/{self.ticket.id}/return"

    def _get_token(self):
        """The token of a form that is opened anew."""
        page = self.url_open(self._form_url).text
        return re.search(r'name="token" value="(\w+)"', page)[1]

    def _name(self, move, lot=None):
        return f"quantity-{move.id}-{lot.id if lot else 0}"

    def _post(self, quantities=None, photos=(), url=None, **form):
        """Send the form, as the browser does.

        :param quantities: by move, or by what the field is called
        :param photos: file name and content of each
        """
        if quantities is None:
            quantities = {self.lamps: "2"}
        data = {
            "csrf_token": http.Request.csrf_token(self),
            "token": uuid.uuid4().hex,
            "reason": self.reason.id,
            "wish": "exchange",
            **form,
        }
        for key, quantity in quantities.items():
            data[key if isinstance(key, str) else self._name(key)] = quantity
        files = [("photos", (name, content)) for name, content in photos] or {
            "photos": ("", b"")
        }
        answer = self.url_open(
            url or self._form_url, data=data, files=files, allow_redirects=False
        )
        self.env.invalidate_all()
        return answer
