from odoo.tests import tagged, freeze_time
from odoo.sql_db import Cursor
from unittest.mock import patch
import traceback
from .test_queries import TestQueries as _T

@tagged("post_install", "-at_install")
@freeze_time("2026-03-10")
class TestDbg(_T):
    allow_inherited_tests_method = False
    def test_dbg(self):
        invoice = self._create_customer_invoice()
        orig = Cursor.execute
        for name, call in (("core", lambda: self._reverse_by_core(invoice, "partial", self.agent)), ("ours", lambda: self._reverse_from_ticket(invoice, "partial", self.agent))):
            self.count_queries(call)
            out = open(f"/tmp/refund_work/q_{name}.txt", "w")
            def execute(cr, query, params=None, log_exceptions=True):
                from odoo.tools import SQL
                q = query.code if isinstance(query, SQL) else str(query)
                frames = [f"{f.filename.split('addons/')[-1].split('dist-packages/')[-1]}:{f.lineno}:{f.name}" for f in traceback.extract_stack() if 'addons' in f.filename and '/tests/' not in f.filename]
                out.write(" ".join(q.split())[:150] + "\n      <- " + " | ".join(frames[-7:]) + "\n")
                return orig(cr, query, params, log_exceptions)
            with patch.object(Cursor, "execute", execute):
                self.count_queries(call)
