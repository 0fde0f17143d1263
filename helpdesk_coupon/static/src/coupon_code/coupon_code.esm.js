import {Interaction} from "@web/public/interaction";
import {browser} from "@web/core/browser/browser";
import {registry} from "@web/core/registry";

/**
 * The button that copies a coupon's code. Where there is no clipboard, as on pages that
 * are not served by HTTPS, there is no button: the code can be selected.
 */
export class CouponCode extends Interaction {
    static selector = ".o_helpdesk_coupon";
    dynamicSelectors = {
        ...this.dynamicSelectors,
        _copy: () => this.el.querySelector(".o_copy"),
        _copied: () => this.el.querySelector(".o_copied"),
    };
    dynamicContent = {
        _copy: {
            "t-on-click": this.onCopy,
            "t-att-class": () => ({"d-none": !browser.navigator.clipboard}),
        },
        _copied: {"t-att-class": () => ({"d-none": !this.isCopied})},
    };

    setup() {
        this.isCopied = false;
    }

    async onCopy() {
        const code = this.el.querySelector("code").textContent.trim();
        await this.waitFor(browser.navigator.clipboard.writeText(code));
        this.isCopied = true;
    }
}

registry.category("public.interactions").add("helpdesk_coupon.coupon_code", CouponCode);
