"""The live loop: observe, plan, validate, reconcile, execute, publish. It knows no screen."""
