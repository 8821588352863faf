"""The zoo in the browser: a gallery, and a page for each model. `build.pages` puts it together."""
