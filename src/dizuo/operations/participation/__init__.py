"""Taking part in what the city decides: budgets by ballot, seats by lot."""
