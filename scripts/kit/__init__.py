"""What the commands share: clients, the endpoints file, HTTP as a customer, terminal output."""
