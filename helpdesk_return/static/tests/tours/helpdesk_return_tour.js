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

registry.category("web_tour.tours").add("helpdesk_return_ask", {
    steps: () => [
        {
            content: "Ask for a return from the ticket's page",
            trigger: "#return_requests a:contains(Ask for a Return)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Two lamps",
            trigger: "#goods .row:contains(Lamp) input[type=number]",
            run: "edit 2",
        },
        {
            content: "Why",
            trigger: "#reason",
            run: "selectByLabel It arrived damaged",
        },
        {
            content: "In exchange for new ones",
            trigger: "#wish input[value=exchange]",
            run: "click",
        },
        {
            content: "Nothing is wider than the screen",
            trigger: "#photos",
            run: () => {
                if (document.documentElement.scrollWidth > window.innerWidth) {
                    throw new Error("The page scrolls sideways");
                }
            },
        },
        {
            content: "Send",
            trigger: "button:contains(Send Request)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Back on the ticket, which tells what was asked for",
            trigger: "#return_requests [role=status]:contains(Thank you)",
        },
        {
            content: "It waits for an answer",
            trigger: "#return_requests li:contains(2 Units Lamp):contains(Waiting)",
        },
    ],
});

const openRequest = () => [
    {
        content: "The ticket tells of the request",
        trigger: ".alert:contains(asks for a return) button:contains(Open the Request)",
        run: "click",
    },
    {
        content: "The return says who asks, and why",
        trigger:
            ".o_form_view:has(.alert:contains(Nora Field)) [name=request_reason_id]:contains(damaged)",
    },
    {
        content: "Odoo's own buttons do not answer in the agent's place",
        trigger:
            ".o_form_statusbar:not(:has(button[name=action_confirm]:visible)):not(:has(button[name=action_cancel]:visible))",
    },
];

registry.category("web_tour.tours").add("helpdesk_return_confirm_request", {
    steps: () => [
        ...openRequest(),
        {
            content: "Confirm",
            trigger: "button[name=action_confirm_request]",
            run: "click",
        },
        {
            content: "The goods are waited for",
            trigger: "[name=request_state]:contains(Confirmed)",
        },
        {
            content: "Back to the ticket",
            trigger: "button[name=action_view_ticket]",
            run: "click",
        },
        {
            content: "Nobody waits for an answer any more",
            trigger:
                ".o_form_view:has(button[name=action_view_returns]:contains(1)):not(:has(.alert:contains(asks for a return)))",
        },
    ],
});

registry.category("web_tour.tours").add("helpdesk_return_decline_request", {
    steps: () => [
        ...openRequest(),
        {
            content: "Decline",
            trigger: "button[name=action_decline_request]",
            run: "click",
        },
        {
            content: "Why",
            trigger: ".modal [name=answer] textarea",
            run: "edit It was used outdoors.",
        },
        {
            content: "Decline",
            trigger: ".modal button[name=action_decline]",
            run: "click",
        },
        {
            content: "The sentence stays on the return",
            trigger:
                "body:not(:has(.modal)) [name=request_answer]:contains(used outdoors)",
        },
    ],
});
