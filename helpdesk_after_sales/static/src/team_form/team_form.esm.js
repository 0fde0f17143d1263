import {FormController} from "@web/views/form/form_controller";
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

    async onRecordSaved() {
        await super.onRecordSaved(...arguments);
        if (this.installs) {
            await this.env.services.action.doAction("reload");
        }
    }

    async onSaveError() {
        this.unblock();
        return super.onSaveError(...arguments);
    }

    unblock() {
        if (this.installs) {
            this.installs = false;
            this.env.services.ui.unblock();
        }
    }
}

registry.category("views").add("helpdesk_after_sales_team_form", {
    ...formView,
    Controller: HelpdeskTeamFormController,
});
