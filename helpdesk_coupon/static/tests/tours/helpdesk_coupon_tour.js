import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("helpdesk_coupon", {
    steps: () => [
        {
            content: "A coupon from the ticket",
            trigger: "button[name=action_coupon]",
            run: "click",
        },
        {
            content: "The only program is chosen, for the ticket's customer",
            trigger: ".modal:has([name=partner_id]:contains(Nora Field))",
        },
        {
            content: "Generate it",
            trigger:
                ".modal:has([name=program_id] input:value(Sorry for the trouble)) button[name=action_generate]",
            run: "click",
        },
        {
            content: "The code is there, to be copied",
            trigger: ".modal [name=code]:contains(044) .o_clipboard_button",
        },
        {
            content: "It can neither be generated again nor changed",
            trigger:
                ".modal:not(:has(button[name=action_generate]:visible)):not(:has([name=program_id] input))",
        },
        {
            content: "Send it",
            trigger: ".modal button[name=action_send]",
            run: "click",
        },
        {
            content: "The follower without an address is named",
            trigger: ".o_notification:contains(Silent Sam)",
        },
        {
            content: "The mail has the code in it, and its recipients",
            trigger:
                ".modal:has(.o_mail_composer_form_view, .o_form_view):has([name=body]:contains(044)) [name=partner_ids]:contains(Nora Field)",
        },
        {
            content: "Send the mail",
            trigger: ".modal button[name=action_send_mail]",
            run: "click",
        },
        {
            content: "The ticket counts the coupon",
            trigger:
                "body:not(:has(.modal)) button[name=action_view_coupons]:contains(1)",
            run: "click",
        },
        {
            content: "The coupon says that it is not used",
            trigger: ".o_form_view .o_arrow_button_current:contains(Not Used)",
        },
        {
            content: "Back to the ticket",
            trigger: "button[name=action_view_ticket]",
            run: "click",
        },
        {
            content: "The mail is in the ticket's chatter",
            trigger:
                ".o_form_view:has(button[name=action_coupon]) .o-mail-Message:contains(044)",
        },
    ],
});

registry.category("web_tour.tours").add("helpdesk_coupon_nothing", {
    steps: () => [
        {
            content: "A coupon, where no program can be used",
            trigger: "button[name=action_coupon]",
            run: "click",
        },
        {
            content: "The pop-up says who can make one, and cannot generate",
            trigger:
                ".modal:has(.alert:contains(administrator of Sales)):not(:has(button[name=action_generate]:visible))",
        },
        {
            content: "Discard",
            trigger: ".modal footer button:contains(Discard)",
            run: "click",
        },
        {
            content: "Back on the ticket",
            trigger: "body:not(:has(.modal)) button[name=action_coupon]",
        },
    ],
});
