import {X2ManyField, x2ManyField} from "@web/views/fields/x2many/x2many_field";
import {ListRenderer} from "@web/views/list/list_renderer";
import {registry} from "@web/core/registry";

/**
 * The lines of a return: on a phone one column says what it is about, so that the
 * quantity is entered without scrolling. The attribute "class" in the view marks the
 * columns that are only there, and those that are not.
 */
export class ReturnLinesRenderer extends ListRenderer {
    getActiveColumns() {
        const unwanted = this.uiService.isSmall ? "o_not_on_phone" : "o_only_on_phone";
        const isOfTicket = Boolean(this.props.list.evalContext.parent?.ticket_id);
        return super
            .getActiveColumns()
            .filter(({attrs}) => !isOfTicket || !attrs?.class?.includes(unwanted));
    }
}

export class ReturnLinesField extends X2ManyField {
    static components = {...X2ManyField.components, ListRenderer: ReturnLinesRenderer};
}

registry.category("fields").add("helpdesk_return_lines", {
    ...x2ManyField,
    component: ReturnLinesField,
});
