import io
import re
import uuid

from PIL import Image
from werkzeug.exceptions import Forbidden, NotFound

from odoo import fields, http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request
from odoo.tools import format_date
from odoo.tools.misc import get_lang

from odoo.addons.helpdesk_mgmt.controllers.myaccount import CustomerPortalHelpdesk

MAX_PHOTOS = 5
"""How many photographs go with a request at most."""

MAX_PHOTO_MEGABYTES = 10
"""How large each photograph is at most."""

PHOTO_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png"}
"""The MIME types of photographs by format; Odoo reads no others from cameras."""

QUANTITY = "quantity"
"""How the fields for quantities are called: this, move and lot, with hyphens."""

NUMBER = re.compile(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)
"""What browsers send of fields for numbers; ``float`` reads more."""

TOKEN = re.compile("[0-9a-f]{32}")
"""What the form's ``uuid4().hex`` looks like."""


class ReturnPortal(CustomerPortalHelpdesk):
    """Where customers ask for returns, on the portal page of their ticket."""

    def _ticket_get_page_view_values(self, ticket, access_token, **kwargs):
        values = super()._ticket_get_page_view_values(ticket, access_token, **kwargs)
        # Who has no more than the ticket's token may be anybody, and sees no requests.
        viewer = request.env.user.partner_id
        is_customer = ticket._is_of_customer(viewer)
        requests = ticket.return_ids.filtered(
            lambda transfer: (
                transfer.request_state in ("open", "declined")
                and transfer._get_document_customer().commercial_partner_id
                == viewer.commercial_partner_id
            )
        )
        values.update(
            can_request_return=is_customer and ticket._can_request_return(viewer),
            return_requests=requests.sorted("id", reverse=True),
            is_return_requested=is_customer and "return_requested" in kwargs,
        )
        return values

    @http.route(
        "/my/ticket/<int:ticket_id>/return",
        type="http",
        auth="user",
        methods=["GET", "POST"],
        website=True,
        priority=100,
    )
    def portal_ask_for_return(self, ticket_id, **form):
        """Ask for a return on a ticket: the form, and what comes of it.

        :param ticket_id: the ticket, which the user must be able to read without its
            token
        :param form: what was entered
        :return: the form, with what is to be mended, or the way back to the ticket
        :raise Forbidden: the form did not make what was sent
        """
        ticket_sudo = self._get_ticket_to_return(ticket_id)
        refusal = self._get_refusal(ticket_sudo)
        # Odoo looks for the form's own token on POST alone.
        if request.httprequest.method != "POST":
            return self._render_return_form(ticket_sudo, {}, refusal=refusal)
        token = str(form.get("token"))
        if not TOKEN.fullmatch(token):
            raise Forbidden()
        if ticket_sudo._get_returns_of_request(token):
            return self._redirect_to_requests(ticket_sudo)
        if refusal:
            return self._render_return_form(ticket_sudo, form, {"": refusal}, refusal)
        entries, errors = self._parse_return_form(ticket_sudo, form)
        if not errors:
            try:
                with request.env.cr.savepoint():
                    ticket_sudo._request_return(request.env.user.partner_id, **entries)
            except AccessError as error:
                raise Forbidden() from error
            except UserError as error:
                errors[""] = str(error)
        if errors:
            return self._render_return_form(ticket_sudo, form, errors)
        return self._redirect_to_requests(ticket_sudo)

    def _get_refusal(self, ticket_sudo) -> str:
        """Say why the user cannot ask for a return on a ticket; empty: they can."""
        try:
            ticket_sudo._ensure_can_request_return(request.env.user.partner_id)
        except UserError as error:
            return str(error)
        return ""

    def _redirect_to_requests(self, ticket_sudo):
        """Go back to the ticket, where it thanks for the request."""
        return request.redirect(
            f"/my/ticket/{ticket_sudo.id}?return_requested=1#return_requests"
        )

    def _get_ticket_to_return(self, ticket_id):
        """Find the ticket that the user asks for a return on.

        :return: the ``helpdesk.ticket``, by sudo and in its company
        :raise Forbidden: the user may not read it, or it is another customer's
        :raise NotFound: there is none with this number
        """
        ticket = request.env["helpdesk.ticket"].browse(ticket_id)
        if not ticket:  # number 0
            raise NotFound()
        try:
            ticket.check_access("read")
        except (AccessError, MissingError) as error:
            raise Forbidden() from error
        # Sudo: customers have no rights on what they were delivered, and they do not know
        # products by the company's codes.
        ticket_sudo = ticket.sudo().with_context(display_default_code=False)
        if not ticket_sudo._is_of_customer(request.env.user.partner_id):
            raise Forbidden()
        return ticket_sudo.with_company(ticket_sudo.company_id)

    def _render_return_form(self, ticket_sudo, form, errors=None, refusal=""):
        """Show the form to ask for a return.

        :param ticket_sudo: the ticket, by sudo
        :param form: what was entered before, to be kept
        :param errors: sentences by the id of the field that is to be mended; none: of
            the form as such
        :param refusal: why returns cannot be asked for, in a sentence; with no errors,
            it stands in place of the form
        """
        env = request.env
        days = ticket_sudo.company_id.return_window_days
        values = {
            "page_name": "ticket",
            "ticket": ticket_sudo,
            "goods": [
                {
                    "name": f"{QUANTITY}-{move.id}-{lot.id or 0}",
                    "move": move,
                    "left": quantity,
                    "about": self._describe_goods(move, lot, quantity),
                    "is_piece": lot and move.product_id.tracking == "serial",
                }
                for move, lot, quantity in ticket_sudo._get_goods_to_request()
            ],
            "window": env._(
                "Returns are possible within %(days)s days after the delivery.",
                days=days,
            )
            if days
            else "",
            "reasons": ticket_sudo._get_return_reasons(),
            "wishes": ticket_sudo._get_return_wishes(),
            "token": form.get("token") or uuid.uuid4().hex,
            "form": form,
            "errors": errors or {},
            "refusal": refusal,
            "photo_types": ",".join(PHOTO_TYPES.values()),
            "about_photos": env._(
                "Up to %(number)s files, JPEG or PNG, of %(size)s MB each at most",
                number=MAX_PHOTOS,
                size=MAX_PHOTO_MEGABYTES,
            ),
        }
        return request.render(
            "helpdesk_return.portal_ask_for_return",
            values,
            status=422 if errors else 404 if refusal else 200,
        )

    def _describe_goods(self, move, lot, quantity) -> list[str]:
        """Say what a line of the form is about, below the product's name.

        :param move: the ``stock.move`` that delivered it, by sudo
        :param lot: the ``stock.lot``, if it has one, by sudo
        :param quantity: what can still go back, in the move's unit
        """
        env = request.env
        lines = []
        if kit := move._get_kit():
            lines.append(env._("Part of %(kit)s", kit=kit.display_name))
        if lot:
            lines.append(env._("Lot/serial number %(lot)s", lot=lot.name))
        lines.append(
            env._(
                "Delivery %(delivery)s of %(date)s",
                delivery=move.picking_id.name,
                date=format_date(
                    env, fields.Datetime.context_timestamp(move, move.date)
                ),
            )
        )
        lines.append(
            env._(
                "%(quantity)s can go back",
                quantity=move._format_in_unit(quantity, trim=True),
            )
        )
        return lines

    def _parse_return_form(self, ticket_sudo, form):
        """Read what was entered to ask for a return.

        :param ticket_sudo: the ticket, by sudo
        :param form: what was entered
        :return: arguments of ``_request_return``, and sentences on what is to be mended
            by the id of its field
        :raise Forbidden: goods are entered that the customer was not delivered
        """
        env = request.env
        errors = {}
        goods = {}
        entered = {
            name: str(value).strip()
            for name, value in form.items()
            if name.startswith(f"{QUANTITY}-")
        }
        keys = {}
        for name in entered:
            try:
                _quantity, move_id, lot_id = name.split("-")
                keys[name] = int(move_id), int(lot_id)
            except ValueError as error:
                raise Forbidden() from error
        try:
            ticket_sudo._ensure_delivered_to_customer(keys.values())
        except AccessError as error:
            raise Forbidden() from error
        left = {
            (move.id, lot.id or 0): quantity
            for move, lot, quantity in ticket_sudo._get_goods_to_request()
        }
        for name, text in entered.items():
            move_id, lot_id = keys[name]
            move_sudo = ticket_sudo.env["stock.move"].browse(move_id)
            lot_sudo = ticket_sudo.env["stock.lot"].browse(lot_id or [])
            try:
                quantity = self._parse_quantity(
                    text, move_sudo, lot_sudo, left.get(keys[name])
                )
            except UserError as error:
                errors[name] = str(error)
            else:
                if quantity:
                    goods[keys[name]] = quantity
        if not goods and not errors:
            errors["goods"] = env._("Choose what is to go back.")
        reason_id = form.get("reason", "")
        reasons_sudo = ticket_sudo._get_return_reasons()
        reason_sudo = reasons_sudo.filtered(lambda reason: str(reason.id) == reason_id)
        if reasons_sudo and not reason_sudo:
            errors["reason"] = env._("Choose why the goods are to go back.")
        wish = form.get("wish")
        if wish not in ticket_sudo._get_return_wishes():
            errors["wish"] = env._("Choose what you would like in return.")
        photos = self._read_photos(errors)
        return {
            "goods": goods,
            "reason": reason_sudo,
            "wish": wish,
            "token": form["token"],
            "photos": photos,
        }, errors

    def _parse_quantity(self, text, move_sudo, lot_sudo, left) -> float:
        """Read a quantity, written with the language's decimal separator or a point.

        :param text: as it was entered; empty: zero
        :param move_sudo: what is to go back, by sudo
        :param lot_sudo: its lot, if it has one, by sudo
        :param left: how much of it can go back, in the move's unit; none where it is not
            offered any more, which ``_request_return`` refuses
        :return: zero or more, in the move's unit
        :raise UserError: it is no such number; the message says what is wrong
        """
        env = request.env
        product = move_sudo._get_name_of_goods(lot_sudo)
        number = text.replace(get_lang(env).decimal_point, ".") or "0"
        if not NUMBER.fullmatch(number):
            raise UserError(
                env._(
                    "Enter how much of %(product)s is to go back, as a number.",
                    product=product,
                )
            )
        quantity = float(number)
        if quantity < 0:
            raise UserError(
                env._(
                    "How much of %(product)s is to go back cannot be negative; enter zero "
                    "or more.",
                    product=product,
                )
            )
        digits = env["decimal.precision"].precision_get("Product Unit")
        if left is not None and quantity > round(left, digits):
            raise UserError(
                env._(
                    "Only %(left)s of %(product)s from delivery %(delivery)s can go back; "
                    "enter no more than that.",
                    left=move_sudo._format_in_unit(left, trim=True),
                    product=product,
                    delivery=move_sudo.picking_id.name,
                )
            )
        if quantity != round(quantity, digits):
            raise UserError(
                env._(
                    "Enter how much of %(product)s is to go back with at most %(digits)s "
                    "decimals.",
                    product=product,
                    digits=digits,
                )
            )
        return quantity

    def _read_photos(self, errors) -> list[tuple]:
        """Read the photographs that were chosen, and check that they are such.

        :param errors: sentences on what is to be mended, to be added to
        :return: file name, content and MIME type of each
        """
        env = request.env
        files = [
            file
            for file in request.httprequest.files.getlist("photos")
            if file.filename
        ]
        if len(files) > MAX_PHOTOS:
            errors["photos"] = env._(
                "%(number)s photographs are too many; choose %(limit)s at most.",
                number=len(files),
                limit=MAX_PHOTOS,
            )
            return []
        photos = []
        for file in files:
            # From the start, also when the request is run again.
            file.seek(0)
            content = file.read(MAX_PHOTO_MEGABYTES * 1024 * 1024 + 1)
            if len(content) > MAX_PHOTO_MEGABYTES * 1024 * 1024:
                errors["photos"] = env._(
                    "%(file)s is too large; choose photographs of %(limit)s MB at most.",
                    file=file.filename,
                    limit=MAX_PHOTO_MEGABYTES,
                )
            elif "\0" not in file.filename and (
                mimetype := self._get_photo_type(content)
            ):
                photos.append((file.filename, content, mimetype))
            else:
                errors["photos"] = env._(
                    "%(file)s is no photograph that we can read; choose JPEG or PNG "
                    "files.",
                    file=file.filename,
                )
        return photos

    def _get_photo_type(self, content: bytes) -> str | None:
        """Tell by its content, whatever its name, what kind of picture a file is.

        :return: its MIME type, none for what is no picture that is allowed
        """
        try:
            with Image.open(io.BytesIO(content), formats=list(PHOTO_TYPES)) as picture:
                picture.verify()
                # Cameras put more than one picture in a JPEG file, which then is called
                # otherwise.
                return PHOTO_TYPES.get(picture.format, PHOTO_TYPES["JPEG"])
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            return None
