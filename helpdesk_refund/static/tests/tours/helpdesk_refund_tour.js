import {registry} from "@web/core/registry";

const openWizard = () => [
    {
        content: "Refund from the ticket",
        trigger: "button[name=action_refund]",
        run: "click",
    },
    {
        content: "The invoice is chosen, with what is left to credit beside it",
        trigger: ".modal [name=move_ids] .o_tag:contains(left)",
    },
];

const goToTicketAndBack = () => [
    {
        content: "Back to the ticket",
        trigger: "button[name=action_view_ticket]",
        run: "click",
    },
    {
        content: "The ticket counts the credit note",
        trigger: "button[name=action_view_credit_notes]:contains(1)",
        run: "click",
    },
    {
        content: "The credit note is posted",
        trigger: ".o_form_view .o_arrow_button_current:contains(Posted)",
    },
];

registry.category("web_tour.tours").add("helpdesk_refund_partial", {
    steps: () => [
        ...openWizard(),
        {
            content: "Reverse, with the method that is set: partial",
            trigger: ".modal button[name=refund_moves]",
            run: "click",
        },
        {
            content: "Confirm the draft",
            trigger: ".o_form_view:has(button[name=action_view_ticket]) button[name=action_post]:not(:disabled):visible",
            run: "click",
        },
        {
            content: "Wait for the credit note to be posted",
            trigger: ".o_form_view .o_arrow_button_current:contains(Posted)",
        },
        ...goToTicketAndBack(),
    ],
});

registry.category("web_tour.tours").add("helpdesk_refund_full", {
    steps: () => [
        ...openWizard(),
        {
            content: "Open the credit methods",
            trigger: ".modal [name=credit_method] input",
            run: "click",
        },
        {
            content: "Choose a full refund",
            trigger: ".o-dropdown-item:contains(/^Full Refund$/)",
            run: "click",
        },
        {
            content: "Reverse",
            trigger: ".modal button[name=refund_moves]",
            run: "click",
        },
        {
            content: "The credit note is posted at once",
            trigger:
                ".o_form_view:has(button[name=action_view_ticket]) .o_arrow_button_current:contains(Posted)",
        },
        ...goToTicketAndBack(),
    ],
});

registry.category("web_tour.tours").add("helpdesk_refund_nothing", {
    steps: () => [
        {
            content: "Refund from a ticket without invoices",
            trigger: "button[name=action_refund]",
            run: "click",
        },
        {
            content: "The wizard says why there is nothing to choose, and cannot reverse",
            trigger:
                ".modal:has(.alert:contains(no posted invoice)):not(:has(button[name=refund_moves]:visible))",
        },
        {
            content: "Discard",
            trigger: ".modal button.btn-secondary:contains(Discard)",
            run: "click",
        },
        {
            content: "Back on the ticket",
            trigger: "body:not(:has(.modal)) button[name=action_refund]",
        },
    ],
});
