"""What stands in front of the shop: CloudFront, the page, the firewall, and what purges caches."""
