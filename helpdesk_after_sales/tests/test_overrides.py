import inspect

from odoo.tests import TransactionCase, tagged

REPLACED = {
    # The OCA's does not tell which of the lines is of which operation.
    "repair.service._create_repair_sale_order_line",
}


@tagged("post_install", "-at_install")
class TestOverrides(TransactionCase):
    def test_methods_of_others_are_extended(self):
        """No method of ours takes the place of one that it does not know of."""
        base = self.env.ref("base.module_helpdesk_after_sales")
        ours = {base.name, *base.downstream_dependencies().mapped("name")}
        replaced = set()
        for model in self.env.registry.values():
            classes = model.mro()
            for position, definition in enumerate(classes):
                if getattr(definition, "_module", None) not in ours:
                    continue
                for name, method in vars(definition).items():
                    function = inspect.unwrap(getattr(method, "__func__", method))
                    if not inspect.isfunction(function):
                        continue
                    is_of_others = any(
                        name in vars(other)
                        and getattr(other, "_module", None) not in ours
                        for other in classes[position + 1 :]
                    )
                    if is_of_others and "super" not in function.__code__.co_names:
                        replaced.add(f"{model._name}.{name}")
        self.assertFalse(replaced - REPLACED)
