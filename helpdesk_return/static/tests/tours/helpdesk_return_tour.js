import {registry} from "@web/core/registry";

const openWizard = () => [
    {
        content: "Return from the ticket",
        trigger: "button[name=action_return]",
        run: "click",
    },
    {
        content: "The delivery is chosen",
        trigger: ".modal [name=picking_id] input:value(/OUT/)",
    },
    {
        content: "Its line says what is left",
        trigger: ".modal [name=product_return_moves] [name=quantity_left]:contains(3)",
    },
];

const backToTicket = (steps) => [
    {
        content: "Back to the ticket",
        trigger: "button[name=action_view_ticket]",
        run: "click",
    },
    {
        content: "The ticket counts the return",
        trigger: "button[name=action_view_returns]:contains(1)",
    },
    ...steps,
];

registry.category("web_tour.tours").add("helpdesk_return_return", {
    steps: () => [
        ...openWizard(),
        {
            content: "Change the quantity",
            trigger: ".modal [name=product_return_moves] td[name=quantity]",
            run: "click",
        },
        {
            content: "Two of three",
            trigger: ".modal [name=product_return_moves] [name=quantity] input",
            run: "edit 2",
        },
        {
            content: "Return",
            trigger: ".modal button[name=action_create_returns]",
            run: "click",
        },
        {
            content: "Receive the goods",
            trigger:
                ".o_form_view:has(button[name=action_view_ticket]) button[name=button_validate]:visible",
            run: "click",
        },
        {
            content: "They are there",
            trigger: ".o_form_view .o_arrow_button_current:contains(Done)",
        },
        ...backToTicket([
            {
                content: "Open the return again",
                trigger: "button[name=action_view_returns]",
                run: "click",
            },
            {
                content: "The smart button opens it",
                trigger: ".o_form_view .o_arrow_button_current:contains(Done)",
            },
        ]),
    ],
});

registry.category("web_tour.tours").add("helpdesk_return_exchange", {
    steps: () => [
        ...openWizard(),
        {
            content: "Return for Exchange",
            trigger: ".modal button[name=action_create_exchanges]",
            run: "click",
        },
        {
            content: "The return is open",
            trigger: ".o_form_view button[name=action_send_return_slip]",
        },
        ...backToTicket([
            {
                content: "Open the page After-Sales",
                trigger: ".o_notebook a.nav-link:contains(After-Sales)",
                run: "click",
            },
            {
                content: "Return and replacement are there",
                trigger:
                    ".o_field_widget[name=document_ids]:has(td:contains(/OUT/)):has(td:contains(/IN/))",
            },
        ]),
    ],
});

registry.category("web_tour.tours").add("helpdesk_return_nothing", {
    steps: () => [
        {
            content: "Return from a ticket whose customer has sent back everything",
            trigger: "button[name=action_return]",
            run: "click",
        },
        {
            content: "The wizard says why there is nothing to choose, and cannot return",
            trigger:
                ".modal:has(.alert:contains(returned in full)):not(:has(button[name=action_create_returns]:visible))",
        },
        {
            content: "Discard",
            trigger: ".modal button.btn-secondary:contains(Discard)",
            run: "click",
        },
        {
            content: "Back on the ticket",
            trigger: "body:not(:has(.modal)) button[name=action_return]",
        },
    ],
});
