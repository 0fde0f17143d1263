{
    "name": "Helpdesk After-Sales",
    "summary": "Refunds, coupons, returns, repairs and visits from a ticket",
    "version": "19.0.1.2.0",
    "license": "AGPL-3",
    "category": "After-Sales",
    "author": "Helpdesk After-Sales contributors",
    "depends": ["base_install_request", "helpdesk_mgmt", "helpdesk_product"],
    "data": [
        "security/ir.model.access.csv",
        "views/helpdesk_ticket_document_views.xml",
        "views/helpdesk_ticket_views.xml",
        "views/helpdesk_ticket_team_views.xml",
        "views/helpdesk_after_sales_menus.xml",
    ],
    "demo": ["demo/helpdesk_after_sales_demo.xml"],
    "assets": {
        "web.assets_backend": ["helpdesk_after_sales/static/src/**/*"],
    },
    "development_status": "Beta",
}
