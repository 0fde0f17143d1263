from . import helpdesk_coupon_generate
