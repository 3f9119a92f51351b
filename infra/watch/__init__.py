"""What a stage is watched by: alarms on what needs a person, and one dashboard."""
