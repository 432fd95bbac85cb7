"""Mutation testing of the rules: which mutants there are, which tests reach them, and whether one notices."""
