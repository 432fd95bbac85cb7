"""The recovery layer: where traffic goes, when a loss counts as one, and what happens then."""
