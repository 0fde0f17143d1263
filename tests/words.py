"""Words that ours need not share with Odoo."""

OUR_WORDS: dict[str, dict[str, str]] = {
    "de": {
        "After-Sales": "After-Sales",
        "After-Sales Services": "After-Sales-Services",
        "Ticket": "Ticket",
        "Team": "Team",
        "Refunds": "Rückerstattungen",
        "Coupons": "Gutscheine",
        "Returns": "Retouren",
        "Repairs": "Reparaturen",
        "Field Service": "Außendienst",
        "Refund": "Rückerstattung",
        "Coupon": "Gutschein",
        "Return": "Retoure",
        "Repair": "Reparatur",
        "Create Task": "Aufgabe erstellen",
        "Invoices to Refund": "Zu erstattende Rechnungen",
        "Credit Method": "Anrechnungsmethode",
        "Partial Refund": "Teilrückerstattung",
        "Full Refund": "Vollständige Rückerstattung",
        "Full Refund and New Draft Invoice": "Vollständige Rückerstattung und neuer Rechnungsentwurf",
        "Reverse": "Stornieren",
        "Confirm": "Bestätigen",
        "Credit Notes": "Gutschriften",
        "Coupon Program": "Gutscheinprogramm",
        "Generate": "Generieren",
        "Copy": "Kopieren",
        "Send": "Senden",
        "Recipients": "Empfänger",
        "Reverse Transfer": "Stornotransfer",
        "Quantity": "Menge",
        "Product to Repair": "Zu reparierendes Produkt",
        "Repair Description": "Reparaturbeschreibung",
        "Sales Order": "Verkaufsauftrag",
        "Invoice Method": "Rechnungsmethode",
        "No Invoice": "Keine Rechnung",
        "Before Repair": "Vor Reparatur",
        "After Repair": "Nach Reparatur",
        "Parts": "Teile",
        "Operations": "Vorgänge",
        "Repair Notes": "Reparaturnotizen",
        "Quotation Notes": "Angebotsnotizen",
        "Create a Field Service task": "Eine Außendienstaufgabe erstellen",
        "Title": "Titel",
        "Project": "Projekt",
        "Create & View Task": "Aufgabe erstellen & anzeigen",
        "Tasks": "Aufgaben",
        "Decline": "Ablehnen",
        "Finished": "Beendet",
        "Returned": "Zurück",
        "Used": "Eingelöst",
        "Used In": "Eingelöst in",
    },
}
"""Terms that have one translation of ours, by language."""

HOMONYMS = {
    "Goods",  # what is taken back
    "Left",  # over
    "Open",  # a button
    "Service",  # one of the after-sales services
    "Sign",  # a button
    "cancelled",  # a credit note, a visit
    "on",  # a day
}
"""Terms that mean something else in Odoo."""
