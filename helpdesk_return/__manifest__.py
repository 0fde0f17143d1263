{
    "name": "Helpdesk Return",
    "summary": "Reverse transfers and replacements from a ticket",
    "version": "19.0.1.1.0",
    "license": "AGPL-3",
    "category": "After-Sales",
    "author": "Helpdesk After-Sales contributors",
    "depends": ["helpdesk_after_sales", "helpdesk_mgmt_sale", "sale_stock"],
    "data": [
        "security/ir.model.access.csv",
        "report/stock_picking_return_slip.xml",
        "data/mail_template_data.xml",
        "wizards/stock_picking_return_views.xml",
        "views/helpdesk_ticket_views.xml",
        "views/stock_lot_views.xml",
        "views/stock_picking_views.xml",
    ],
    "demo": ["demo/helpdesk_return_demo.xml"],
    "assets": {
        "web.assets_tests": ["helpdesk_return/static/tests/tours/**/*"],
    },
    "uninstall_hook": "uninstall_hook",
    "development_status": "Beta",
}
