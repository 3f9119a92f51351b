"""What spans services: placing an order, and one module per state of the saga.

An order is read here in the order of its states: place_order, charge_payment, reserve_inventory,
confirm_order, send_confirmation; and back: reject_order, release_inventory, refund_payment.
"""
