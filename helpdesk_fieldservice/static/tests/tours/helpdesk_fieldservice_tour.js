import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

tours.add("helpdesk_fieldservice_create", {
    steps: () => [
        {
            content: "A visit for the ticket",
            trigger: "button[name=action_create_task]",
            run: "click",
        },
        {
            content: "The project and the customer are there",
            trigger:
                ".modal:has([name=project_id] input:value(Field Service)):has([name=partner_id] input:value(Nora Field))",
        },
        {
            content: "Give it a title",
            trigger: ".modal [name=name] input",
            run: "edit Look at the lamp",
        },
        {
            content: "Send somebody",
            trigger: ".modal [name=user_ids] input",
            run: "edit Tess",
        },
        {
            content: "Choose the technician",
            trigger: ".o-autocomplete--dropdown-item:contains(Tess Wrench)",
            run: "click",
        },
        {
            content: "Create the task and look at it",
            trigger:
                ".modal:has([name=user_ids] .o_tag) button[name=action_create_and_view]",
            run: "click",
        },
        {
            content: "It is there, and leads back",
            trigger:
                ".o_form_view:has([name=planned_date_start]) button[name=action_view_ticket]",
            run: "click",
        },
        {
            content: "The ticket counts it",
            trigger: "button[name=action_view_fieldservice_tasks]:contains(1)",
        },
    ],
});

tours.add("helpdesk_fieldservice_technician", {
    steps: () => [
        {
            content: "Open the visit of today",
            trigger: ".o_kanban_record:contains(Look at the lamp)",
            run: "click",
        },
        {
            content: "The way is a link to the map",
            trigger: '.o_form_view [name=visit_map_url] a[href*="14+Shore+Road"]',
        },
        {
            content: "Start",
            trigger:
                ".o_statusbar_buttons button[name=action_start_visit], .o-dropdown--menu button[name=action_start_visit]",
            run: "click",
        },
        {
            content: "Done",
            trigger: "button[name=action_finish_visit]",
            run: "click",
        },
        {
            content: "Say what was done",
            trigger: ".modal [name=visit_report] .odoo-editor-editable",
            run: "editor Changed the bulb",
        },
        {
            content: "Say who signs",
            trigger: ".modal [name=visit_signed_by] input",
            run: "edit Nora Field",
        },
        {
            content: "Hand the screen to the customer",
            trigger: ".modal [name=visit_signature] .o_signature",
            run: "click",
        },
        {
            content: "The customer signs",
            trigger: ".modal:contains(Adopt) button.btn-primary:enabled",
            run: "click",
        },
        {
            content: "The visit is done",
            trigger:
                ".modal:has([name=visit_signature] img) button[name=action_done_visit]",
            run: "click",
        },
        {
            content: "The report can be sent now",
            trigger:
                "body:not(:has(.modal)) .o_form_view:not(:has(button[name=action_finish_visit]))",
        },
    ],
});

tours.add("helpdesk_fieldservice_portal", {
    steps: () => [
        {
            content: "The report is there",
            trigger: "#visit_report:contains(Changed the bulb)",
        },
        {
            content: "Enter the name",
            trigger: ".o_portal_sign_submit, .o_web_sign_name_and_signature input",
        },
        {
            content: "The name is known",
            trigger: "input.o_web_sign_name_input",
            run: "edit Nora Field",
        },
        {
            content: "Sign",
            trigger: ".o_portal_sign_submit:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "It is signed",
            trigger: "#visit_report [name=visit_signature]:contains(Nora Field)",
        },
    ],
});
