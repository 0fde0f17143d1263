{
    "name": "Helpdesk Replacement",
    "summary": "Example: a service of an integrator's own, on the after-sales mechanism",
    "version": "19.0.1.0.0",
    "license": "AGPL-3",
    "category": "After-Sales",
    "author": "Helpdesk After-Sales contributors",
    "depends": ["helpdesk_after_sales"],
    "data": ["security/ir.model.access.csv", "views/helpdesk_replacement_views.xml"],
    "development_status": "Beta",
    "uninstall_hook": "uninstall_hook",
}
