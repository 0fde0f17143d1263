{
    "name": "Helpdesk Repair",
    "summary": "Repair orders from a ticket, from the return to the way back",
    "version": "19.0.1.1.0",
    "license": "AGPL-3",
    "category": "After-Sales",
    "author": "Helpdesk After-Sales contributors",
    "depends": ["helpdesk_return", "repair_service"],
    "data": [
        "report/repair_order_report.xml",
        "report/sale_order_report.xml",
        "views/repair_order_views.xml",
        "views/helpdesk_ticket_views.xml",
        "views/res_config_settings_views.xml",
        "views/sale_portal_templates.xml",
    ],
    "demo": ["demo/helpdesk_repair_demo.xml"],
    "assets": {
        "web.assets_backend": ["helpdesk_repair/static/src/**/*"],
        "web.assets_tests": ["helpdesk_repair/static/tests/tours/**/*"],
    },
    "uninstall_hook": "uninstall_hook",
    "development_status": "Beta",
}
