"""The zoo as plain files that any host of files serves, from any path and offline: `build.build` writes them."""
