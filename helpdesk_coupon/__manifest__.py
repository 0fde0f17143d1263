{
    "name": "Helpdesk Coupon",
    "summary": "Coupons for the customer of a ticket",
    "version": "19.0.1.2.0",
    "license": "AGPL-3",
    "category": "After-Sales",
    "author": "Helpdesk After-Sales contributors",
    "depends": ["helpdesk_after_sales", "sale_loyalty"],
    "data": [
        "security/ir.model.access.csv",
        "wizards/helpdesk_coupon_generate_views.xml",
        "views/loyalty_card_views.xml",
        "views/helpdesk_ticket_views.xml",
    ],
    "demo": ["demo/helpdesk_coupon_demo.xml"],
    "assets": {
        "web.assets_tests": ["helpdesk_coupon/static/tests/tours/**/*"],
    },
    "uninstall_hook": "uninstall_hook",
    "development_status": "Beta",
}
