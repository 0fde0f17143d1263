{
    "name": "Helpdesk Refund",
    "summary": "Credit notes from a ticket",
    "version": "19.0.1.1.2",
    "license": "AGPL-3",
    "category": "After-Sales",
    "images": ["static/description/banner.png"],
    "author": "Helpdesk After-Sales contributors",
    "depends": ["helpdesk_after_sales", "helpdesk_mgmt_sale", "account"],
    "data": [
        "data/mail_template_data.xml",
        "wizards/account_move_reversal_views.xml",
        "views/account_move_views.xml",
        "views/helpdesk_ticket_team_views.xml",
        "views/helpdesk_ticket_views.xml",
    ],
    "demo": ["demo/helpdesk_refund_demo.xml"],
    "assets": {
        "web.assets_tests": ["helpdesk_refund/static/tests/tours/**/*"],
    },
    "uninstall_hook": "uninstall_hook",
    "development_status": "Beta",
}
