{
    "name": "Helpdesk After-Sales: Merged Tickets",
    "summary": "Tickets that are merged take their after-sales documents along",
    "version": "19.0.1.0.0",
    "license": "AGPL-3",
    "category": "After-Sales",
    "images": ["static/description/banner.png"],
    "author": "Helpdesk After-Sales contributors",
    "depends": ["helpdesk_after_sales", "helpdesk_mgmt_merge"],
    "auto_install": True,
    "development_status": "Beta",
}
