"""Plans when the floor of the engines' fleet is raised and lowered, from the trading calendars of the venues."""
