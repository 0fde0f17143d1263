import {X2ManyField, x2ManyField} from "@web/views/fields/x2many/x2many_field";
import {ListRenderer} from "@web/views/list/list_renderer";
import {registry} from "@web/core/registry";

/**
 * The lines of a return: on a phone only the columns that have to fit, so that the
 * quantity is entered without scrolling. The others are marked by the attribute "class"
 * in the view.
 */
export class ReturnLinesRenderer extends ListRenderer {
    getActiveColumns() {
        const columns = super.getActiveColumns();
        if (!this.uiService.isSmall) {
            return columns;
        }
        return columns.filter(
            ({attrs}) => !attrs?.class?.includes("o_not_on_phone")
        );
    }
}

export class ReturnLinesField extends X2ManyField {
    static components = {...X2ManyField.components, ListRenderer: ReturnLinesRenderer};
}

registry.category("fields").add("helpdesk_return_lines", {
    ...x2ManyField,
    component: ReturnLinesField,
});
