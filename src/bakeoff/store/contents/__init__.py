"""Parts of a card, and the frozen sample; imported by the store, imports tables and evaluation."""
