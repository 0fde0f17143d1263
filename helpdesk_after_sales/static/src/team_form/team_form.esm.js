import {FormController} from "@web/views/form/form_controller";
import {delay} from "@web/core/utils/concurrency";
import {formView} from "@web/views/form/form_view";
import {registry} from "@web/core/registry";

/**
 * Installs the services that are switched on: the screen is blocked while the server
 * installs, and the page is loaded anew once it is done, because menus, views and
 * fields are no longer those that the browser knows.
 */
export class HelpdeskTeamFormController extends FormController {
    async onWillSaveRecord(record) {
        this.installs = Boolean(
            record.data.apps_to_install || record.data.modules_to_install
        );
        if (this.installs) {
            this.env.services.ui.block();
        }
        return super.onWillSaveRecord(...arguments);
    }

    async onRecordSaved(record) {
        await super.onRecordSaved(...arguments);
        if (this.installs) {
            // The address of a team that was just created is pushed with a delay.
            this.props.updateActionState({resId: record.resId});
            await delay(0);
            await this.env.services.action.doAction("reload");
        }
    }

    async onSaveError() {
        if (this.installs) {
            this.env.services.ui.unblock();
        }
        return super.onSaveError(...arguments);
    }
}

registry.category("views").add("helpdesk_after_sales_team_form", {
    ...formView,
    Controller: HelpdeskTeamFormController,
});
