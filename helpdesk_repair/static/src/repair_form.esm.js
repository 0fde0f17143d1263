import {FormController} from "@web/views/form/form_controller";
import {patch} from "@web/core/utils/patch";

/**
 * The form of a ticket's new repair is complete as it opens. Core stores such a form when
 * the page is left or hidden, as by closing the tab or looking at another one; that takes
 * the user's decision here.
 */
patch(FormController.prototype, {
    get isNewRepairOfTicket() {
        return this.model.root.isNew && this.props.context.default_repair_ticket_id;
    },
    async beforeVisibilityChange() {
        if (this.isNewRepairOfTicket && !(await this.model.root.isDirty())) {
            return;
        }
        await super.beforeVisibilityChange();
    },
    async beforeUnload(ev) {
        if (this.isNewRepairOfTicket && !this.model.root.dirty) {
            return;
        }
        await super.beforeUnload(ev);
    },
});
