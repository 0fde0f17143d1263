import {registry} from "@web/core/registry";

const isCurrent = (state) => `.o_form_view .o_arrow_button_current:contains(${state})`;

registry.category("web_tour.tours").add("helpdesk_repair_agent", {
    steps: () => [
        {
            content: "A repair from the ticket",
            trigger: "button[name=action_repair]",
            run: "click",
        },
        {
            content: "The ticket has said for whom, and there are no parts",
            trigger:
                ".o_form_view:has([name=partner_id]:contains(Nora Field)):not(:has([name=move_ids]))",
        },
        {
            content: "The workshop's buttons are not there",
            trigger:
                ".o_form_view:not(:has(button[name=action_validate])):not(:has(button[name=action_create_sale_order]))",
        },
        {
            content: "Describe what is to be done",
            trigger: ".o_form_view [name=repair_description] input",
            run: "edit Flickers with every bulb",
        },
        {
            content: "Choose the product",
            trigger: ".o_form_view [name=product_id] input",
            run: "edit Lamp",
        },
        {
            content: "It is among those of the ticket's order",
            trigger: ".o-autocomplete--dropdown-item:contains(Lamp)",
            run: "click",
        },
        {
            content: "Add an operation",
            trigger: "[name=repair_service_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            content: "Choose the service",
            trigger: "[name=repair_service_ids] [name=product_id] input",
            run: "edit Repair Work",
        },
        {
            content: "It is found",
            trigger: ".o-autocomplete--dropdown-item:contains(Repair Work)",
            run: "click",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "The repair has its number",
            trigger: ".o_form_saved [name=name]:contains(/RO/)",
        },
        {
            content: "Back to the ticket",
            trigger: "button[name=action_view_ticket]",
            run: "click",
        },
        {
            content: "The ticket counts the repair; open it",
            trigger: "button[name=action_view_repairs]:contains(1)",
            run: "click",
        },
        {
            content: "It is the same form",
            trigger:
                ".o_form_view:has([name=repair_description] input:value(Flickers with every bulb)):not(:has([name=move_ids]))",
        },
        {
            content: "Back to the ticket again",
            trigger: "button[name=action_view_ticket]",
            run: "click",
        },
        {
            content: "Follow the link in the chatter",
            trigger: ".o-mail-Message:contains(created) a:contains(/RO/)",
            run: "click",
        },
        {
            content: "It leads to the same form",
            trigger:
                ".o_form_view:has([name=repair_description] input:value(Flickers with every bulb)):not(:has([name=move_ids]))",
        },
    ],
});

registry.category("web_tour.tours").add("helpdesk_repair_discard", {
    steps: () => [
        {
            content: "A repair from the ticket",
            trigger: "button[name=action_repair]",
            run: "click",
        },
        {
            content: "Think again",
            trigger: ".o_form_view:has([name=repair_description]) .o_form_button_cancel",
            run: "click",
        },
        {
            content: "Back on the ticket, which has no repair",
            trigger:
                ".o_form_view:has(button[name=action_repair]):not(:has(button[name=action_view_repairs]:visible))",
        },
    ],
});

/** Leave the page as closing the tab does, and open the ticket anew. */
function leave() {
    window.location.assign(window.sessionStorage.getItem("helpdesk_repair_ticket"));
}

registry.category("web_tour.tours").add("helpdesk_repair_leave", {
    steps: () => [
        {
            content: "Remember the ticket",
            trigger: "button[name=action_repair]",
            run() {
                const {pathname} = window.location;
                window.sessionStorage.setItem("helpdesk_repair_ticket", pathname);
            },
        },
        {
            content: "A repair from the ticket",
            trigger: "button[name=action_repair]",
            run: "click",
        },
        {
            content: "Leave its form as it is",
            trigger: ".o_form_view [name=repair_description] input",
            run: leave,
            expectUnloadPage: true,
        },
        {
            content: "A repair once more",
            trigger: "button[name=action_repair]",
            run: "click",
        },
        {
            content: "Describe what is to be done",
            trigger: ".o_form_view [name=repair_description] input",
            run: "edit Flickers",
        },
        {
            content: "Leave it",
            trigger: ".o_form_view [name=repair_description] input:value(Flickers)",
            run: leave,
            expectUnloadPage: true,
        },
        {
            content: "Back on the ticket",
            trigger: "button[name=action_repair]",
        },
    ],
});

registry.category("web_tour.tours").add("helpdesk_repair_workshop", {
    steps: () => [
        {
            content: "A repair of what the ticket has taken back",
            trigger: "button[name=action_repair]",
            run: "click",
        },
        {
            content: "The return is filled in",
            trigger: ".o_form_view [name=picking_id] input:value(/IN/)",
        },
        {
            content: "Add an operation",
            trigger: ".o_notebook a.nav-link:contains(Operations)",
            run: "click",
        },
        {
            content: "A new line",
            trigger: "[name=repair_service_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            content: "Choose the service",
            trigger: "[name=repair_service_ids] [name=product_id] input",
            run: "edit Repair Work",
        },
        {
            content: "It is found",
            trigger: ".o-autocomplete--dropdown-item:contains(Repair Work)",
            run: "click",
        },
        {
            content: "Make the quotation",
            trigger: "button[name=action_create_sale_order]",
            run: "click",
        },
        {
            content: "Confirm it for the customer",
            trigger: ".o_sale_order button[name=action_confirm]:visible",
            run: "click",
        },
        {
            content: "It is confirmed; go back to the repair",
            trigger: isCurrent("Sales Order"),
        },
        {
            content: "By the breadcrumbs",
            trigger: ".o_breadcrumb .o_back_button, .o_breadcrumb a:contains(/RO/)",
            run: "click",
        },
        {
            content: "Confirm the repair",
            trigger: "button[name=action_validate]",
            run: "click",
        },
        {
            content: "Start it",
            trigger: "button[name=action_repair_start]",
            run: "click",
        },
        {
            content: "Nothing can be invoiced yet; end it",
            trigger:
                ".o_form_view:not(:has(button[name=action_create_invoice]:visible)) button[name=action_repair_end]:visible",
            run: "click",
        },
        {
            content: "It is done; invoice it in one click",
            trigger: "button[name=action_create_invoice]:visible",
            run: "click",
        },
        {
            content: "The invoice is a draft",
            trigger: isCurrent("Draft"),
        },
        {
            content: "Back to the repair",
            trigger: ".o_breadcrumb .o_back_button, .o_breadcrumb a:contains(/RO/)",
            run: "click",
        },
        {
            content: "Send the lamp back",
            trigger:
                ".o_form_view:not(:has(button[name=action_create_invoice]:visible)) button[name=action_send_back]",
            run: "click",
        },
        {
            content: "The delivery is ready; validate it",
            trigger:
                ".o_form_view:has(.o_arrow_button_current:contains(Ready)) button[name=button_validate]:visible",
            run: "click",
        },
        {
            content: "It is on its way",
            trigger: isCurrent("Done"),
        },
        {
            content: "Back to the ticket",
            trigger: "button[name=action_view_ticket]",
            run: "click",
        },
        {
            content: "The ticket has heard of it",
            trigger:
                ".o_form_view:has(button[name=action_view_repairs]) .o-mail-Message:contains(sent back to the customer)",
        },
    ],
});
