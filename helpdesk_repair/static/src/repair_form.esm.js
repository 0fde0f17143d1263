import {FormController} from "@web/views/form/form_controller";
import {patch} from "@web/core/utils/patch";

/**
 * The form of a ticket's new repair is complete as it opens. Core stores such a form when
 * the page is left, as by closing the tab; that takes the user's decision here.
 */
patch(FormController.prototype, {
    async beforeUnload(ev) {
        const {root} = this.model;
        const isUntouched = root.isNew && !root.dirty;
        if (isUntouched && this.props.context.default_repair_ticket_id) {
            return;
        }
        await super.beforeUnload(ev);
    },
});
